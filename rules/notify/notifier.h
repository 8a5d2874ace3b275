// Tells receivers of alerts: webhooks through a route tree, Alertmanagers by push.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/base/result.h"
#include "agent/http/client.h"
#include "rules/notify/alertmanager_push.h"
#include "rules/notify/config.h"
#include "rules/notify/dispatcher.h"
#include "rules/notify/status.h"

namespace belfry::notify {

// Requires: what it is given outlives it. Thread: the loop's (telemetry).
class Notifier {
 public:
  // `state_path`: the queue that survives a restart (docs/formats/notify-queue.md); its folder is made if it
  // is missing.
  Notifier(EventLoop& loop, http::HttpClient& client, FileSystem& files, NotifyConfig config,
           std::string state_path, AttemptObserver observer = {});

  // Takes up what the run before left: call it once the alerts of that run are about to be evaluated again.
  void Start();
  // Every pending, firing and resolved alert of a group after each of its evaluations, `interval` apart. An
  // alert that is not named for four intervals is taken as resolved. Errors are not reported here but in
  // Status.
  void OnAlerts(std::span<const rule::Alert* const> alerts, Duration interval);
  // Errors: kInvalid with every problem of the configuration; the old one stays.
  Result<void> Reload(const NotifyConfig& config);
  NotifyStatus Status() const;

 private:
  void Configure(const NotifyConfig& config);

  EventLoop& loop_;
  http::HttpClient& client_;
  FileSystem& files_;
  AttemptObserver observer_;
  std::map<std::string, std::string> external_labels_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<AlertmanagerPush>> pushes_;
};

}  // namespace belfry::notify
