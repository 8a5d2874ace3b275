#include "agent/cli/telemetry.h"

#include "agent/base/log.h"
#include "agent/cli/dialect.h"
#include "agent/cli/version.h"
#include "rules/storage/live_queryable.h"

namespace belfry::cli {
namespace {

// How often a history that a rule asks for is sampled; Prometheus' customary scrape interval.
constexpr Duration kHistoryInterval = seconds(15);

kube::KubeOptions KubeOptionsOf(const Host& host) {
  return {.node = {.name = host.name,
                   .kernel_version = host.kernel_version,
                   .os_image = host.os_image,
                   .container_runtime_version = "belfry://" + ThisBuild().version,
                   .kubelet_version = "belfry " + ThisBuild().version,
                   .system_uuid = host.system_uuid,
                   .internal_ip = "127.0.0.1"}};
}

rule::EngineOptions EngineOptionsOf(const TelemetryOptions& options, storage::Head& history,
                                    storage::KeepFilter keep) {
  return {.state_path = options.data_dir + "/alerts.state",
          .external_labels = options.config.rules.external_labels,
          .external_url = options.external_url + "/prometheus",
          .default_interval = options.config.rules.interval,
          .eval = {.dialect = DialectOf(options.config.rules.promql_compat)},
          .history = &history,
          .keep = std::move(keep)};
}

}  // namespace

Telemetry::Telemetry(EventLoop& loop, FileSystem& files, http::HttpClient& client, TelemetryOptions options)
    : loop_(loop),
      files_(files),
      options_(std::move(options)),
      kube_(schedules_.Reader(), KubeOptionsOf(options_.host)),
      cronjobs_(loop, files,
                {.state_file = options_.data_dir + "/cronjob-metrics.state",
                 .interval = [this](const api::CronJobSpec& spec,
                                    Instant after) { return schedules_.Interval(spec, after); }}),
      self_(files, ThisBuild()),
      agent_metrics_(self_),
      job_metrics_(self_),
      rules_({.dialect = DialectOf(options_.config.rules.promql_compat)}),
      notifier_(loop, client, files, NotifyConfigOf(options_.config),
                options_.data_dir + "/notifications.log"),
      engine_(
          loop, files,
          EngineOptionsOf(
              options_, history_,
              [this](std::string_view name, model::LabelsView labels) { return keep_.Keeps(name, labels); }),
          [this](Instant at) { return DataAt(at, TakeWorld()); },
          [this](const rule::GroupAlerts& group) { OnAlerts(group); }),
      engine_source_(engine_),
      history_timer_(loop) {
  AddReading({.name = "belfry_notifications_dropped",
              .help = "Notifications and alerts that were given up.",
              .type = model::MetricType::kCounter},
             {}, [this] {
               uint64_t dropped = 0;
               for (const notify::ChannelStatus& channel : notifier_.Status().channels)
                 dropped += channel.dropped;
               return static_cast<double>(dropped);
             });
}

void Telemetry::Start(const std::vector<store::Change>& everything) {
  if (const auto loaded = cronjobs_.Load(); !loaded.ok()) {
    LogWarn("cli", "cronjob counters begin at 0", {{"error", loaded.error()}});
  }
  rules_.LoadFiles(files_, options_.config.rules.files);
  Apply(everything);
  cronjobs_.Restored();
  RefreshRules();
  notifier_.Start();
  engine_.Start();
}

void Telemetry::Apply(const std::vector<store::Change>& changes) {
  kube_.Apply(changes);
  cronjobs_.Apply(changes);
  bool rules_changed = false;
  for (const store::Change& change : changes) {
    if (change.key.kind != api::Kind::kPrometheusRule) continue;
    rules_changed = true;
    if (change.after) {
      rules_.Put(*api::As<api::PrometheusRule>(*change.after));
    } else {
      rules_.Remove(change.key);
    }
  }
  if (rules_changed) RefreshRules();
  engine_.EvaluateSoon();
}

void Telemetry::CountMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed) {
  const auto reason = cronjob::MissedReasonFromName(controllers::MissReasonName(missed.reason));
  if (!reason) return;
  cronjobs_.CountMissed(cronjob.metadata.ns, cronjob.metadata.name, *reason,
                        static_cast<uint64_t>(missed.count));
  engine_.EvaluateSoon();
}

