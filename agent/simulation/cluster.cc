#include "agent/simulation/cluster.h"

#include <algorithm>

#include "agent/cron/expression.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/validate.h"
#include "agent/simulation/relative_text.h"

namespace belfry::simulation {
namespace {

// A calendar's slot at `from` is wanted; an interval is to be counted from `from`.
Instant CreationOf(const api::CronJob& cronjob, Instant from) {
  const auto schedule = cron::Parse(cronjob.spec.schedule, cron::Profile::kSpark);
  const bool interval = schedule.ok() && std::holds_alternative<cron::Every>(schedule->rule);
  return interval ? from : from - seconds(1);
}

void Prepare(api::CronJob& cronjob, const Scenario& scenario) {
  cronjob.metadata.creation_timestamp = CreationOf(cronjob, scenario.from);
  // Not the zone of the host that happens to simulate.
  if (controllers::ZoneNameOf(cronjob.spec).empty()) cronjob.spec.time_zone = scenario.time_zone;
}

template <class T>
void Prepare(T&, const Scenario&) {}

// Scripts run, not programs: where an image's own would run there is one.
runtime::ImageEntry AnyImage() {
  return {.match = "*", .mounts = {}, .working_dir = {}, .command = {"(its image's)"}, .env = {}};
}

}  // namespace

Cluster::Cluster(FakeEventLoop& loop, const Scenario& scenario, controllers::SlotObserver observer)
    : store_(loop, random_, journal_),
      scripts_(store_, scenario.history, scenario.fallback),
      runtime_(loop, [this](const runtime::ContainerStart& start) { return scripts_.For(start); }),
      pods_(loop, store_, runtime_, {.node_name = "simulated", .ip = "127.0.0.1"},
            {.images = runtime::ImageMap({AnyImage()}), .claims = {}, .host_aliases = {}}),
      jobs_(loop, store_, random_),
      cronjobs_(store_, loop, std::move(observer)),
      ttl_(loop, store_),
      garbage_(loop, store_),
      finished_pods_(store_, runtime_),
      events_(store_, loop),
      manager_(loop, store_) {
  cronjobs_.Admit(manifest::AdmitJob);
  // The agent's order.
  for (controllers::Controller* controller : std::initializer_list<controllers::Controller*>{
           &pods_, &jobs_, &cronjobs_, &ttl_, &garbage_, &finished_pods_, &events_}) {
    manager_.Add(*controller);
  }
}

Result<void> Cluster::Create(const Scenario& scenario) {
  RETURN_IF_ERROR(store_.Open());
  for (const api::Object& object : scenario.objects) {
    RETURN_IF_ERROR(std::visit(
        [&](const auto& pointer) -> Result<void> {
          auto copy = *pointer;
          Prepare(copy, scenario);
          RETURN_IF_ERROR(store_.Create(std::move(copy)));
          return {};
        },
        object));
  }
  return {};
}

std::string Cluster::StateText(Instant base) const {
  std::vector<std::string> objects;
  for (const api::Kind kind : {api::Kind::kCronJob, api::Kind::kJob, api::Kind::kPod}) {
    store_.Visit(kind, {}, [&](const api::Object& object) {
      std::string json;
      if (const auto cronjob = api::As<api::CronJob>(object)) {
        // Its age is counted from the newest slot; rules that read it are known (rule_shape.h).
        auto ageless = std::make_shared<api::CronJob>(*cronjob);
        ageless->metadata.creation_timestamp.reset();
        manifest::AppendJson(json, api::Object(api::Ptr<api::CronJob>(std::move(ageless))));
      } else {
        manifest::AppendJson(json, object);
      }
      AppendRelative(objects.emplace_back(), json, base);
    });
  }
  // Pods' names are random.
  std::ranges::sort(objects);
  std::string text = scripts_.PlaceText();
  for (const Instant end : runtime_.Ends()) text += std::to_string((end - base).count()) + "\n";
  for (const std::string& object : objects) text += object + "\n";
  return text;
}

}  // namespace belfry::simulation
