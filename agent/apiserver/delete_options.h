// What a DELETE asks for.
// Source: apimachinery meta/v1 DeleteOptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "agent/apiserver/status.h"

namespace belfry::apiserver {

struct DeleteOptions {
  std::string propagation = "Background";  // Foreground, Orphan
  std::optional<int64_t> grace_period_seconds;
  std::string uid;               // non-empty: only this very object
  std::string resource_version;  // non-empty: only as it was then
  bool dry_run = false;

  bool operator==(const DeleteOptions&) const = default;
};

// From the body (JSON or YAML; may be empty) and the query, which wins. Else the answer that refuses.
std::variant<DeleteOptions, http::Response> ReadDeleteOptions(const http::Request& request);

}  // namespace belfry::apiserver
