#include "agent/supervisor/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace belfry::supervisor {

UniqueFd OpenPidfd(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

bool HasEnded(const UniqueFd& pidfd) {
  pollfd ask{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ask, 1, 0) == 1;
}

}  // namespace belfry::supervisor
