#include "rules/notify/alertmanager_push.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/log.h"
#include "rules/notify/post_request.h"
#include "rules/notify/webhook.h"

namespace belfry::notify {
namespace {

using Json = nlohmann::ordered_json;

// What was told of an alert is forgotten when nothing has been heard of it for so long.
constexpr Duration kForgetAfter = hours(1);

// Statuses that say "not now"; every other 4xx says "not this", and sending it again would block the queue
// for ever. Alertmanager stores the good alerts of a batch it answers with 400.
bool WorthRetry(const Result<http::Response>& answer) {
  return !answer.ok() || answer->status / 100 == 5 || answer->status == 408 || answer->status == 429;
}

std::string PushUrl(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base + "/api/v2/alerts";
}

}  // namespace

bool NeedsPush(const rule::Alert& alert, const std::optional<LastPush>& last, Instant now) {
  if (alert.state == rule::AlertState::kPending) return false;
  if (!last || last->resolved != alert.resolved_at.has_value()) return true;
  return last->at + kResendDelay < now || last->at > now;  // the latter: the host's clock was set back
}

std::string PushJson(const Notice& notice) {
  Json json = {{"annotations", notice.annotations},
               {"endsAt", AlertTime(notice.ends_at.value_or(notice.expires_at))},
               {"startsAt", AlertTime(notice.starts_at)},
               {"generatorURL", notice.generator_url},
               {"labels", Json::object()}};
  for (const model::Label& label : notice.labels) json["labels"][label.name] = label.value;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

AlertmanagerPush::AlertmanagerPush(EventLoop& loop, http::HttpClient& client, const FileSystem& files,
                                   AlertmanagerConfig config, std::string user_agent, ChannelStatus status,
                                   AttemptObserver observer)
    : loop_(loop),
      client_(client),
      files_(files),
      config_(std::move(config)),
      user_agent_(std::move(user_agent)),
      status_(std::move(status)),
      observer_(std::move(observer)),
      random_(static_cast<uint64_t>(loop.Now().time_since_epoch().count())),
      retry_(loop) {}

void AlertmanagerPush::OnAlerts(std::span<const rule::Alert* const> alerts,
                                const std::map<std::string, std::string>& external, Duration interval) {
  const Instant now = loop_.Now();
  for (const rule::Alert* alert : alerts) {
    if (alert->state == rule::AlertState::kPending) continue;
    const Fingerprint fingerprint = alert->labels->Fingerprint();
    const auto it = last_push_.find(fingerprint);
    if (!NeedsPush(*alert, it == last_push_.end() ? std::nullopt : std::optional(it->second), now)) continue;
    last_push_[fingerprint] = {now, alert->resolved_at.has_value()};
    Enqueue(fingerprint, PushJson(MakeNotice(*alert, external, interval, now)));
  }
  std::erase_if(last_push_,
                [&](const auto& entry) { return entry.second.at + kForgetAfter + ValidFor(interval) < now; });
  SendNext();
}

void AlertmanagerPush::Enqueue(Fingerprint fingerprint, std::string json) {
  if (const auto it = queued_.find(fingerprint); it != queued_.end()) {
    it->second->json = std::move(json);
    it->second->version = next_version_++;
    return;
  }
  if (queue_.size() >= kPushQueue) {
    queued_.erase(queue_.front().fingerprint);
    queue_.pop_front();
    status_.dropped++;
  }
  queue_.push_back({fingerprint, next_version_++, std::move(json)});
  queued_[fingerprint] = std::prev(queue_.end());
}

void AlertmanagerPush::SendNext() {
  if (sending_ || retry_.armed() || queue_.empty()) return;
  Batch batch;
  std::string body = "[";
  for (const Item& item : queue_) {
    if (batch.size() == kPushBatch) break;
    if (!batch.empty()) body += ",";
    body += item.json;
    batch.emplace_back(item.fingerprint, item.version);
  }
  body += "]";
  auto request = MakePost(PushUrl(config_.url), config_.timeout, config_.http_config, user_agent_,
                          std::move(body), files_);
  if (!request.ok()) return Failed(batch, std::move(request).error());
  sending_ = true;
  client_.Send(*std::move(request),
               [this, weak = std::weak_ptr(alive_), batch](const Result<http::Response>& answer) {
                 if (weak.expired()) return;
                 sending_ = false;
                 OnAnswer(batch, answer);
               });
}

void AlertmanagerPush::OnAnswer(const Batch& batch, const Result<http::Response>& answer) {
  const bool success = answer.ok() && answer->status / 100 == 2;
  if (observer_) observer_("alertmanager", success);
  if (!success) return Failed(batch, answer);
  if (status_.failing_since)
    LogInfo("notify", "alertmanager takes alerts again", {{"to", status_.integration}});
  failures_ = 0;
  status_.failing_since.reset();
  status_.last_error.clear();
  status_.delivered += batch.size();
  Remove(batch);
  SendNext();
}

// Those that have not changed since they were sent.
void AlertmanagerPush::Remove(const Batch& batch) {
  for (const auto& [fingerprint, version] : batch) {
    const auto it = queued_.find(fingerprint);
    if (it == queued_.end() || it->second->version != version) continue;
    queue_.erase(it->second);
    queued_.erase(it);
  }
}

void AlertmanagerPush::Failed(const Batch& batch, const Result<http::Response>& answer) {
  ++failures_;
  ++status_.failures;
  status_.last_error = WhatWentWrong(answer);
  if (!status_.failing_since) {
    status_.failing_since = loop_.Now();
    LogWarn("notify", "alertmanager does not take alerts",
            {{"to", status_.integration}, {"cause", status_.last_error}});
  }
  if (!WorthRetry(answer)) {
    status_.dropped += batch.size();
    Remove(batch);
  }
  retry_.RunAfter(RetryDelay(failures_, random_), [this] { SendNext(); });
}

ChannelStatus AlertmanagerPush::Status() const {
  ChannelStatus status = status_;
  status.pending = queue_.size();
  return status;
}

}  // namespace belfry::notify
