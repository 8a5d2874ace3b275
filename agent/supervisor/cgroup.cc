#include "agent/supervisor/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

#include "agent/base/file_system.h"
#include "agent/base/log.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/process_list.h"

namespace belfry::supervisor {

// One cgroup with its files held open.
struct CgroupSlot {
  std::string path;
  UniqueFd folder;
  UniqueFd kill;  // invalid before Linux 5.14
  UniqueFd events;
  bool used_up = false;  // not to be given to another container
};

namespace {

UniqueFd OpenIn(const UniqueFd& folder, const char* name, int flags) {
  return UniqueFd(::openat(folder.get(), name, flags | O_CLOEXEC));
}

std::string ReadSmall(const UniqueFd& fd) {
  std::array<char, 4096> buffer;
  const ssize_t n = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
  return std::string(buffer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
}

std::vector<std::string> FoldersIn(const std::string& path) {
  std::vector<std::string> folders;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(path, error); !error && it != end(it);
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) folders.push_back(it->path());
  }
  return folders;
}

// Removes an empty cgroup and those that its processes made below it.
bool RemoveCgroup(const std::string& path) {
  for (const auto& folder : FoldersIn(path)) RemoveCgroup(folder);
  return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

void KillSlot(const std::string& path, const UniqueFd& kill) {
  if (kill.valid() && ::write(kill.get(), "1", 1) == 1) return;
  for (const pid_t pid : ProcessesOf(path)) {
    if (const auto process = ReadProcess(pid)) SignalProcess(*process, SIGKILL);
  }
}

// A line of mountinfo: `36 35 98:0 /root /mount/point options - type source …`; blanks in paths are written
// \040.
struct MountLine {
  std::string root;
  std::string point;
  std::string type;
};

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    const bool escape =
        text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr == text.data() + i + 4;
    out.push_back(escape ? static_cast<char>(code) : text[i]);
    if (escape) i += 3;
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<MountLine> ParseMountLine(std::string_view line) {
  const auto words = Split(line, ' ');
  const auto dash = std::ranges::find(words, "-");
  if (words.size() < 6 || dash == words.end() || dash + 1 == words.end()) return std::nullopt;
  return MountLine{Unescaped(words[3]), Unescaped(words[4]), std::string(*(dash + 1))};
}

}  // namespace

Result<std::string> OwnCgroupFolder(std::string_view mountinfo, std::string_view cgroup) {
  std::string own;
  for (const auto line : Split(cgroup, '\n')) {
    if (line.starts_with("0::/")) own = line.substr(3);
  }
  if (own.empty()) return Error{Code::kUnsupported, "find own cgroup: there is no version 2 hierarchy"};
  for (const auto line : Split(mountinfo, '\n')) {
    const auto mount = ParseMountLine(line);
    if (!mount || mount->type != "cgroup2") continue;
    // A container may see only a part of the hierarchy, and be outside of it.
    const std::string root = mount->root == "/" ? "" : mount->root;
    if (!own.starts_with(root) || own.find("/..") != std::string::npos) continue;
    const std::string below = own.substr(root.size());
    return mount->point + (below == "/" ? "" : below);
  }
  return Error{Code::kUnsupported, "find own cgroup: no cgroup2 file system is mounted that holds " + own};
}

std::vector<pid_t> ProcessesOf(const std::string& cgroup_folder) {
  std::vector<pid_t> pids;
  const UniqueFd fd(::open((cgroup_folder + "/cgroup.procs").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n; fd.valid() && (n = ::read(fd.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  for (const auto line : Split(text, '\n')) {
    pid_t pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 0) pids.push_back(pid);
  }
  for (const auto& folder : FoldersIn(cgroup_folder)) {
    for (const pid_t pid : ProcessesOf(folder)) pids.push_back(pid);
  }
  return pids;
}

class CgroupTree : public ProcessTree {
 public:
  CgroupTree(CgroupKeeper& keeper, std::unique_ptr<CgroupSlot> slot)
      : keeper_(keeper), slot_(std::move(slot)) {}
  ~CgroupTree() override { keeper_.Release(std::move(slot_)); }

  int cgroup_fd() const override { return slot_->folder.get(); }
  std::string mark() const override { return ""; }
  std::string place() const override { return slot_->path; }
  void SetMain(pid_t) override {}
  // Kernels that count kills (6.12 and later) compare a process born into a cgroup with the count of its
  // parent's cgroup, and kill it at birth where they differ: a cgroup that was killed once cannot be used
  // again.
  void Kill() override {
    slot_->used_up = true;
    KillSlot(slot_->path, slot_->kill);
  }
  bool Empty() override { return ReadSmall(slot_->events).find("populated 1") == std::string::npos; }

 private:
  CgroupKeeper& keeper_;
  std::unique_ptr<CgroupSlot> slot_;
};

Result<std::unique_ptr<CgroupKeeper>> CgroupKeeper::Create(std::string folder) {
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return ErrnoError("create cgroup " + folder);
  std::unique_ptr<CgroupKeeper> keeper(new CgroupKeeper(std::move(folder)));
  for (const auto& path : FoldersIn(keeper->folder_)) {
    uint64_t number = 0;
    const std::string name = std::filesystem::path(path).filename();
    std::from_chars(name.data(), name.data() + name.size(), number);
    keeper->next_slot_ = std::max(keeper->next_slot_, number + 1);
  }
  ASSIGN_OR_RETURN(const auto probe, keeper->Make({}));
  if (::access((probe->place() + "/cgroup.events").c_str(), R_OK) != 0 ||
      ::access((probe->place() + "/cgroup.procs").c_str(), W_OK) != 0) {
    return ErrnoError("use cgroup " + probe->place());
  }
  return keeper;
}

Result<std::unique_ptr<CgroupKeeper>> CgroupKeeper::CreateBelowOwn(std::string_view name) {
  PosixFileSystem files;
  constexpr uint64_t kMaxBytes = 16 << 20;
  ASSIGN_OR_RETURN(const auto mountinfo, files.ReadFile("/proc/self/mountinfo", kMaxBytes));
  ASSIGN_OR_RETURN(const auto cgroup, files.ReadFile("/proc/self/cgroup", kMaxBytes));
  ASSIGN_OR_RETURN(const auto own, OwnCgroupFolder(mountinfo, cgroup));
  // Moving a process takes the right to do so in the cgroup above both places.
  if (::access((own + "/cgroup.procs").c_str(), W_OK) != 0) return ErrnoError("use cgroup " + own);
  return Create(own + "/" + std::string(name));
}

CgroupKeeper::CgroupKeeper(std::string folder) : folder_(std::move(folder)) {}

CgroupKeeper::~CgroupKeeper() {
  free_.clear();
  RemoveCgroup(folder_);
}

std::unique_ptr<CgroupSlot> CgroupKeeper::NewSlot(const std::string& path) {
  auto slot = std::make_unique<CgroupSlot>();
  slot->path = path;
  slot->folder = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  slot->kill = OpenIn(slot->folder, "cgroup.kill", O_WRONLY);
  slot->events = OpenIn(slot->folder, "cgroup.events", O_RDONLY);
  known_.insert(path);
  return slot;
}

Result<std::unique_ptr<ProcessTree>> CgroupKeeper::Make(const ContainerKey&) {
  std::unique_ptr<CgroupSlot> slot;
  if (!free_.empty()) {
    slot = std::move(free_.back());
    free_.pop_back();
  } else {
    const std::string path = folder_ + "/" + std::to_string(next_slot_++);
    if (::mkdir(path.c_str(), 0755) != 0) return ErrnoError("create cgroup " + path);
    slot = NewSlot(path);
  }
  if (!slot->events.valid()) return ErrnoError("open cgroup " + slot->path);
  return std::unique_ptr<ProcessTree>(std::make_unique<CgroupTree>(*this, std::move(slot)));
}

std::unique_ptr<ProcessTree> CgroupKeeper::Adopt(const ContainerKey&, const std::string& place, pid_t) {
  auto slot = NewSlot(place);
  slot->used_up = true;
  return std::make_unique<CgroupTree>(*this, std::move(slot));
}

// An emptied slot is ready for the next container unless it was killed or its processes made cgroups of their
// own in it.
void CgroupKeeper::Release(std::unique_ptr<CgroupSlot> slot) {
  struct stat st {};
  const bool plain = ::fstat(slot->folder.get(), &st) == 0 && st.st_nlink == 2;
  if (!slot->used_up && plain && slot->events.valid()) {
    free_.push_back(std::move(slot));
    return;
  }
  known_.erase(slot->path);
  if (!RemoveCgroup(slot->path)) LogWarn("supervisor", "cgroup not removed", {{"path", slot->path}});
}

void CgroupKeeper::RemoveStrays() {
  for (const auto& path : FoldersIn(folder_)) {
    if (known_.contains(path) || RemoveCgroup(path)) continue;
    LogWarn("supervisor", "killing what a former supervisor left", {{"cgroup", path}});
    KillSlot(path, OpenIn(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), "cgroup.kill", O_WRONLY));
  }
}

}  // namespace belfry::supervisor
