#include "rules/notify/notifier.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"

namespace belfry::notify {

std::string NotifyStatus::Problem() const {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const ChannelStatus& channel : channels) {
    if (!channel.failing_since) continue;
    const std::string name = (channel.receiver.empty() ? "" : channel.receiver + "/") + channel.integration;
    add(name + " fails since " + FormatRfc3339Seconds(*channel.failing_since) + ": " + channel.last_error);
  }
  if (!state_error.empty()) add("the queue is not on disk: " + state_error);
  return text;
}

Notifier::Notifier(EventLoop& loop, http::HttpClient& client, FileSystem& files, NotifyConfig config,
                   std::string state_path, AttemptObserver observer)
    : loop_(loop),
      client_(client),
      files_(files),
      observer_(observer),
      dispatcher_(loop, client, files, std::move(state_path), observer) {
  CHECK(Validate(config).empty());
  Configure(config);
}

void Notifier::Configure(const NotifyConfig& config) {
  external_labels_ = config.external_labels;
  dispatcher_.Configure(config);
  auto before = std::exchange(pushes_, {});
  for (size_t i = 0; i < config.alertmanagers.size(); ++i) {
    const AlertmanagerConfig& wanted = config.alertmanagers[i];
    // One that stays keeps its queue.
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const auto& push) { return push && push->config() == wanted; });
    if (same != before.end()) {
      pushes_.push_back(std::move(*same));
      continue;
    }
    ChannelStatus status{.integration = "alertmanager[" + std::to_string(i) + "]"};
    pushes_.push_back(std::make_unique<AlertmanagerPush>(loop_, client_, files_, wanted, config.user_agent,
                                                         std::move(status), observer_));
  }
}

void Notifier::Start() { dispatcher_.Start(); }

void Notifier::OnAlerts(std::span<const rule::Alert* const> alerts, Duration interval) {
  dispatcher_.OnAlerts(alerts, interval);
  for (const auto& push : pushes_) push->OnAlerts(alerts, external_labels_, interval);
}

Result<void> Notifier::Reload(const NotifyConfig& config) {
  const std::vector<ConfigProblem> problems = Validate(config);
  if (problems.empty()) {
    Configure(config);
    return {};
  }
  std::string text = "notify:";
  for (const ConfigProblem& problem : problems) text += " " + problem.path + ": " + problem.message + ";";
  text.pop_back();
  return Error{Code::kInvalid, text};
}

NotifyStatus Notifier::Status() const {
  NotifyStatus status;
  dispatcher_.AddStatus(status);
  for (const auto& push : pushes_) status.channels.push_back(push->Status());
  for (const ChannelStatus& channel : status.channels) status.queue_length += channel.pending;
  return status;
}

}  // namespace belfry::notify
