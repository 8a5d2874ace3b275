// What /proc says about processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::supervisor {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';
  uint64_t start_ticks = 0;  // since boot; with the pid, the identity of a process

  bool dead() const { return state == 'Z' || state == 'X'; }
  bool operator==(const ProcessInfo&) const = default;
};

// Reads the content of /proc/<pid>/stat. The name in it may contain anything, closing parentheses included.
std::optional<ProcessInfo> ParseStat(std::string_view stat);

// nullopt if there is no such process.
std::optional<ProcessInfo> ReadProcess(pid_t pid);
// All processes, kernel threads included.
std::vector<ProcessInfo> ListProcesses();
// The children of this process, whichever of its threads had them; nullopt if the kernel does not tell.
std::optional<std::vector<pid_t>> ListOwnChildren();
// True if the process was started with exactly this `NAME=value` in its environment.
bool HasInEnvironment(pid_t pid, const std::string& assignment);
// Sends a signal to that very process, not to another that has got its number meanwhile.
void SignalProcess(const ProcessInfo& process, int signal);

// An id of this boot of the host; empty if unknown.
std::string BootId();

}  // namespace belfry::supervisor
