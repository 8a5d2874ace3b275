// All processes of one container, whatever they do to get away.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

class ProcessTree {
 public:
  virtual ~ProcessTree() = default;
  // The folder of the cgroup in which the main process must be born; -1 if there is none.
  virtual int cgroup_fd() const = 0;
  // What must be added to the environment so that descendants can be told; empty if nothing.
  virtual std::string mark() const = 0;
  // What finds this tree again after a crash of the supervisor: the cgroup's path; empty if the mark does.
  virtual std::string place() const = 0;
  virtual void SetMain(pid_t pid) = 0;
  // SIGKILL to all there are now, the main process included. More may have been born meanwhile: look at
  // Empty, call again.
  virtual void Kill() = 0;
  // No process is left but perhaps the main one's zombie. Requires: the main process has ended.
  virtual bool Empty() = 0;
};

// Makes trees. Outlives them.
class TreeKeeper {
 public:
  virtual ~TreeKeeper() = default;
  virtual Result<std::unique_ptr<ProcessTree>> Make(const ContainerKey& key) = 0;
  // The tree of a container that an earlier supervisor started, `main` being gone already or not.
  virtual std::unique_ptr<ProcessTree> Adopt(const ContainerKey& key, const std::string& place,
                                             pid_t main) = 0;
};

}  // namespace belfry::supervisor
