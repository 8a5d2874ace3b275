// A group of rules: evaluated in order, each sees what those before it returned.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "rules/promql/engine.h"
#include "rules/rule/results.h"
#include "rules/rule/rule.h"
#include "rules/storage/head.h"

namespace belfry::rule {

enum class Health { kUnknown, kOk, kError };
std::string_view HealthName(Health health);  // "unknown", "ok", "err"

// A rule and what its evaluations have made of it.
struct RuleState {
  RuleId id = 0;
  Rule rule;
  std::shared_ptr<const Alerts> alerts = std::make_shared<const Alerts>();  // of an alerting rule
  Health health = Health::kUnknown;
  std::string last_error;  // of the last evaluation; empty: it went well
  Duration evaluation_time{0};
  std::optional<Instant> last_evaluation;
};

// What an evaluation works with. Every reference must outlive the call.
struct EvaluationWorld {
  const storage::Queryable& data;  // the world's series
  RuleResults& results;            // the rules' own: read, and written after each rule
  const promql::EvalOptions& options;
  const model::Labels& external_labels;
  std::string_view external_url;
  const Clock& clock;                // for measuring
  storage::Head* history = nullptr;  // where results are kept that `keep` wants; may be absent
  const storage::KeepFilter& keep;
  // Rules see what others returned in `data`, of which the history is a part, and not in `results`.
  bool results_in_data = false;
};

struct EvaluationCounts {
  uint64_t evaluations = 0;
  uint64_t failures = 0;
  size_t samples = 0;  // returned by all rules
};

// Thread: one.
class Group {
 public:
  // Errors: kInvalid for a rule that does not compile.
  static Result<Group> Make(GroupSpec spec, RuleId first_id, promql::Dialect dialect,
                            std::string_view external_url);

  // Evaluates every rule at `at`; a rule's error is kept with the rule and leaves the others alone.
  EvaluationCounts Evaluate(Instant at, const EvaluationWorld& world);

  const GroupSpec& spec() const { return *spec_; }
  std::shared_ptr<const GroupSpec> shared_spec() const { return spec_; }
  std::vector<RuleState>& rules() { return rules_; }
  const std::vector<RuleState>& rules() const { return rules_; }
  // Whether some alert may fire in the evaluation that finds it.
  bool HasImmediateAlerts() const;
  std::vector<const Alert*> AllAlerts() const;

 private:
  explicit Group(GroupSpec spec) : spec_(std::make_shared<const GroupSpec>(std::move(spec))) {}

  Result<size_t> EvaluateRule(RuleState& state, Instant at, const EvaluationWorld& world);
  Result<void> StoreAlerts(RuleState& state, promql::Vector found, Instant at, const EvaluationWorld& world,
                           const storage::Queryable& data);

  std::shared_ptr<const GroupSpec> spec_;
  std::vector<RuleState> rules_;
};

// The answer to a template's `query`.
Result<std::vector<tmpl::QuerySample>> QueryForTemplate(std::string_view expression, Instant at,
                                                        const storage::Queryable& data,
                                                        const promql::EvalOptions& options);

// Appends `now` to the history and ends the series of `before` that are not in it. Series `keep` does not
// want are left out.
void WriteHistory(const promql::Vector& before, const promql::Vector& now, int64_t time_ms,
                  storage::Head& history);

}  // namespace belfry::rule
