#include "agent/supervisor/mounts.h"

#include <filesystem>
#include <map>
#include <memory>
#include <utility>

// The new root mirrors the host's: a folder on the way to a target becomes a new folder in memory whose
// entries are shown by binds of the host's; everything else is one bind. So a mount at /app costs one step
// per entry of /, and one at /srv/x/app one per entry of / and of /srv/x.

namespace belfry::supervisor {
namespace {

// A folder with more entries is not mirrored: each takes a mount.
constexpr size_t kMaxEntries = 2000;

constexpr const char* kHosts = "/etc/hosts";
constexpr uint64_t kMaxHostsBytes = 1 << 20;

// What is to be seen below a folder of the new root.
struct Node {
  const BindMount* mount = nullptr;  // this very path is a target
  std::map<std::string, std::unique_ptr<Node>> children;
};

Error MountError(const BindMount& mount, const std::string& cause) {
  return Error{Code::kFailedPrecondition, "mount " + mount.source + " at " + mount.target + ": " + cause};
}

Result<std::vector<std::string>> Parts(const BindMount& mount) {
  std::vector<std::string> parts;
  if (!mount.target.starts_with('/')) return MountError(mount, "the target is not an absolute path");
  for (const auto& part : std::filesystem::path(mount.target).relative_path()) {
    if (part == "..") return MountError(mount, "the target must not contain ..");
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  if (parts.empty()) return MountError(mount, "the target must not be the root folder");
  return parts;
}

class Planner {
 public:
  Planner(const FileSystem& files, MountPlan& plan) : files_(files), plan_(plan) {}

  Result<void> Add(const BindMount& mount) {
    if (!mount.source.starts_with('/')) return MountError(mount, "the source is not an absolute path");
    if (const auto info = files_.Stat(mount.source); !info.ok())
      return MountError(mount, info.error().message);
    ASSIGN_OR_RETURN(const auto parts, Parts(mount));
    Node* node = &root_;
    for (const auto& part : parts) {
      auto& child = node->children[part];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
    }
    if (node->mount != nullptr) return MountError(mount, "the target is given twice");
    node->mount = &mount;
    return {};
  }

  Result<void> Plan() {
    Step(MountStep::Kind::kTmpfs, "", plan_.root);
    return Mirror(root_, "", true);
  }

  // The file is made where nothing of the host is seen, bound, and stays what is bound when the new root is
  // built over the place where it was made.
  Result<void> ReplaceHosts(const std::string& place, const std::string& lines) {
    auto hosts = files_.ReadFile(kHosts, kMaxHostsBytes);
    if (!hosts.ok()) return Annotate(std::move(hosts).error(), "add host aliases");
    Step(MountStep::Kind::kTmpfs, "", place);
    Step(MountStep::Kind::kText, *hosts + "\n# Entries added by hostAliases.\n" + lines, place + "/hosts");
    Step(MountStep::Kind::kBind, place + "/hosts", kHosts);
    return {};
  }

 private:
  void Step(MountStep::Kind kind, std::string source, std::string target) {
    plan_.steps.push_back({kind, std::move(source), std::move(target)});
  }

  // Fills the new folder `path` with the host's entries of that path (if it has any) and with the node's own.
  Result<void> Mirror(const Node& node, const std::string& path, bool on_host) {
    if (on_host) {
      ASSIGN_OR_RETURN(const auto entries, files_.ListDirectory(path.empty() ? "/" : path));
      if (entries.size() > kMaxEntries) {
        return Error{Code::kFailedPrecondition, "prepare " + path + " for a mount: the folder has " +
                                                    std::to_string(entries.size()) + " entries"};
      }
      for (const auto& entry : entries) {
        if (!node.children.contains(entry.name)) Show(path + "/" + entry.name, entry.type);
      }
    }
    for (const auto& [name, child] : node.children)
      RETURN_IF_ERROR(Place(*child, path + "/" + name, on_host));
    return {};
  }

  // An entry of the host, as it is.
  void Show(const std::string& path, FileInfo::Type type) {
    const std::string target = plan_.root + path;
    std::error_code error;
    if (std::filesystem::is_symlink(path, error)) {
      return Step(MountStep::Kind::kLink, std::filesystem::read_symlink(path, error), target);
    }
    Step(type == FileInfo::Type::kDirectory ? MountStep::Kind::kFolder : MountStep::Kind::kFile, "", target);
    Step(MountStep::Kind::kBind, path, target);
  }

  Result<void> Place(const Node& node, const std::string& path, bool parent_on_host) {
    const std::string target = plan_.root + path;
    if (node.mount == nullptr) return PlaceOnTheWay(node, path, parent_on_host);
    const auto source = files_.Stat(node.mount->source);
    const bool folder = source.ok() && source->type == FileInfo::Type::kDirectory;
    if (!folder && !node.children.empty()) return MountError(*node.mount, "another target is below a file");
    Step(folder ? MountStep::Kind::kFolder : MountStep::Kind::kFile, "", target);
    Step(MountStep::Kind::kBind, node.mount->source, target);
    // Targets below need their mount points in the source; they are made there only if they exist.
    for (const auto& [name, child] : node.children)
      RETURN_IF_ERROR(PlaceBelow(*child, path + "/" + name, *node.mount));
    if (node.mount->read_only) Step(MountStep::Kind::kReadOnly, "", target);
    return {};
  }

  Result<void> PlaceOnTheWay(const Node& node, const std::string& path, bool parent_on_host) {
    Step(MountStep::Kind::kFolder, "", plan_.root + path);
    const auto info = files_.Stat(path);
    const bool on_host = parent_on_host && info.ok();
    if (on_host && info->type != FileInfo::Type::kDirectory) {
      return Error{Code::kFailedPrecondition, "prepare " + path + " for a mount: it is a file on this host"};
    }
    return Mirror(node, path, on_host);
  }

  Result<void> PlaceBelow(const Node& node, const std::string& path, const BindMount& above) {
    const std::string inside = above.source + path.substr(above.target.size());
    if (!files_.Stat(inside).ok()) {
      return Error{Code::kFailedPrecondition,
                   "prepare " + path + " for a mount: the mount above it has no such entry (" + inside + ")"};
    }
    if (node.mount != nullptr) return Place(node, path, false);
    for (const auto& [name, child] : node.children)
      RETURN_IF_ERROR(PlaceBelow(*child, path + "/" + name, above));
    return {};
  }

  const FileSystem& files_;
  MountPlan& plan_;
  Node root_;
};

}  // namespace

std::string MountRoot(const std::string& data_dir) { return data_dir + "/root"; }

Result<MountPlan> PlanMounts(const FileSystem& files, const std::string& data_dir,
                             const std::vector<BindMount>& mounts, const std::string& hosts) {
  MountPlan plan;
  Planner planner(files, plan);
  if (!hosts.empty()) RETURN_IF_ERROR(planner.ReplaceHosts(MountRoot(data_dir), hosts));
  if (mounts.empty()) return plan;
  plan.root = MountRoot(data_dir);
  for (const auto& mount : mounts) RETURN_IF_ERROR(planner.Add(mount));
  RETURN_IF_ERROR(planner.Plan());
  return plan;
}

}  // namespace belfry::supervisor
