// The part of Dispatcher that sends: attempts, their answers, and trying again.
#include <algorithm>
#include <utility>

#include "agent/base/log.h"
#include "rules/notify/dispatcher.h"
#include "rules/notify/post_request.h"

namespace belfry::notify {
namespace {

// Of one webhook. Ten thousand groups falling due at once are not ten thousand connections.
constexpr size_t kMaxInFlight = 8;

}  // namespace

void Dispatcher::StartDelivery(const Group& group, const std::string& target, Instant now) {
  const RouteNode& route = routing_.node(group.route);
  auto delivery = std::make_unique<Delivery>(loop_, SentKey(group.key, target));
  delivery->view = View(group);
  delivery->flushed_at = now;
  delivery->deadline = now + FlushDeadline(route);
  const WebhookConfig& webhook = targets_.at(target).config;
  WebhookMessage message{.receiver = route.receiver,
                         .group_key = group.key,
                         .external_url = config_.external_url,
                         .group_labels = group.labels,
                         .max_alerts = webhook.max_alerts};
  const auto add = [&](Fingerprint fingerprint) {
    message.notices.push_back(state_.notices.at(fingerprint));
  };
  std::for_each(delivery->view.firing.begin(), delivery->view.firing.end(), add);
  if (webhook.send_resolved)
    std::for_each(delivery->view.resolved.begin(), delivery->view.resolved.end(), add);
  delivery->body = WebhookBody(message);
  const uint64_t id = next_delivery_++;
  active_[delivery->key] = id;
  deliveries_.emplace(id, std::move(delivery));
  targets_.at(target).waiting.push_back(id);
  StartWaiting(target);
}

void Dispatcher::StartWaiting(const std::string& target_name) {
  const auto it = targets_.find(target_name);
  if (it == targets_.end()) return;
  Target& target = it->second;
  while (target.in_flight < kMaxInFlight && !target.waiting.empty()) {
    const uint64_t id = target.waiting.front();
    target.waiting.pop_front();
    if (deliveries_.contains(id)) Attempt(id);
  }
}

void Dispatcher::Attempt(uint64_t id) {
  const Delivery& delivery = *deliveries_.at(id);
  const std::string name = delivery.key.second;
  Target& target = targets_.at(name);
  const Duration left = delivery.deadline - loop_.Now();
  if (left <= Duration(0)) {
    const Error late{Code::kTimeout, "not delivered before the group's next time"};
    return Failed(id, late, Verdict::kNextTime);
  }
  auto request = MakePost(target.config.url, std::min(target.config.timeout, left), target.config.http_config,
                          config_.user_agent, delivery.body, files_);
  if (!request.ok()) return Failed(id, std::move(request).error(), Verdict::kRetry);
  ++target.in_flight;
  client_.Send(*std::move(request),
               [this, weak = std::weak_ptr(alive_), id, name](const Result<http::Response>& answer) {
                 if (!weak.expired()) OnAnswer(id, name, answer);
               });
}

void Dispatcher::OnAnswer(uint64_t id, const std::string& target_name, const Result<http::Response>& answer) {
  const auto it = deliveries_.find(id);
  if (it == deliveries_.end()) return;  // of a webhook that the configuration has no more
  Target& target = targets_.at(target_name);
  --target.in_flight;
  const Verdict verdict = JudgeWebhook(answer);
  if (observer_) observer_("webhook", verdict == Verdict::kDelivered);
  if (verdict == Verdict::kDelivered) {
    if (target.status.failing_since)
      LogInfo("notify", "webhook takes notifications again", {{"to", target_name}});
    target.status.failing_since.reset();
    target.status.last_error.clear();
    ++target.status.delivered;
    const Delivery& delivery = *it->second;
    if (groups_.contains(delivery.key.first)) Record(delivery.key, delivery.view, delivery.flushed_at);
    Finish(id);
  } else {
    Failed(id, answer, verdict);
  }
  StartWaiting(target_name);
}

void Dispatcher::Failed(uint64_t id, const Result<http::Response>& answer, Verdict verdict) {
  Delivery& delivery = *deliveries_.at(id);
  const std::string name = delivery.key.second;
  Target& target = targets_.at(name);
  ++target.status.failures;
  target.status.last_error = WhatWentWrong(answer);
  if (!target.status.failing_since) {
    target.status.failing_since = loop_.Now();
    LogWarn("notify", "webhook does not take notifications",
            {{"to", name}, {"cause", target.status.last_error}});
  }
  if (verdict == Verdict::kNextTime) return Finish(id);
  const Duration delay = RetryDelay(++delivery.failures, random_);
  const Duration left = delivery.deadline - loop_.Now();
  if (delay >= left) {  // not at once: the next flush, which may be overdue, would try without any delay
    delivery.retry.RunAfter(std::max(left, Duration(0)), [this, id] { Finish(id); });
    return;
  }
  delivery.retry.RunAfter(delay, [this, id, name] {
    targets_.at(name).waiting.push_back(id);
    StartWaiting(name);
  });
}

// Delivered or given up. What was not told stays so: the group's next flush tells it.
void Dispatcher::Finish(uint64_t id) {
  const auto node = deliveries_.extract(id);
  const std::string group_key = node.mapped()->key.first;
  active_.erase(node.mapped()->key);
  Settle(group_key);
  const auto group = groups_.find(group_key);
  if (group == groups_.end() || !group->second.overdue) return;
  group->second.next_flush = loop_.Now();
  wake_.RunAfter(Duration(0), [this] { Wake(); });
}

}  // namespace belfry::notify
