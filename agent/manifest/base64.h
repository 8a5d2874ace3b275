// Base64 with padding, as the data of Secrets is written. Source: RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::manifest {

std::string EncodeBase64(std::string_view bytes);
// Line breaks are skipped, as Go does; anything else that does not belong: nullopt.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace belfry::manifest
