#include "agent/controllers/ttl.h"

#include "agent/controllers/deletion.h"
#include "agent/controllers/manifest_seconds.h"

namespace belfry::controllers {

std::optional<Instant> FinishedAt(const api::Job& job) {
  for (const std::string_view type : {api::kJobComplete, api::kJobFailed}) {
    const api::Condition* condition = api::FindCondition(job.status.conditions, type);
    if (condition == nullptr || condition->status != api::ConditionStatus::kTrue) continue;
    return condition->last_transition_time.value_or(Instant());
  }
  return std::nullopt;
}

std::optional<Instant> TtlDue(const api::Job& job) {
  const auto finished = FinishedAt(job);
  if (!finished || !job.spec.ttl_seconds_after_finished) return std::nullopt;
  return *finished + ManifestSeconds(*job.spec.ttl_seconds_after_finished);
}

void TtlController::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind != api::Kind::kJob || !change.after) return;
  if (TtlDue(*api::As<api::Job>(*change.after))) enqueue(change.key, Duration(0));
}

Result<Look> TtlController::Reconcile(const api::Key& key) {
  const auto job = store_.Get<api::Job>(key.ns, key.name);
  if (!job || job->metadata.deletion_timestamp) return Look{};
  const auto due = TtlDue(*job);
  if (!due) return Look{};
  if (clock_.Now() < *due) return Look{.at = due};
  RETURN_IF_ERROR(RequestDeletion(
      store_, key, {.propagation = Propagation::kForeground, .uid = job->metadata.uid}, clock_.Now()));
  if (deleted_) deleted_(clock_.Now() - *due);
  return Look{};
}

}  // namespace belfry::controllers
