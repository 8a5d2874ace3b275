// A container's private view of files, as a list of steps that a new process can perform without allocating.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

struct MountStep {
  enum class Kind {
    kTmpfs,     // an empty file system in memory at `target`
    kFolder,    // a new folder `target`
    kFile,      // a new empty file `target`
    kText,      // a new file `target` that holds the text `source`
    kLink,      // a symbolic link `target` to `source`
    kBind,      // what is at `source`, with everything mounted below it, appears at `target`
    kReadOnly,  // `target` and everything below it can no longer be written
  };
  Kind kind = Kind::kFolder;
  std::string source;
  std::string target;

  bool operator==(const MountStep&) const = default;
};

struct MountPlan {
  // An existing folder of the host that the steps make the new root, in a private mount namespace; empty: the
  // host's root stays, and only what is bound onto it differs.
  std::string root;
  std::vector<MountStep> steps;

  bool empty() const { return steps.empty(); }
  bool operator==(const MountPlan&) const = default;
};

}  // namespace belfry::supervisor
