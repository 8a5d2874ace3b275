#include "agent/supervisor/process_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "agent/base/unique_fd.h"

namespace belfry::supervisor {
namespace {

// Files of /proc have no size to ask for. Environments end where the kernel ends them.
constexpr size_t kMaxProcFile = 8 << 20;

std::optional<std::string> ReadProcFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0 || text.size() > kMaxProcFile) return text;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

template <class T>
T NumberOr(std::string_view text, T fallback) {
  T value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find_first_of(" \n");
    if (end != 0) words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words;
}

// The entries of a folder whose names are numbers.
std::vector<pid_t> NumberedEntries(const char* folder) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder), &::closedir);
  if (!dir) return numbers;
  while (const dirent* entry = ::readdir(dir.get())) {
    const pid_t number = NumberOr<pid_t>(entry->d_name, 0);
    if (number > 0) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::optional<ProcessInfo> ParseStat(std::string_view stat) {
  const size_t close = stat.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  const auto words = Words(stat.substr(close + 1));
  // After the name: state (3rd field of proc(5)), parent (4th), group, session (6th), … start time (22nd).
  constexpr size_t kStartTime = 19;
  if (words.size() <= kStartTime) return std::nullopt;
  return ProcessInfo{.pid = NumberOr<pid_t>(stat, 0),
                     .parent = NumberOr<pid_t>(words[1], 0),
                     .session = NumberOr<pid_t>(words[3], 0),
                     .state = words[0][0],
                     .start_ticks = NumberOr<uint64_t>(words[kStartTime], 0)};
}

std::optional<ProcessInfo> ReadProcess(pid_t pid) {
  const auto stat = ReadProcFile("/proc/" + std::to_string(pid) + "/stat");
  return stat ? ParseStat(*stat) : std::nullopt;
}

std::vector<ProcessInfo> ListProcesses() {
  std::vector<ProcessInfo> processes;
  for (const pid_t pid : NumberedEntries("/proc")) {
    if (const auto process = ReadProcess(pid)) processes.push_back(*process);
  }
  return processes;
}

std::optional<std::vector<pid_t>> ListOwnChildren() {
  std::vector<pid_t> children;
  for (const pid_t thread : NumberedEntries("/proc/self/task")) {
    const auto text = ReadProcFile("/proc/self/task/" + std::to_string(thread) + "/children");
    if (!text) return std::nullopt;
    for (const auto word : Words(*text)) children.push_back(NumberOr<pid_t>(word, 0));
  }
  return children;
}

bool HasInEnvironment(pid_t pid, const std::string& assignment) {
  const auto text = ReadProcFile("/proc/" + std::to_string(pid) + "/environ");
  if (!text) return false;
  const std::string whole = std::string(1, '\0') + *text + std::string(1, '\0');
  return whole.find(std::string(1, '\0') + assignment + std::string(1, '\0')) != std::string::npos;
}

void SignalProcess(const ProcessInfo& process, int signal) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!fd.valid()) return;
  const auto now = ReadProcess(process.pid);
  if (now && now->start_ticks == process.start_ticks) {
    ::syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0);
  }
}

std::string BootId() {
  auto text = ReadProcFile("/proc/sys/kernel/random/boot_id").value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace belfry::supervisor
