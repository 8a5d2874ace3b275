// Trees by looking through /proc, for hosts that grant no cgroup: weaker, and slower the more processes there
// are.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/supervisor/process_list.h"
#include "agent/supervisor/process_tree.h"

namespace belfry::supervisor {

// How to tell a container's processes among all.
struct ScanQuery {
  pid_t main = 0;
  bool main_known_dead = false;  // then a process of that number is another one, and so is its session
  std::set<pid_t> marked;        // processes that carry the container's mark
  std::set<pid_t> strays;        // children of this process that belong to nobody else
};

// The living processes that are the main one, of its session, marked, strays, or descend from one of those.
// Pure.
std::vector<ProcessInfo> SelectTree(const std::vector<ProcessInfo>& all, const ScanQuery& query);

// The supervisor must be the reaper of orphaned descendants: that is how they are noticed without looking at
// everything. A process that leaves its session, drops its environment and loses its parent while other
// containers run belongs to nobody until the last container ends. Thread: one.
class ScanKeeper : public TreeKeeper {
 public:
  Result<std::unique_ptr<ProcessTree>> Make(const ContainerKey& key) override;
  std::unique_ptr<ProcessTree> Adopt(const ContainerKey& key, const std::string& place, pid_t main) override;

  // Children of this process that are being born and may not be touched yet.
  void SetBirths(size_t in_progress) { births_ = in_progress; }

 private:
  friend class ScanTree;

  size_t births_ = 0;
  std::set<pid_t> mains_;  // of trees that exist
};

// The mark of a container: `BELFRY_CONTAINER=uid/name/attempt`.
std::string MarkOf(const ContainerKey& key);

}  // namespace belfry::supervisor
