// The part of the agent that watches: rows, rules, alerts, notifications; one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/cli/config.h"
#include "agent/cli/host.h"
#include "agent/cli/rule_set.h"
#include "agent/controllers/cronjob/slot.h"
#include "agent/http/client.h"
#include "agent/store/store.h"
#include "exporters/cronjob/cronjob_metrics.h"
#include "exporters/exposition/page.h"
#include "exporters/kube/kube_rows.h"
#include "exporters/kube/schedule.h"
#include "exporters/self/agent_metrics.h"
#include "exporters/self/job_metrics.h"
#include "rules/notify/notifier.h"
#include "rules/promql/keep_set.h"
#include "rules/rule/engine.h"
#include "rules/rule/engine_source.h"
#include "rules/storage/head.h"

namespace belfry::cli {

struct TelemetryOptions {
  std::string data_dir;
  std::string external_url;  // where this agent is reached
  Host host;
  Config config;
};

// Thread: the loop's, but for what says otherwise. Requires: all references outlive it.
class Telemetry {
 public:
  Telemetry(EventLoop& loop, FileSystem& files, http::HttpClient& client, TelemetryOptions options);

  // Takes in everything that exists, then the rules of the run before go on. To be called once.
  void Start(const std::vector<store::Change>& everything);
  void Apply(const std::vector<store::Change>& changes);
  void Reload(const Config& config);
  // Slots of a CronJob will never be started.
  void CountMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed);
  // Zones of the tz database are others now: shows these CronJobs anew.
  void ZonesChanged(const std::vector<store::Change>& cronjobs);
  // Saves what must survive.
  void Stop();

  // Everything the page shows.
  exposition::Snapshots TakePage();
  // What the page shows, as series.
  std::shared_ptr<const storage::Queryable> PageAt(Instant at);
  std::shared_ptr<const rule::EngineSnapshot> Rules() { return engine_.Snapshot(); }
  // Numbers that somebody else keeps: `read` is called on this loop as long as this lives. To be called
  // before Start.
  void AddReading(model::Family family, model::Labels labels, std::function<double()> read) {
    self_.AddReading(std::move(family), std::move(labels), std::move(read));
  }
  self::AgentMetrics& metrics() { return agent_metrics_; }  // Thread: any
  self::JobMetrics& job_metrics() { return job_metrics_; }  // Thread: any

  struct Status {
    std::vector<RuleProblems> rule_problems;
    std::vector<std::string> rule_errors;  // `group/rule: why` of the last evaluations
    std::string notify_problem;            // empty: all is well
  };
  Status GetStatus();

 private:
  void RefreshRules();
  exposition::Snapshots TakeWorld();
  std::shared_ptr<const storage::Queryable> DataAt(Instant at, exposition::Snapshots newest);
  void OnAlerts(const rule::GroupAlerts& group);
  void SampleHistory();
  void ArmHistory();
  notify::NotifyConfig NotifyConfigOf(const Config& config) const;

  EventLoop& loop_;
  FileSystem& files_;
  TelemetryOptions options_;
  kube::ZonedSchedules schedules_;
  kube::KubeRows kube_;
  cronjob::CronJobMetrics cronjobs_;
  self::SelfMetrics self_;
  self::AgentMetrics agent_metrics_;
  self::JobMetrics job_metrics_;
  RuleSet rules_;
  promql::KeepSet keep_;
  storage::Head history_;
  notify::Notifier notifier_;
  rule::RuleEngine engine_;
  rule::EngineSource engine_source_;
  Timer history_timer_;
};

}  // namespace belfry::cli
