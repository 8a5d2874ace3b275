#include "agent/runtime/claim_folders.h"

namespace belfry::runtime {

ClaimFolder ClaimFolders::Find(const std::string& ns, const std::string& claim) const {
  const std::string name = ns + "/" + claim;
  if (const auto it = given_.find(name); it != given_.end()) return {it->second, false};
  return {root_ + "/" + name, true};
}

std::string ClaimRoot(const std::string& data_dir) { return data_dir + "/volumes"; }

}  // namespace belfry::runtime
