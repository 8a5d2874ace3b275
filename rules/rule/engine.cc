#include "rules/rule/engine.h"

#include <algorithm>

#include "agent/base/log.h"
#include "rules/rule/running_group.h"

namespace belfry::rule {
namespace {

constexpr std::string_view kLogger = "rule";

// Those of Prometheus.
constexpr double kRuleQuantiles[] = {0.5, 0.9, 0.99};
constexpr double kGroupQuantiles[] = {0.01, 0.05, 0.5, 0.9, 0.99};

// Whether anything differs that the saved state must know; values and texts alone do not count.
bool StatesDiffer(const Alerts& a, const Alerts& b) {
  return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Alert& x, const Alert& y) {
    return x.state == y.state && x.active_at == y.active_at && x.fired_at == y.fired_at &&
           x.resolved_at == y.resolved_at && x.keep_firing_since == y.keep_firing_since &&
           x.labels == y.labels;
  });
}

std::string KeyOf(const GroupSpec& spec, const Rule& rule) {
  return spec.file + '\xff' + spec.name + '\xff' + rule.Identity();
}

// Says what begins and stops to fail, not every failure again.
void LogChange(const GroupSpec& spec, const RuleState& state, const std::string& error_before) {
  if (state.last_error == error_before) return;
  if (state.last_error.empty()) {
    LogInfo(kLogger, "rule evaluates again",
            {{"file", spec.file}, {"group", spec.name}, {"rule", state.rule.spec.name()}});
  } else {
    LogWarn(kLogger, "rule evaluation failed",
            {{"file", spec.file},
             {"group", spec.name},
             {"rule", state.rule.spec.name()},
             {"error", state.last_error}});
  }
}

RuleStatus StatusOf(const RuleState& state, const RuleSpec& spec) {
  return {.spec = &spec,
          .state = HighestState(*state.alerts),
          .health = state.health,
          .last_error = state.last_error,
          .evaluation_time = state.evaluation_time,
          .last_evaluation = state.last_evaluation,
          .alerts = state.alerts};
}

}  // namespace

std::vector<std::string> EngineSnapshot::LastErrors() const {
  std::vector<std::string> errors;
  for (const GroupStatus& group : groups) {
    for (const RuleStatus& rule : group.rules) {
      if (!rule.last_error.empty())
        errors.push_back(group.spec->name + "/" + rule.spec->name() + ": " + rule.last_error);
    }
  }
  return errors;
}

RuleEngine::RuleEngine(EventLoop& loop, FileSystem& files, EngineOptions options, QueryableProvider data,
                       AlertsHandler alerts)
    : loop_(loop),
      files_(files),
      options_(std::move(options)),
      data_(std::move(data)),
      handler_(std::move(alerts)),
      immediate_timer_(loop),
      save_timer_(loop) {
  loop_.OnClockJump([this, alive = std::weak_ptr<bool>(alive_)](Duration by) {
    if (!alive.expired()) OnClockJump(by);
  });
}

RuleEngine::~RuleEngine() = default;

void RuleEngine::Start() {
  if (started_) return;
  Load();
  for (const RunningPtr& group : groups_) {
    Restore(*group);
    Arm(*group);
  }
  started_ = true;
  snapshot_.reset();
}

void RuleEngine::Stop() {
  if (!started_) return;
  for (const RunningPtr& group : groups_) group->timer.Cancel();
  immediate_timer_.Cancel();
  save_timer_.Cancel();
  state_changed_ = state_changed_ || state_written_ || HasClocksRunning();
  SaveNow();
  started_ = false;
}

Result<void> RuleEngine::SetGroups(std::vector<GroupSpec> specs) {
  ASSIGN_OR_RETURN(std::vector<RunningPtr> fresh, Build(std::move(specs)));
  Inherit(fresh);
  for (const RunningPtr& group : groups_) Abandon(*group);
  groups_ = std::move(fresh);
  snapshot_.reset();
  if (!started_) return {};
  for (const RunningPtr& group : groups_) {
    Restore(*group);
    Arm(*group);
  }
  SaveSoon(/*changed=*/true);
  EvaluateSoon();
  return {};
}

Result<std::vector<RuleEngine::RunningPtr>> RuleEngine::Build(std::vector<GroupSpec> specs) {
  std::vector<RunningPtr> fresh;
  for (GroupSpec& spec : specs) {
    const Duration interval = spec.interval > Duration(0) ? spec.interval : options_.default_interval;
    const size_t count = spec.rules.size();
    const Duration phase =
        options_.slots == Slots::kSpread ? PhaseOf(spec.file, spec.name, interval) : Duration(0);
    ASSIGN_OR_RETURN(Group group,
                     Group::Make(std::move(spec), next_id_, options_.eval.dialect, options_.external_url));
    next_id_ += count;
    fresh.push_back(std::make_unique<Running>(loop_, std::move(group), interval, phase));
  }
  return fresh;
}

