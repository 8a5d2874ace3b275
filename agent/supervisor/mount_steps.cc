#include "agent/supervisor/mount_steps.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace belfry::supervisor {
namespace {

bool WriteFile(const char* path, const char* text, int flags = 0) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
  if (fd < 0) return false;
  const size_t size = std::strlen(text);
  const bool written = ::write(fd, text, size) == static_cast<ssize_t>(size);
  ::close(fd);
  return written;
}

// Maps this user to itself in a new user namespace: the way to a mount namespace without privileges.
__attribute__((no_sanitize("address"))) bool EnterUserNamespace() {
  const unsigned uid = ::geteuid();
  const unsigned gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  char map[64];
  std::snprintf(map, sizeof map, "%u %u 1", uid, uid);
  if (!WriteFile("/proc/self/uid_map", map) || !WriteFile("/proc/self/setgroups", "deny")) return false;
  std::snprintf(map, sizeof map, "%u %u 1", gid, gid);
  return WriteFile("/proc/self/gid_map", map);
}

__attribute__((no_sanitize("address"))) bool MakeReadOnly(const char* target) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &attributes, sizeof attributes) == 0;
}

bool Perform(const MountStep& step) {
  const char* target = step.target.c_str();
  switch (step.kind) {
    case MountStep::Kind::kTmpfs:
      return ::mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0;
    case MountStep::Kind::kFolder:
      return ::mkdir(target, 0755) == 0 || errno == EEXIST;
    case MountStep::Kind::kFile:
      return ::mknod(target, S_IFREG | 0644, 0) == 0 || errno == EEXIST;
    case MountStep::Kind::kText:
      return WriteFile(target, step.source.c_str(), O_CREAT | O_EXCL);
    case MountStep::Kind::kLink:
      return ::symlink(step.source.c_str(), target) == 0;
    case MountStep::Kind::kBind:
      return ::mount(step.source.c_str(), target, nullptr, MS_BIND | MS_REC, nullptr) == 0;
    case MountStep::Kind::kReadOnly:
      return MakeReadOnly(target);
  }
  return false;
}

// The old root stays mounted below the new one until it is detached: both have the same path meanwhile.
bool SwitchRoot(const char* root) {
  return ::chdir(root) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 && ::umount2(".", MNT_DETACH) == 0 &&
         ::chdir("/") == 0;
}

}  // namespace

size_t PerformMounts(const MountPlan& plan) {
  const size_t around = plan.steps.size();
  if (::unshare(CLONE_NEWNS) != 0 && !(errno == EPERM && EnterUserNamespace())) return around;
  // A user namespace's mounts are born as slaves; without this, root's would show on the host.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return around;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (!Perform(plan.steps[i])) return i;
  }
  return plan.root.empty() || SwitchRoot(plan.root.c_str()) ? kMountsDone : around;
}

std::string MountErrorText(const MountPlan& plan, size_t index, int error_number) {
  const std::string cause = std::strerror(error_number);
  if (index >= plan.steps.size()) {
    return "mounts need a private view of files, which this host does not grant: " + cause;
  }
  const MountStep& step = plan.steps[index];
  const std::string target =
      step.target.starts_with(plan.root) ? step.target.substr(plan.root.size()) : step.target;
  if (step.kind == MountStep::Kind::kBind) return "mount " + step.source + " at " + target + ": " + cause;
  return "prepare " + (target.empty() ? "/" : target) + " for a mount: " + cause;
}

}  // namespace belfry::supervisor
