#include "exporters/self/agent_metrics.h"

namespace belfry::self {
namespace {

// From a tenth of a millisecond to ten seconds.
const std::vector<double>& Bounds() {
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return bounds;
}

const char* ResultName(bool success) { return success ? "success" : "error"; }

}  // namespace

AgentMetrics::AgentMetrics(SelfMetrics& metrics)
    : log_dropped_bytes(metrics.GetCounter("belfry_log_dropped_bytes_total",
                                           "Output of containers that could not be kept, in bytes.")),
      manifest_errors(
          metrics.GetCounter("belfry_manifest_errors_total", "Readings of manifest files that failed.")),
      manifest_files_broken(metrics.GetGauge("belfry_manifest_files_broken",
                                             "Manifest files whose newest text is not applied.")),
      store_degraded(
          metrics.GetGauge("belfry_store_degraded", "Whether the store cannot make writes durable.")),
      metrics_(metrics) {
  for (const char* result : {"success", "error"}) {
    metrics_.GetCounter("belfry_store_commits_total", "Transactions of the store.", {{"result", result}});
    metrics_.GetCounter("belfry_scrapes_total", "Scrapes of /metrics.", {{"result", result}});
    metrics_.GetCounter("belfry_config_reloads_total", "Reloads of the configuration.", {{"result", result}});
  }
  for (const char* direction : {"forward", "backward"}) {
    metrics_.GetCounter("belfry_clock_jumps_total", "How often the host's clock was set.",
                        {{"direction", direction}});
  }
  metrics_.GetCounter("belfry_scrape_bytes_total", "Text sent to scrapers, in bytes.");
  metrics_.GetHistogram("belfry_scrape_duration_seconds", "How long a scrape took, in seconds.", Bounds());
  metrics_.GetHistogram("belfry_store_commit_duration_seconds", "How long a transaction took, in seconds.",
                        Bounds());
}

void AgentMetrics::Reconciled(const std::string& controller, bool success, double seconds) {
  metrics_
      .GetCounter("belfry_reconciles_total", "Looks of controllers at an object.",
                  {{"controller", controller}, {"result", ResultName(success)}})
      .Increment();
  metrics_
      .GetHistogram("belfry_reconcile_duration_seconds", "How long a look took, in seconds.", Bounds(),
                    {{"controller", controller}})
      .Observe(seconds);
}

void AgentMetrics::ScrapeDone(bool complete, double bytes, double seconds) {
  metrics_.GetCounter("belfry_scrapes_total", "Scrapes of /metrics.", {{"result", ResultName(complete)}})
      .Increment();
  metrics_.GetCounter("belfry_scrape_bytes_total", "Text sent to scrapers, in bytes.").Increment(bytes);
  metrics_.GetHistogram("belfry_scrape_duration_seconds", "How long a scrape took, in seconds.", Bounds())
      .Observe(seconds);
}

void AgentMetrics::NotificationSent(const std::string& integration, bool success) {
  metrics_
      .GetCounter("belfry_notifications_total", "Attempts to send a notification.",
                  {{"integration", integration}, {"result", ResultName(success)}})
      .Increment();
  metrics_.GetCounter("belfry_notifications_total", "Attempts to send a notification.",
                      {{"integration", integration}, {"result", ResultName(!success)}});
}

void AgentMetrics::StoreCommitted(bool success, double seconds) {
  metrics_
      .GetCounter("belfry_store_commits_total", "Transactions of the store.",
                  {{"result", ResultName(success)}})
      .Increment();
  metrics_
      .GetHistogram("belfry_store_commit_duration_seconds", "How long a transaction took, in seconds.",
                    Bounds())
      .Observe(seconds);
  store_degraded.Set(success ? 0 : 1);
}

void AgentMetrics::ConfigReloaded(bool success, double unix_seconds) {
  metrics_
      .GetCounter("belfry_config_reloads_total", "Reloads of the configuration.",
                  {{"result", ResultName(success)}})
      .Increment();
  metrics_
      .GetGauge("belfry_config_last_reload_successful", "Whether the newest configuration file is in use.")
      .Set(success ? 1 : 0);
  if (success) {
    metrics_
        .GetGauge("belfry_config_last_reload_success_timestamp_seconds",
                  "When a configuration was last taken, in unix seconds.")
        .Set(unix_seconds);
  }
}

void AgentMetrics::ClockSet(double seconds) {
  metrics_
      .GetCounter("belfry_clock_jumps_total", "How often the host's clock was set.",
                  {{"direction", seconds < 0 ? "backward" : "forward"}})
      .Increment();
}

}  // namespace belfry::self
