// What is known of this host.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/file_system.h"

namespace belfry::cli {

struct Host {
  std::string name = "localhost";
  std::string kernel_version;
  std::string os_image;     // "Debian GNU/Linux 12 (bookworm)"
  std::string system_uuid;  // /etc/machine-id
  std::string home = "/";   // of the user the agent runs as
  unsigned cpus = 1;
  uint64_t memory_bytes = 0;
};

// What cannot be read stays at its default.
Host ReadHost(const FileSystem& files);

}  // namespace belfry::cli
