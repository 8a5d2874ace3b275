#include "agent/controllers/cronjob/history.h"

#include <algorithm>
#include <optional>

namespace belfry::controllers {
namespace {

// By start, those that never started last, ties by name.
bool StartedBefore(const api::Ptr<api::Job>& a, const api::Ptr<api::Job>& b) {
  const auto& x = a->status.start_time;
  const auto& y = b->status.start_time;
  if (x.has_value() != y.has_value()) return x.has_value();
  return x != y ? *x < *y : a->metadata.name < b->metadata.name;
}

void AppendOldest(std::vector<api::Ptr<api::Job>> jobs, std::optional<int32_t> limit,
                  std::vector<api::Ptr<api::Job>>& surplus) {
  if (!limit || std::ssize(jobs) <= *limit) return;
  std::ranges::sort(jobs, StartedBefore);
  jobs.resize(jobs.size() - static_cast<size_t>(std::max(*limit, 0)));
  surplus.insert(surplus.end(), jobs.begin(), jobs.end());
}

}  // namespace

std::vector<api::Ptr<api::Job>> JobsBeyondHistory(const api::CronJobSpec& spec,
                                                  const std::vector<api::Ptr<api::Job>>& jobs) {
  std::vector<api::Ptr<api::Job>> complete;
  std::vector<api::Ptr<api::Job>> failed;
  for (const auto& job : jobs) {
    if (job->metadata.deletion_timestamp) continue;
    if (api::IsComplete(*job)) {
      complete.push_back(job);
    } else if (api::IsFailed(*job)) {
      failed.push_back(job);
    }
  }
  std::vector<api::Ptr<api::Job>> surplus;
  AppendOldest(std::move(complete), spec.successful_jobs_history_limit, surplus);
  AppendOldest(std::move(failed), spec.failed_jobs_history_limit, surplus);
  return surplus;
}

}  // namespace belfry::controllers
