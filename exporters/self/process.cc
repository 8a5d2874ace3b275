#include "exporters/self/process.h"

#include <unistd.h>

#include <charconv>
#include <optional>

namespace belfry::self {
namespace {

using model::MetricType;

constexpr uint64_t kMaxProcFile = 1 << 20;

// The blank-separated word number `index` of `text`.
std::string_view Word(std::string_view text, size_t index) {
  for (;; --index) {
    const size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
    if (index == 0) return word;
    text.remove_prefix(word.size());
  }
}

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What follows `key` on the line that begins with it.
std::string_view Line(std::string_view text, std::string_view key) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(key)) return line.substr(key.size());
    at = end + 1;
  }
  return {};
}

struct Head {
  std::string_view name;
  std::string_view help;
};

constexpr std::string_view kCpu = "process_cpu_seconds";
constexpr Head kHeads[] = {
    {kCpu, "Processor time used, in seconds."},
    {"process_start_time_seconds", "When the process was started, in unix seconds."},
    {"process_threads", "Threads of the process."},
    {"process_virtual_memory_bytes", "Address space of the process, in bytes."},
    {"process_resident_memory_bytes", "Memory in use, in bytes."},
    {"process_max_fds", "How many file descriptors the process may have open."},
    {"process_virtual_memory_max_bytes", "How much address space the process may have, in bytes."},
    {"process_open_fds", "File descriptors that the process has open."},
};

model::Family FamilyOf(const Head& head) {
  const MetricType type = head.name == kCpu ? MetricType::kCounter : MetricType::kGauge;
  return {.name = std::string(head.name), .help = std::string(head.help), .type = type, .unit = {}};
}

class Reader {
 public:
  Reader(const FileSystem& files, model::ListSnapshot& snapshot) : files_(files), snapshot_(snapshot) {}

  void AddStat() {
    const std::string stat = Read("/proc/self/stat");
    const size_t name_end = stat.rfind(')');  // the name before it may hold anything
    if (name_end == std::string::npos) return;
    const std::string_view fields =
        std::string_view(stat).substr(name_end + 1);  // from field 3, the state, on
    const std::string system_stat = Read("/proc/stat");
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto user = Number(Word(fields, 11));
    const auto system = Number(Word(fields, 12));
    const auto start = Number(Word(fields, 19));
    const auto boot = Number(Word(Line(system_stat, "btime "), 0));
    if (user && system) Add(kCpu, (*user + *system) / ticks);
    if (start && boot) Add("process_start_time_seconds", *boot + *start / ticks);
    Add("process_threads", Number(Word(fields, 17)));
    Add("process_virtual_memory_bytes", Number(Word(fields, 20)));
  }

  void AddMemory() {
    const std::string status = Read("/proc/self/status");
    const auto resident = Number(Word(Line(status, "VmRSS:"), 0));
    if (resident) Add("process_resident_memory_bytes", *resident * 1024);
  }

  void AddLimits() {
    const std::string limits = Read("/proc/self/limits");
    Add("process_max_fds", Number(Word(Line(limits, "Max open files"), 0)));
    Add("process_virtual_memory_max_bytes", Number(Word(Line(limits, "Max address space"), 0)));
    const auto fds = files_.ListDirectory("/proc/self/fd");
    if (fds.ok()) Add("process_open_fds", static_cast<double>(fds->size()));
  }

 private:
  std::string Read(const std::string& path) {
    return files_.ReadFile(path, kMaxProcFile).value_or(std::string());
  }

  void Add(std::string_view name, std::optional<double> value) {
    if (!value) return;
    for (const Head& head : kHeads) {
      if (head.name == name) snapshot_.AddFamily(FamilyOf(head));
    }
    snapshot_.Add(name == kCpu ? "_total" : "", {}, *value);
  }

  const FileSystem& files_;
  model::ListSnapshot& snapshot_;
};

}  // namespace

std::vector<model::Family> ProcessFamilies() {
  std::vector<model::Family> families;
  for (const Head& head : kHeads) families.push_back(FamilyOf(head));
  return families;
}

void AddProcess(const FileSystem& files, model::ListSnapshot& snapshot) {
  Reader reader(files, snapshot);
  reader.AddStat();
  reader.AddMemory();
  reader.AddLimits();
}

}  // namespace belfry::self
