// Where things that manifests name are on this host: the configuration's `runtime`.
#pragma once

#include <map>
#include <string>

#include "agent/runtime/claim_folders.h"
#include "agent/runtime/image_map.h"

namespace belfry::runtime {

struct Places {
  ImageMap images;
  ClaimFolders claims;
  std::map<std::string, std::string> host_aliases;  // name → address, for every pod
};

}  // namespace belfry::runtime
