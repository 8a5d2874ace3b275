// The rule engine: groups on their slots, alerts handed on, `for` kept across restarts.
// Source: Prometheus' rule manager; docs/rules.md says where we differ.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "rules/rule/duration_summary.h"
#include "rules/rule/group.h"
#include "rules/rule/slots.h"
#include "rules/rule/state_file.h"

namespace belfry::rule {

struct EngineOptions {
  std::string state_path;                               // empty: alerts do not survive a restart
  model::Labels external_labels;                        // for templates; senders add them themselves
  std::string external_url;                             // `http://host:2353/prometheus`
  Duration default_interval = std::chrono::minutes(1);  // rules.interval
  Slots slots = Slots::kSpread;
  Duration outage_tolerance = std::chrono::hours(1);      // pending alerts outlive a shorter outage
  Duration immediate_gap = std::chrono::milliseconds(5);  // least time between immediate evaluations
  int immediate_share = 10;                               // they take at most 1/10 of the time
  Duration save_gap = std::chrono::seconds(1);            // least time between writes of the state
  promql::EvalOptions eval;
  storage::Head* history = nullptr;  // gets what rules return and `keep` wants
  storage::KeepFilter keep;
};

// The world's series as they are for an evaluation at `at`. Held for the time of one group.
using QueryableProvider = std::function<std::shared_ptr<const storage::Queryable>(Instant at)>;

// A group after an evaluation. Valid during the call.
struct GroupAlerts {
  const GroupSpec& spec;
  Duration interval;
  Instant at;
  std::span<const Alert* const> alerts;  // pending, firing, and resolved ones for 15 minutes
};
using AlertsHandler = std::function<void(const GroupAlerts&)>;

// A rule as the API shows it.
struct RuleStatus {
  const RuleSpec* spec = nullptr;  // of GroupStatus::spec
  AlertState state = AlertState::kInactive;
  Health health = Health::kUnknown;
  std::string last_error;
  Duration evaluation_time{0};
  std::optional<Instant> last_evaluation;
  std::shared_ptr<const Alerts> alerts;  // resolved ones as well
};

struct GroupCounters {
  uint64_t iterations = 0;
  uint64_t missed = 0;  // slots skipped because an evaluation took too long
  uint64_t evaluations = 0;
  uint64_t failures = 0;
  size_t last_samples = 0;
  Duration total_time{0};
  Duration last_rules_time{0};  // of the rules alone, added up
};

struct GroupStatus {
  std::shared_ptr<const GroupSpec> spec;
  Duration interval{0};
  Duration evaluation_time{0};
  std::optional<Instant> last_evaluation;
  Duration restore_time{0};  // what it took to take the alerts of the run before
  GroupCounters counters;
  std::vector<RuleStatus> rules;
};

// `prometheus_rule_*_duration_seconds` of all groups.
struct EngineDurations {
  SummaryValue rules;
  SummaryValue groups;
};

struct EngineCounters {
  uint64_t state_errors = 0;        // alert state that could not be read or written
  uint64_t immediate_requests = 0;  // EvaluateSoon
  uint64_t immediate_evaluations = 0;
};

// How the engine is set.
struct EngineSettings {
  Duration default_interval{0};
  Duration outage_tolerance{0};
  std::optional<Duration> retention;  // of the history, if one is kept
  model::Labels external_labels;
  std::string external_url;
};

// Immutable. Thread: any.
struct EngineSnapshot {
  EngineSettings settings;
  std::vector<GroupStatus> groups;
  EngineCounters counters;
  EngineDurations durations;

  // Of rules whose last evaluation failed: `group/rule: why`.
  std::vector<std::string> LastErrors() const;
};

// Requires: loop, files and history outlive it. Thread: the loop's.
class RuleEngine {
 public:
  RuleEngine(EventLoop& loop, FileSystem& files, EngineOptions options, QueryableProvider data,
             AlertsHandler alerts);
  ~RuleEngine();
  RuleEngine(const RuleEngine&) = delete;
  RuleEngine& operator=(const RuleEngine&) = delete;

  // Takes the alerts of the run before and begins with each group's next slot. Requires: the world's series
  // are complete, else alerts resolve that are none the better.
  void Start();
  // Saves the alerts and ends; what is in the world is not evaluated any more.
  void Stop();

  // The groups from now on. Alerts of rules with the same file, group, name and labels go on; others that
  // fire are handed over as resolved. Errors: kInvalid for rules that do not compile; nothing changes then.
  Result<void> SetGroups(std::vector<GroupSpec> specs);

  // For templates, from the next evaluation on.
  void SetExternalLabels(model::Labels labels);

  // The world has changed: groups that have an alert without `for` are evaluated in this turn of the loop, or
  // as soon as EngineOptions::immediate_share allows.
  void EvaluateSoon();

  std::shared_ptr<const EngineSnapshot> Snapshot();
  // The rules' own series; valid as long as the engine.
  const storage::Queryable& results() const { return results_; }
  // Every expression, for promql::ComputeKeepSet. Valid until the next SetGroups.
  std::vector<const promql::Expr*> Expressions() const;

 private:
  struct Running;
  using RunningPtr = std::unique_ptr<Running>;

  Result<std::vector<RunningPtr>> Build(std::vector<GroupSpec> specs);
  void Inherit(std::vector<RunningPtr>& fresh);
  void Abandon(Running& group);
  void Restore(Running& group);
  void AdoptOrphans(Group& group);
  void Arm(Running& group);
  void RunSlot(Running& group);
  void RunGroup(Running& group, Instant at);
  void Count(Running& group, const EvaluationCounts& counts);
  void RunImmediate();
  void OnClockJump(Duration by);
  void HandOver(const Running& group, Instant at);

  void Load();
  Result<SavedAlerts> ReadSaved(const std::string& path) const;
  void SaveSoon(bool changed);
  void SaveNow();
  void WriteState(const std::string& path, const std::string& text);
  SavedAlerts ToSave() const;
  bool HasClocksRunning() const;
  void CountStateError(std::string_view what, const Error& error);

  EventLoop& loop_;
  FileSystem& files_;
  EngineOptions options_;
  QueryableProvider data_;
  AlertsHandler handler_;
  RuleResults results_;
  std::vector<RunningPtr> groups_;
  RuleId next_id_ = 1;
  EngineCounters counters_;
  DurationSummary rule_durations_;
  DurationSummary group_durations_;
  std::shared_ptr<const EngineSnapshot> snapshot_;  // until something changes
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  bool started_ = false;
  bool immediate_wanted_ = false;
  Duration immediate_allowed_{0};  // steady time
  Timer immediate_timer_;

  // Saved alerts whose rule has not come yet, as they were at `orphans_.seen_at`.
  SavedAlerts orphans_;
  Timer save_timer_;
  bool save_posted_ = false;
  bool state_changed_ = false;
  bool state_written_ = false;
  bool state_broken_ = false;  // said once
  Duration save_allowed_{0};   // steady time
};

}  // namespace belfry::rule
