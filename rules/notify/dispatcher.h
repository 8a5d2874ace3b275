// Alerts to webhooks: groups them, tells each receiver, tries again, and knows after a restart what was told.
// Source: Alertmanager's dispatcher and notification pipeline (docs/notifications.md).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/base/random.h"
#include "agent/http/client.h"
#include "rules/notify/config.h"
#include "rules/notify/delivery_log.h"
#include "rules/notify/group_state.h"
#include "rules/notify/routing.h"
#include "rules/notify/status.h"
#include "rules/notify/webhook.h"

namespace belfry::notify {

// Delivery is at least once: what fires is on disk before it is sent, that it was told is on disk right
// after. A crash between the two tells again. Requires: what it is given outlives it. Thread: the loop's.
class Dispatcher {
 public:
  Dispatcher(EventLoop& loop, http::HttpClient& client, FileSystem& files, std::string state_path,
             AttemptObserver observer);

  // Requires: Validate found nothing. Groups and what was told of them stay where their keys do; deliveries
  // under way go on where their webhook is unchanged.
  void Configure(const NotifyConfig& config);
  // Takes up what the run before left. Call once, after Configure.
  void Start();
  void OnAlerts(std::span<const rule::Alert* const> alerts, Duration interval);
  // Adds its part.
  void AddStatus(NotifyStatus& status) const;

 private:
  // One webhook of one receiver.
  struct Target {
    WebhookConfig config;
    ChannelStatus status;
    size_t in_flight = 0;
    std::deque<uint64_t> waiting;  // deliveries
  };
  // One notification until it is delivered or given up.
  struct Delivery {
    Delivery(EventLoop& loop, SentKey k) : key(std::move(k)), retry(loop) {}
    SentKey key;  // group, target
    GroupView view;
    Instant flushed_at;
    Instant deadline;
    std::string body;
    int failures = 0;
    Timer retry;
  };

  bool Refresh(const rule::Alert& alert, Duration interval, Instant now);
  void Take(const rule::Alert& alert, Duration interval, Instant now);
  void Admit(Fingerprint fingerprint, const Notice& notice, Instant now);
  void ForgetLost();
  void ForgetGroup(const std::string& group_key);
  void Expire(Instant now);
  void Wake();
  void Arm();
  void Flush(Group& group, Instant now);
  void Settle(const std::string& group_key);
  GroupView View(const Group& group) const;
  std::vector<std::string> TargetsOf(const Group& group) const;
  const SentEntry* LastTold(const SentKey& key) const;
  Telling Decide(const Group& group, const std::string& target, Instant now) const;

  void StartDelivery(const Group& group, const std::string& target, Instant now);
  void Attempt(uint64_t id);
  void OnAnswer(uint64_t id, const std::string& target, const Result<http::Response>& answer);
  void Failed(uint64_t id, const Result<http::Response>& answer, Verdict verdict);
  void Finish(uint64_t id);
  void StartWaiting(const std::string& target);
  void Record(const SentKey& key, const GroupView& view, Instant at);
  void Commit();
  void CommitSoon();

  EventLoop& loop_;
  http::HttpClient& client_;
  FileSystem& files_;
  AttemptObserver observer_;
  SeededRandom random_;

  NotifyConfig config_;
  Routing routing_;
  std::map<std::string, Target> targets_;  // by `receiver/webhook[0]`
  DeliveryState state_;
  DeliveryLog log_;
  uint64_t state_failures_ = 0;
  std::string state_error_;
  bool commit_posted_ = false;

  std::map<std::string, Group> groups_;
  std::unordered_map<Fingerprint, size_t> memberships_;  // in how many groups
  uint64_t next_delivery_ = 1;
  std::map<uint64_t, std::unique_ptr<Delivery>> deliveries_;
  std::map<SentKey, uint64_t> active_;
  Timer wake_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::notify
