#include "rules/rule/group.h"

#include <set>

#include "rules/promql/parser.h"
#include "rules/storage/merged_queryable.h"

namespace belfry::rule {
namespace {

// Scalars become one sample without labels.
Result<promql::Vector> ToVector(promql::Value value) {
  if (auto* vector = std::get_if<promql::Vector>(&value)) return std::move(*vector);
  if (const auto* scalar = std::get_if<promql::Scalar>(&value)) {
    return promql::Vector{{model::Labels(), scalar->time_ms, scalar->value}};
  }
  return Error{Code::kInvalid, "rule result is not a vector or scalar"};
}

}  // namespace

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kUnknown:
      return "unknown";
    case Health::kOk:
      return "ok";
    case Health::kError:
      return "err";
  }
  return "unknown";
}

Result<Group> Group::Make(GroupSpec spec, RuleId first_id, promql::Dialect dialect,
                          std::string_view external_url) {
  Group group(std::move(spec));
  for (const RuleSpec& rule : group.spec().rules) {
    auto compiled = Compile(rule, group.spec().limit, dialect, external_url);
    if (!compiled.ok())
      return Annotate(compiled.error(), group.spec().file + ": group \"" + group.spec().name + "\"");
    RuleState state;
    state.id = first_id++;
    state.rule = *std::move(compiled);
    group.rules_.push_back(std::move(state));
  }
  return group;
}

EvaluationCounts Group::Evaluate(Instant at, const EvaluationWorld& world) {
  EvaluationCounts counts;
  for (RuleState& state : rules_) {
    const Duration started = world.clock.Monotonic();
    const auto samples = EvaluateRule(state, at, world);
    state.evaluation_time = world.clock.Monotonic() - started;
    state.last_evaluation = at;
    state.health = samples.ok() ? Health::kOk : Health::kError;
    state.last_error = samples.ok() ? "" : samples.error().message;
    ++counts.evaluations;
    if (samples.ok()) counts.samples += *samples;
    if (!samples.ok()) ++counts.failures;
  }
  return counts;
}

Result<size_t> Group::EvaluateRule(RuleState& state, Instant at, const EvaluationWorld& world) {
  const Instant seen_at = at - spec_->query_offset;
  const storage::MergedQueryable merged({&world.results, &world.data});
  const storage::Queryable& data = world.results_in_data ? world.data : merged;
  ASSIGN_OR_RETURN(promql::Value value,
                   promql::EvaluateInstant(*state.rule.expr, seen_at, data, world.options));
  ASSIGN_OR_RETURN(promql::Vector found, ToVector(std::move(value)));
  const size_t samples = found.size();
  const auto kept = [&] {
    return world.history != nullptr ? world.results.SeriesOf(state.id, world.keep) : promql::Vector{};
  };
  const promql::Vector before = kept();
  if (const RecordingRule* recording = state.rule.recording()) {
    ASSIGN_OR_RETURN(promql::Vector recorded, DecideRecording(*recording, std::move(found)));
    for (promql::VectorSample& sample : recorded) sample.time_ms = storage::ToMillis(seen_at);
    world.results.SetRecorded(state.id, recording->name,
                              std::make_shared<const promql::Vector>(std::move(recorded)),
                              storage::ToMillis(seen_at));
  } else {
    RETURN_IF_ERROR(StoreAlerts(state, std::move(found), at, world, data));
  }
  if (world.history != nullptr) {
    WriteHistory(before, kept(), storage::ToMillis(seen_at), *world.history);
  }
  return samples;
}

Result<void> Group::StoreAlerts(RuleState& state, promql::Vector found, Instant at,
                                const EvaluationWorld& world, const storage::Queryable& data) {
  const tmpl::QueryFunction query = [&](std::string_view expression, Instant) {
    return QueryForTemplate(expression, at - spec_->query_offset, data, world.options);
  };
  const AlertTexts texts{.external_labels = world.external_labels,
                         .external_url = world.external_url,
                         .query = query,
                         .keep_empty_annotations = world.options.dialect == promql::Dialect::kPrometheus2};
  auto alerts = DecideAlerts(*state.rule.alerting(), *state.alerts, std::move(found), texts, at);
  // Above its limit a rule has no alerts at all, as if it had never run.
  if (!alerts.ok() && alerts.error().code == Code::kTooLarge) state.alerts = std::make_shared<const Alerts>();
  if (!alerts.ok()) return alerts.error();
  state.alerts = std::make_shared<const Alerts>(*std::move(alerts));
  world.results.SetAlerts(state.id, state.alerts, storage::ToMillis(at - spec_->query_offset));
  return {};
}

bool Group::HasImmediateAlerts() const {
  for (const RuleState& state : rules_) {
    const AlertingRule* alerting = state.rule.alerting();
    if (alerting != nullptr && alerting->hold == Duration(0)) return true;
  }
  return false;
}

std::vector<const Alert*> Group::AllAlerts() const {
  std::vector<const Alert*> all;
  for (const RuleState& state : rules_) {
    for (const Alert& alert : *state.alerts) all.push_back(&alert);
  }
  return all;
}

Result<std::vector<tmpl::QuerySample>> QueryForTemplate(std::string_view expression, Instant at,
                                                        const storage::Queryable& data,
                                                        const promql::EvalOptions& options) {
  ASSIGN_OR_RETURN(const promql::ExprPtr expr, promql::Parse(expression, {.dialect = options.dialect}));
  ASSIGN_OR_RETURN(promql::Value value, promql::EvaluateInstant(*expr, at, data, options));
  if (const auto* text = std::get_if<promql::String>(&value)) {
    return std::vector<tmpl::QuerySample>{{model::Labels{{"__value__", text->value}}, 0}};
  }
  auto vector = ToVector(std::move(value));
  if (!vector.ok()) return Error{Code::kInvalid, "query result is not a vector or scalar"};
  std::vector<tmpl::QuerySample> samples;
  samples.reserve(vector->size());
  for (promql::VectorSample& sample : *vector) samples.push_back({std::move(sample.labels), sample.value});
  return samples;
}

void WriteHistory(const promql::Vector& before, const promql::Vector& now, int64_t time_ms,
                  storage::Head& history) {
  std::set<model::Labels> written;
  for (const promql::VectorSample& sample : now) {
    history.Append(sample.labels, time_ms, sample.value);
    written.insert(sample.labels);
  }
  for (const promql::VectorSample& sample : before) {
    if (!written.contains(sample.labels)) history.Append(sample.labels, time_ms, storage::StaleMarker());
  }
}

}  // namespace belfry::rule
