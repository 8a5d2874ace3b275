// Trees as cgroups (version 2): nothing gets out of one by forking, changing session or losing its parent.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/supervisor/process_tree.h"

namespace belfry::supervisor {

// Where the supervisor's own cgroup is in the file system, by /proc/self/mountinfo and /proc/self/cgroup.
// Pure. Errors: kUnsupported where no cgroup2 file system is mounted or this process is outside of it.
Result<std::string> OwnCgroupFolder(std::string_view mountinfo, std::string_view cgroup);

struct CgroupSlot;

// Cgroups are made once and used again by one container after the other: making and removing one costs as
// much as a fifth of a short process. Thread: one.
class CgroupKeeper : public TreeKeeper {
 public:
  // Makes `folder` and proves that processes can be held in it. What a crashed supervisor left there stays
  // until RemoveStrays. Errors: why this host does not grant cgroups.
  static Result<std::unique_ptr<CgroupKeeper>> Create(std::string folder);
  // The same below this process' own cgroup, named after `name`.
  static Result<std::unique_ptr<CgroupKeeper>> CreateBelowOwn(std::string_view name);
  ~CgroupKeeper() override;

  Result<std::unique_ptr<ProcessTree>> Make(const ContainerKey& key) override;
  std::unique_ptr<ProcessTree> Adopt(const ContainerKey& key, const std::string& place, pid_t main) override;

  // Kills what is in slots that nobody has adopted. Call once, after the last Adopt.
  void RemoveStrays();
  const std::string& folder() const { return folder_; }

 private:
  friend class CgroupTree;
  explicit CgroupKeeper(std::string folder);

  std::unique_ptr<CgroupSlot> NewSlot(const std::string& path);
  void Release(std::unique_ptr<CgroupSlot> slot);

  std::string folder_;
  uint64_t next_slot_ = 0;
  std::vector<std::unique_ptr<CgroupSlot>> free_;
  std::set<std::string> known_;  // paths of slots, free or in use
};

// The processes in a cgroup, those below it included; for finding a main process again.
std::vector<pid_t> ProcessesOf(const std::string& cgroup_folder);

}  // namespace belfry::supervisor
