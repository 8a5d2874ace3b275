#include "agent/simulation/scenario.h"

#include <fmt/core.h>

#include <set>

#include "agent/cron/expression.h"
#include "agent/cron/zone_cache.h"

namespace belfry::simulation {
namespace {

Result<void> CheckAnnotations(const api::Key& key, const api::StringMap& annotations) {
  const auto outcomes = ReadOutcomes(annotations);
  return outcomes.ok() ? Result<void>() : Annotate(outcomes.error(), key.ToString());
}

Result<void> CheckObject(const api::Object& object) {
  const api::Key key = api::KeyOf(object);
  RETURN_IF_ERROR(CheckAnnotations(key, api::MetaOf(object).annotations));
  if (const auto cronjob = api::As<api::CronJob>(object)) {
    RETURN_IF_ERROR(CheckAnnotations(key, cronjob->spec.job_template.metadata.annotations));
    return CheckAnnotations(key, cronjob->spec.job_template.spec.pod_template.metadata.annotations);
  }
  if (const auto job = api::As<api::Job>(object)) {
    return CheckAnnotations(key, job->spec.pod_template.metadata.annotations);
  }
  return {};
}

// A history of CronJobs that are not there is a slip of the pen, most often a misspelt name.
Result<void> CheckHistory(const Scenario& scenario) {
  std::set<std::string> names;
  for (const api::Object& object : scenario.objects) {
    if (api::KindOf(object) != api::Kind::kCronJob) continue;
    const api::ObjectMeta& meta = api::MetaOf(object);
    names.insert(meta.name);
    names.insert(meta.ns + "/" + meta.name);
  }
  for (const auto& [name, cycle] : scenario.history) {
    if (!names.contains(name)) {
      return Error{Code::kInvalid,
                   fmt::format("the durations name a CronJob \"{}\" that is not in the manifests", name)};
    }
  }
  return {};
}

Result<int64_t> CountRuns(const Scenario& scenario) {
  cron::ZoneCache zones;
  int64_t runs = 0;
  for (const api::Object& object : scenario.objects) {
    const auto cronjob = api::As<api::CronJob>(object);
    if (cronjob == nullptr) continue;
    ASSIGN_OR_RETURN(const cron::Schedule schedule,
                     cron::Parse(cronjob->spec.schedule, cron::Profile::kSpark));
    std::string name = cronjob->spec.time_zone.value_or(schedule.time_zone);
    if (name.empty()) name = scenario.time_zone;
    ASSIGN_OR_RETURN(const cron::Zone zone, zones.Get(name));
    runs += cron::Count(schedule, zone, scenario.from - Duration(1), scenario.to - Duration(1));
  }
  return runs;
}

}  // namespace

Result<void> Check(const Scenario& scenario) {
  if (scenario.from >= scenario.to) {
    return Error{Code::kInvalid, fmt::format("--from {} is not before --to {}", FormatRfc3339(scenario.from),
                                             FormatRfc3339(scenario.to))};
  }
  if (scenario.to - scenario.from > kLongestSpan) {
    return Error{Code::kTooLarge, "more than ten years between --from and --to"};
  }
  bool any = false;
  for (const api::Object& object : scenario.objects) {
    RETURN_IF_ERROR(CheckObject(object));
    const api::Kind kind = api::KindOf(object);
    any |= kind == api::Kind::kCronJob || kind == api::Kind::kJob || kind == api::Kind::kPod;
  }
  if (!any) return Error{Code::kInvalid, "no CronJob, Job or Pod in what was given"};
  RETURN_IF_ERROR(CheckHistory(scenario));
  ASSIGN_OR_RETURN(const int64_t runs, CountRuns(scenario));
  if (runs > kMaxRuns) {
    return Error{
        Code::kTooLarge,
        fmt::format("{} runs are scheduled between --from and --to, more than the {} that are simulated "
                    "at a time; shorten the span or leave CronJobs out",
                    runs, kMaxRuns)};
  }
  return {};
}

}  // namespace belfry::simulation
