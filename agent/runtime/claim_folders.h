// Where the data of PersistentVolumeClaims lives on this host: the configuration's `runtime.claims`, else a
// folder of the agent's.
#pragma once

#include <map>
#include <string>
#include <utility>

namespace belfry::runtime {

struct ClaimFolder {
  std::string path;
  bool ours = true;  // made when it is first used; one that the configuration names must be there

  bool operator==(const ClaimFolder&) const = default;
};

class ClaimFolders {
 public:
  ClaimFolders() = default;
  // `given`: "namespace/claim" → absolute path. All others are below `root`.
  ClaimFolders(std::string root, std::map<std::string, std::string> given)
      : root_(std::move(root)), given_(std::move(given)) {}

  ClaimFolder Find(const std::string& ns, const std::string& claim) const;

 private:
  std::string root_;
  std::map<std::string, std::string> given_;
};

// The folder of all claims' folders that the configuration does not name.
std::string ClaimRoot(const std::string& data_dir);

}  // namespace belfry::runtime
