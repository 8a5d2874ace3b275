// Time zone files as tests need them.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/time.h"

namespace belfry::cron {

// A compiled file (version 1) of one offset.
inline std::string ZoneFile(seconds offset) {
  std::string bytes("TZif", 4);
  bytes += std::string(16, '\0');
  for (const int count : {0, 0, 0, 0, 1, 4}) bytes += std::string(3, '\0') + static_cast<char>(count);
  const auto value = static_cast<uint32_t>(static_cast<int32_t>(offset.count()));
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes + std::string(2, '\0') + std::string("ABC\0", 4);
}

}  // namespace belfry::cron