void Telemetry::ZonesChanged(const std::vector<store::Change>& cronjobs) {
  schedules_.Refresh();
  Apply(cronjobs);
}

void Telemetry::Reload(const Config& config) {
  options_.config = config;
  if (const auto reloaded = notifier_.Reload(NotifyConfigOf(config)); !reloaded.ok()) {
    LogError("cli", "notify keeps its old configuration", {{"error", reloaded.error()}});
  }
  rules_.LoadFiles(files_, config.rules.files);
  engine_.SetExternalLabels(config.rules.external_labels);
  RefreshRules();
}

void Telemetry::RefreshRules() {
  for (const RuleProblems& problems : rules_.Problems()) {
    for (const std::string& message : problems.messages) {
      LogError("cli", "rules refused", {{"origin", problems.origin}, {"problem", message}});
    }
  }
  std::vector<rule::GroupSpec> groups = rules_.Groups();
  for (rule::GroupSpec& group : groups) {
    if (group.interval == Duration(0)) group.interval = options_.config.rules.interval;
  }
  if (const auto set = engine_.SetGroups(std::move(groups)); !set.ok()) {
    LogError("cli", "rules refused", {{"error", set.error()}});
  }
  keep_ = promql::ComputeKeepSet(engine_.Expressions());
  history_.SetRetention(options_.config.rules.history);
  if (keep_.reach > options_.config.rules.history) {
    LogWarn("cli", "rules look further back than rules.history keeps samples",
            {{"history_s", ToSeconds(options_.config.rules.history)}, {"needed_s", ToSeconds(keep_.reach)}});
  }
  ArmHistory();
}

// Rules that look back are the only readers of history: without them nothing is sampled and nobody wakes.
void Telemetry::ArmHistory() {
  if (keep_.empty()) return history_timer_.Cancel();
  if (!history_timer_.armed()) history_timer_.RunAfter(kHistoryInterval, [this] { SampleHistory(); });
}

void Telemetry::SampleHistory() {
  const int64_t now = std::chrono::floor<milliseconds>(loop_.Now().time_since_epoch()).count();
  uint64_t source = 0;
  for (const auto& snapshot : TakePage()) {
    history_.AppendSnapshot(
        ++source, *snapshot, now,
        [this](std::string_view name, model::LabelsView labels) { return keep_.Keeps(name, labels); });
  }
  history_.Truncate(now);
  ArmHistory();
}

void Telemetry::Stop() {
  engine_.Stop();
  if (const auto saved = cronjobs_.Save(); !saved.ok()) {
    LogError("cli", "cronjob counters are not saved", {{"error", saved.error()}});
  }
}

exposition::Snapshots Telemetry::TakeWorld() { return {kube_.Take(), cronjobs_.Take(), self_.Take()}; }

exposition::Snapshots Telemetry::TakePage() {
  exposition::Snapshots page = TakeWorld();
  page.push_back(engine_source_.Take());
  return page;
}

std::shared_ptr<const storage::Queryable> Telemetry::PageAt(Instant at) { return DataAt(at, TakePage()); }

std::shared_ptr<const storage::Queryable> Telemetry::DataAt(Instant at, exposition::Snapshots newest) {
  return std::make_shared<const storage::LiveQueryable>(std::move(newest), at, engine_.results(), history_);
}

Telemetry::Status Telemetry::GetStatus() {
  return {.rule_problems = rules_.Problems(),
          .rule_errors = engine_.Snapshot()->LastErrors(),
          .notify_problem = notifier_.Status().Problem()};
}

notify::NotifyConfig Telemetry::NotifyConfigOf(const Config& config) const {
  notify::NotifyConfig notify = config.notify;
  for (const model::Label& label : config.rules.external_labels)
    notify.external_labels[label.name] = label.value;
  notify.external_url = options_.external_url;
  notify.user_agent = "Belfry/" + ThisBuild().version;
  return notify;
}

void Telemetry::OnAlerts(const rule::GroupAlerts& group) { notifier_.OnAlerts(group.alerts, group.interval); }

}  // namespace belfry::cli
