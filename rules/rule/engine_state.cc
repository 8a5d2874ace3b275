// How the engine keeps its alerts on disk.
// Two files: the state itself, written when a state changes; and beside it, while a clock runs that an outage
// must not count towards, the small one that says the engine was at work. A crash loses at most the time
// since the last of them.
#include <algorithm>

#include "agent/base/log.h"
#include "rules/rule/engine.h"
#include "rules/rule/running_group.h"

namespace belfry::rule {
namespace {

constexpr std::string_view kLogger = "rule";
constexpr uint64_t kMaxStateBytes = 256 << 20;

}  // namespace

void RuleEngine::CountStateError(std::string_view what, const Error& error) {
  ++counters_.state_errors;
  snapshot_.reset();
  if (state_broken_) return;
  state_broken_ = true;
  LogError(kLogger, what, {{"path", options_.state_path}, {"error", error}});
}

Result<SavedAlerts> RuleEngine::ReadSaved(const std::string& path) const {
  auto text = files_.ReadFile(path, kMaxStateBytes);
  if (!text.ok()) return text.error();
  auto saved = DecodeAlerts(*text);
  if (!saved.ok()) return Annotate(saved.error(), "read alert state " + path);
  // The file beside it may be older than the state, missing or torn: then the state's own time counts.
  const auto seen_text = files_.ReadFile(path + ".seen", 4096);
  const auto seen = seen_text.ok() ? DecodeSeen(*seen_text) : Result<Instant>(saved->seen_at);
  if (seen.ok()) saved->seen_at = std::max(saved->seen_at, *seen);
  return saved;
}

void RuleEngine::Load() {
  if (options_.state_path.empty()) return;
  auto saved = ReadSaved(options_.state_path);
  if (saved.ok()) {
    orphans_ = *std::move(saved);
    // A clock that was set back since must not make the outage negative.
    orphans_.seen_at = std::min(orphans_.seen_at, loop_.Now());
    state_written_ = true;
    return;
  }
  if (saved.error().code == Code::kNotFound) return;
  CountStateError("alert state cannot be read; alerts start anew", saved.error());
  // Kept for whoever wants to know what was in it.
  const auto kept = files_.Rename(options_.state_path, options_.state_path + ".damaged");
  if (!kept.ok()) CountStateError("damaged alert state cannot be put aside", kept.error());
  state_broken_ = false;
}

void RuleEngine::Restore(Running& group) {
  if (orphans_.rules.empty()) return;
  const Duration began = loop_.Monotonic();
  AdoptOrphans(group.group);
  group.restore_time = loop_.Monotonic() - began;
}

void RuleEngine::AdoptOrphans(Group& group) {
  const Duration down = loop_.Now() - orphans_.seen_at;
  for (RuleState& state : group.rules()) {
    if (state.rule.alerting() == nullptr || !state.alerts->empty()) continue;
    const std::string identity = state.rule.Identity();
    const auto saved = std::find_if(orphans_.rules.begin(), orphans_.rules.end(), [&](const SavedRule& rule) {
      return rule.file == group.spec().file && rule.group == group.spec().name && rule.identity == identity;
    });
    if (saved == orphans_.rules.end()) continue;
    state.alerts = std::make_shared<const Alerts>(
        AfterOutage(std::move(saved->alerts), down, options_.outage_tolerance));
    results_.SetAlerts(state.id, state.alerts, storage::ToMillis(loop_.Now()));
    orphans_.rules.erase(saved);
  }
}

bool RuleEngine::HasClocksRunning() const {
  for (const RunningPtr& group : groups_) {
    for (const RuleState& state : group->group.rules()) {
      for (const Alert& alert : *state.alerts) {
        if (alert.state == AlertState::kPending || alert.keep_firing_since) return true;
      }
    }
  }
  return false;
}

void RuleEngine::SaveSoon(bool changed) {
  if (options_.state_path.empty()) return;
  state_changed_ = state_changed_ || changed;
  if (save_posted_ || (!state_changed_ && !HasClocksRunning())) return;
  save_posted_ = true;
  const Duration wait = save_allowed_ - loop_.Monotonic();
  if (wait > Duration(0)) {
    save_timer_.RunAfter(wait, [this] { SaveNow(); });
    return;
  }
  loop_.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) SaveNow();
  });
}

SavedAlerts RuleEngine::ToSave() const {
  SavedAlerts saved;
  saved.seen_at = loop_.Now();
  for (const RunningPtr& group : groups_) {
    for (const RuleState& state : group->group.rules()) {
      if (state.alerts->empty()) continue;
      saved.rules.push_back(
          {group->group.spec().file, group->group.spec().name, state.rule.Identity(), *state.alerts});
    }
  }
  const Duration waited = saved.seen_at - orphans_.seen_at;
  if (waited > options_.outage_tolerance) return saved;
  for (const SavedRule& orphan : orphans_.rules) {
    saved.rules.push_back(orphan);
    saved.rules.back().alerts = AfterOutage(orphan.alerts, waited, options_.outage_tolerance);
  }
  return saved;
}

void RuleEngine::SaveNow() {
  save_posted_ = false;
  if (options_.state_path.empty()) return;
  const Duration began = loop_.Monotonic();
  if (state_changed_) {
    WriteState(options_.state_path, EncodeAlerts(ToSave()));
  } else if (HasClocksRunning()) {
    WriteState(options_.state_path + ".seen", EncodeSeen(loop_.Now()));
  }
  const Duration ended = loop_.Monotonic();
  save_allowed_ = ended + std::max(options_.save_gap, (ended - began) * 9);
}

// A failed write stays wanted: the next evaluation tries again.
void RuleEngine::WriteState(const std::string& path, const std::string& text) {
  const auto written = files_.WriteFileAtomically(path, text, 0600);
  if (!written.ok())
    return CountStateError("alert state cannot be written; a restart would lose it", written.error());
  if (path == options_.state_path) {
    state_changed_ = false;
    state_written_ = true;
  }
  if (state_broken_) LogInfo(kLogger, "alert state can be written again", {{"path", options_.state_path}});
  state_broken_ = false;
}

}  // namespace belfry::rule
