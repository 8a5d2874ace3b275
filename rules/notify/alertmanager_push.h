// Alerts pushed to an Alertmanager, as Prometheus does.
// Source: Prometheus' notifier (docs/notifications.md); differs where it loses alerts: a failed batch is sent
// again, and what is queued is replaced by newer news of the same alert.
#pragma once

#include <deque>
#include <list>
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
#include "rules/notify/notice.h"
#include "rules/notify/status.h"

namespace belfry::notify {

inline constexpr Duration kResendDelay = minutes(1);
inline constexpr size_t kPushBatch = 64;
inline constexpr size_t kPushQueue = 10'000;

// What was last told of an alert.
struct LastPush {
  Instant at;
  bool resolved = false;
};

// Whether an alert is to be told again: its end if that was not told, else once the resend delay is over.
// Pending ones never.
bool NeedsPush(const rule::Alert& alert, const std::optional<LastPush>& last, Instant now);

// An alert of `/api/v2/alerts`.
std::string PushJson(const Notice& notice);

// Requires: what it is given outlives it. Thread: the loop's.
class AlertmanagerPush {
 public:
  AlertmanagerPush(EventLoop& loop, http::HttpClient& client, const FileSystem& files,
                   AlertmanagerConfig config, std::string user_agent, ChannelStatus status,
                   AttemptObserver observer);

  void OnAlerts(std::span<const rule::Alert* const> alerts,
                const std::map<std::string, std::string>& external, Duration interval);
  ChannelStatus Status() const;
  const AlertmanagerConfig& config() const { return config_; }

 private:
  struct Item {
    Fingerprint fingerprint;
    uint64_t version;
    std::string json;
  };
  using Queue = std::list<Item>;
  using Batch = std::vector<std::pair<Fingerprint, uint64_t>>;

  void Enqueue(Fingerprint fingerprint, std::string json);
  void SendNext();
  void OnAnswer(const Batch& batch, const Result<http::Response>& answer);
  void Remove(const Batch& batch);
  void Failed(const Batch& batch, const Result<http::Response>& answer);

  EventLoop& loop_;
  http::HttpClient& client_;
  const FileSystem& files_;
  AlertmanagerConfig config_;
  std::string user_agent_;
  ChannelStatus status_;
  AttemptObserver observer_;
  SeededRandom random_;

  Queue queue_;
  std::unordered_map<Fingerprint, Queue::iterator> queued_;
  std::unordered_map<Fingerprint, LastPush> last_push_;
  uint64_t next_version_ = 1;
  bool sending_ = false;
  int failures_ = 0;  // in a row
  Timer retry_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::notify