// Moves what lives on from the present groups; what is left with them is over.
void RuleEngine::Inherit(std::vector<RunningPtr>& fresh) {
  std::map<std::string, std::vector<RuleState*>> before;
  std::map<std::pair<std::string, std::string>, Running*> groups_before;
  for (const RunningPtr& group : groups_) {
    groups_before[{group->group.spec().file, group->group.spec().name}] = group.get();
    for (RuleState& state : group->group.rules())
      before[KeyOf(group->group.spec(), state.rule)].push_back(&state);
  }
  for (const RunningPtr& group : fresh) {
    const GroupSpec& spec = group->group.spec();
    if (const auto old = groups_before.find({spec.file, spec.name}); old != groups_before.end()) {
      group->counters = old->second->counters;
      group->last_evaluation = old->second->last_evaluation;
      group->evaluation_time = old->second->evaluation_time;
      group->restore_time = old->second->restore_time;
    }
    for (RuleState& state : group->group.rules()) {
      std::vector<RuleState*>& matches = before[KeyOf(spec, state.rule)];
      if (matches.empty()) continue;
      RuleState& old = *matches.front();
      matches.erase(matches.begin());
      Rule rule = std::move(state.rule);
      state = std::move(old);
      state.rule = std::move(rule);
      old.id = 0;  // taken
      old.alerts = std::make_shared<const Alerts>();
    }
  }
}

// The group goes: its series end, and what fires in it is told to be over.
void RuleEngine::Abandon(Running& group) {
  const Instant now = loop_.Now();
  bool told = false;
  for (RuleState& state : group.group.rules()) {
    if (state.id == 0) continue;
    if (options_.history != nullptr) {
      WriteHistory(results_.SeriesOf(state.id, options_.keep), {}, storage::ToMillis(now), *options_.history);
    }
    results_.Erase(state.id);
    Alerts ended;
    for (Alert alert : *state.alerts) {
      if (alert.state != AlertState::kFiring) continue;
      alert.state = AlertState::kInactive;
      alert.resolved_at = now;
      ended.push_back(std::move(alert));
    }
    told = told || !ended.empty();
    state.alerts = std::make_shared<const Alerts>(std::move(ended));
  }
  if (told) HandOver(group, now);
}

void RuleEngine::Arm(Running& group) {
  group.next_slot = NextSlot(loop_.Now(), group.interval, group.phase);
  group.timer.RunAt(group.next_slot, [this, &group] { RunSlot(group); });
}

void RuleEngine::RunSlot(Running& group) {
  const Instant due = group.next_slot;
  const Instant now = loop_.Now();
  Instant at = NextSlot(now, group.interval, group.phase) - group.interval;
  // Time only moves on for a rule: an immediate evaluation may have come between the slot and its timer.
  if (group.last_evaluation && *group.last_evaluation >= at) at = now;
  RunGroup(group, at);
  Arm(group);
  const auto passed = (group.next_slot - due) / group.interval;
  if (passed > 1) group.counters.missed += static_cast<uint64_t>(passed - 1);
}

void RuleEngine::RunGroup(Running& group, Instant at) {
  std::vector<std::string> errors;
  std::vector<std::shared_ptr<const Alerts>> before;
  for (const RuleState& state : group.group.rules()) {
    errors.push_back(state.last_error);
    before.push_back(state.alerts);
  }
  const Duration started = loop_.Monotonic();
  const std::shared_ptr<const storage::Queryable> data = data_(at - group.group.spec().query_offset);
  const EvaluationCounts counts = group.group.Evaluate(at, {.data = *data,
                                                            .results = results_,
                                                            .options = options_.eval,
                                                            .external_labels = options_.external_labels,
                                                            .external_url = options_.external_url,
                                                            .clock = loop_,
                                                            .history = options_.history,
                                                            .keep = options_.keep});
  group.evaluation_time = loop_.Monotonic() - started;
  group.last_evaluation = at;
  Count(group, counts);
  bool changed = false;
  for (size_t i = 0; i < before.size(); ++i) {
    const RuleState& state = group.group.rules()[i];
    LogChange(group.group.spec(), state, errors[i]);
    changed = changed || (before[i] != state.alerts && StatesDiffer(*before[i], *state.alerts));
  }
  SaveSoon(changed);
  HandOver(group, at);
}

