#include "agent/supervisor/scan_tree.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

namespace belfry::supervisor {
namespace {

// A fork bomb is stopped before it is killed: what is stopped has no more children. Each round finds those
// born during the one before; one that still grows after so many is continued in the loop's next turns.
constexpr int kMaxRounds = 16;

}  // namespace

std::string MarkOf(const ContainerKey& key) { return "BELFRY_CONTAINER=" + KeyText(key); }

std::vector<ProcessInfo> SelectTree(const std::vector<ProcessInfo>& all, const ScanQuery& query) {
  std::multimap<pid_t, const ProcessInfo*> children;
  std::vector<const ProcessInfo*> found;
  std::set<pid_t> seen;
  const auto number_reused = [&] {
    return query.main_known_dead &&
           std::ranges::any_of(all, [&](const auto& p) { return p.pid == query.main && !p.dead(); });
  };
  const bool session_counts = query.main > 0 && !number_reused();
  for (const auto& process : all) {
    children.emplace(process.parent, &process);
    const bool of_main = session_counts && (process.pid == query.main || process.session == query.main);
    if (!of_main && !query.marked.contains(process.pid) && !query.strays.contains(process.pid)) continue;
    if (seen.insert(process.pid).second) found.push_back(&process);
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]->pid);
    for (auto it = begin; it != end; ++it) {
      if (seen.insert(it->second->pid).second) found.push_back(it->second);
    }
  }
  std::vector<ProcessInfo> living;
  for (const auto* process : found) {
    if (!process->dead()) living.push_back(*process);
  }
  return living;
}

class ScanTree : public ProcessTree {
 public:
  ScanTree(ScanKeeper& keeper, std::string mark, bool adopted)
      : keeper_(keeper), mark_(std::move(mark)), adopted_(adopted) {}
  ~ScanTree() override { keeper_.mains_.erase(main_); }

  int cgroup_fd() const override { return -1; }
  std::string mark() const override { return mark_; }
  std::string place() const override { return ""; }
  void SetMain(pid_t pid) override {
    main_ = pid;
    if (pid > 0) keeper_.mains_.insert(pid);
  }
  void Kill() override;
  bool Empty() override;

 private:
  std::vector<ProcessInfo> Find();
  bool Mine(const ProcessInfo& process) const;
  bool TakesStrays() const;

  ScanKeeper& keeper_;
  std::string mark_;
  bool adopted_;
  pid_t main_ = 0;
  bool main_dead_ = false;
};

// Orphans come to us. Those that nothing connects to a container are killed with the last one.
bool ScanTree::TakesStrays() const {
  const bool last = keeper_.mains_.empty() || (keeper_.mains_.size() == 1 && keeper_.mains_.contains(main_));
  return main_dead_ && last && keeper_.births_ == 0;
}

bool ScanTree::Mine(const ProcessInfo& process) const {
  return process.session == main_ || TakesStrays() || HasInEnvironment(process.pid, mark_);
}

std::vector<ProcessInfo> ScanTree::Find() {
  const auto all = ListProcesses();
  ScanQuery query{.main = main_, .main_known_dead = main_dead_, .marked = {}, .strays = {}};
  const pid_t self = ::getpid();
  for (const auto& process : all) {
    if (process.dead() || process.pid == self) continue;
    if (HasInEnvironment(process.pid, mark_)) query.marked.insert(process.pid);
    if (process.parent == self && process.pid != main_ && TakesStrays()) query.strays.insert(process.pid);
  }
  return SelectTree(all, query);
}

void ScanTree::Kill() {
  std::map<pid_t, ProcessInfo> stopped;
  for (int round = 0; round < kMaxRounds; ++round) {
    bool grown = false;
    for (const auto& process : Find()) {
      if (!stopped.emplace(process.pid, process).second) continue;
      SignalProcess(process, SIGSTOP);
      grown = true;
    }
    if (!grown) break;
  }
  for (const auto& [pid, process] : stopped) SignalProcess(process, SIGKILL);
}

bool ScanTree::Empty() {
  main_dead_ = true;
  const auto children = adopted_ ? std::nullopt : ListOwnChildren();
  if (!children) return Find().empty();
  for (const pid_t pid : *children) {
    if (pid == main_ || keeper_.mains_.contains(pid)) continue;
    const auto process = ReadProcess(pid);
    if (process && !process->dead() && Mine(*process)) return Find().empty();
  }
  return true;
}

Result<std::unique_ptr<ProcessTree>> ScanKeeper::Make(const ContainerKey& key) {
  return std::unique_ptr<ProcessTree>(std::make_unique<ScanTree>(*this, MarkOf(key), false));
}

std::unique_ptr<ProcessTree> ScanKeeper::Adopt(const ContainerKey& key, const std::string&, pid_t main) {
  auto tree = std::make_unique<ScanTree>(*this, MarkOf(key), true);
  tree->SetMain(main);
  return tree;
}

}  // namespace belfry::supervisor