void RuleEngine::Count(Running& group, const EvaluationCounts& counts) {
  ++group.counters.iterations;
  group.counters.evaluations += counts.evaluations;
  group.counters.failures += counts.failures;
  group.counters.last_samples = counts.samples;
  group.counters.total_time += group.evaluation_time;
  group.counters.last_rules_time = Duration(0);
  const Duration now = loop_.Monotonic();
  for (const RuleState& state : group.group.rules()) {
    group.counters.last_rules_time += state.evaluation_time;
    rule_durations_.Observe(state.evaluation_time, now);
  }
  group_durations_.Observe(group.evaluation_time, now);
  snapshot_.reset();
}

void RuleEngine::HandOver(const Running& group, Instant at) {
  if (!handler_) return;
  const std::vector<const Alert*> alerts = group.group.AllAlerts();
  handler_({.spec = group.group.spec(), .interval = group.interval, .at = at, .alerts = alerts});
}

void RuleEngine::EvaluateSoon() {
  if (!started_) return;
  ++counters_.immediate_requests;
  if (immediate_wanted_) return;
  immediate_wanted_ = true;
  const Duration wait = immediate_allowed_ - loop_.Monotonic();
  if (wait > Duration(0)) {
    immediate_timer_.RunAfter(wait, [this] { RunImmediate(); });
    return;
  }
  loop_.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) RunImmediate();
  });
}

// After a busy spell of length d the next may begin (share − 1) × d later: a storm of changes costs a fixed
// part of one core.
void RuleEngine::RunImmediate() {
  if (!immediate_wanted_ || !started_) return;
  immediate_wanted_ = false;
  const Duration began = loop_.Monotonic();
  for (const RunningPtr& group : groups_) {
    if (!group->group.HasImmediateAlerts()) continue;
    ++counters_.immediate_evaluations;
    RunGroup(*group, loop_.Now());
  }
  const Duration ended = loop_.Monotonic();
  const Duration pause = (ended - began) * (std::max(options_.immediate_share, 1) - 1);
  immediate_allowed_ = ended + std::max(options_.immediate_gap, pause);
}

// What was counted from the old time goes on from the new one.
void RuleEngine::OnClockJump(Duration by) {
  for (const RunningPtr& group : groups_) {
    if (group->last_evaluation) *group->last_evaluation += by;
    for (RuleState& state : group->group.rules()) {
      Alerts shifted = *state.alerts;
      for (Alert& alert : shifted) {
        alert.active_at += by;
        if (alert.resolved_at) *alert.resolved_at += by;
        if (alert.keep_firing_since) *alert.keep_firing_since += by;
      }
      state.alerts = std::make_shared<const Alerts>(std::move(shifted));
    }
    if (started_) Arm(*group);
  }
  if (started_) SaveSoon(/*changed=*/true);
}

void RuleEngine::SetExternalLabels(model::Labels labels) {
  options_.external_labels = std::move(labels);
  snapshot_.reset();
}

std::shared_ptr<const EngineSnapshot> RuleEngine::Snapshot() {
  if (snapshot_) return snapshot_;
  auto snapshot = std::make_shared<EngineSnapshot>();
  snapshot->settings = {.default_interval = options_.default_interval,
                        .outage_tolerance = options_.outage_tolerance,
                        .retention = {},
                        .external_labels = options_.external_labels,
                        .external_url = options_.external_url};
  if (options_.history != nullptr) snapshot->settings.retention = options_.history->retention();
  snapshot->counters = counters_;
  snapshot->durations = {.rules = rule_durations_.Read(kRuleQuantiles, loop_.Monotonic()),
                         .groups = group_durations_.Read(kGroupQuantiles, loop_.Monotonic())};
  for (const RunningPtr& running : groups_) {
    GroupStatus status{.spec = running->group.shared_spec(),
                       .interval = running->interval,
                       .evaluation_time = running->evaluation_time,
                       .last_evaluation = running->last_evaluation,
                       .restore_time = running->restore_time,
                       .counters = running->counters};
    const std::vector<RuleState>& rules = running->group.rules();
    for (size_t i = 0; i < rules.size(); ++i)
      status.rules.push_back(StatusOf(rules[i], status.spec->rules[i]));
    snapshot->groups.push_back(std::move(status));
  }
  snapshot_ = std::move(snapshot);
  return snapshot_;
}

std::vector<const promql::Expr*> RuleEngine::Expressions() const {
  std::vector<const promql::Expr*> all;
  for (const RunningPtr& group : groups_) {
    for (const RuleState& state : group->group.rules()) all.push_back(state.rule.expr.get());
  }
  return all;
}

}  // namespace belfry::rule
