#include "rules/notify/dispatcher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/base/log.h"

namespace belfry::notify {
namespace {

std::string TargetName(const std::string& receiver, size_t index) {
  return receiver + "/webhook[" + std::to_string(index) + "]";
}

}  // namespace

Dispatcher::Dispatcher(EventLoop& loop, http::HttpClient& client, FileSystem& files, std::string state_path,
                       AttemptObserver observer)
    : loop_(loop),
      client_(client),
      files_(files),
      observer_(std::move(observer)),
      random_(static_cast<uint64_t>(loop.Now().time_since_epoch().count())),
      log_(files, std::move(state_path)),
      wake_(loop) {}

void Dispatcher::Configure(const NotifyConfig& config) {
  config_ = config;
  routing_ = config.route ? Routing(*config.route) : Routing();
  std::map<std::string, Target> targets;
  for (const Receiver& receiver : config.receivers) {
    for (size_t i = 0; i < receiver.webhook_configs.size(); ++i) {
      const std::string name = TargetName(receiver.name, i);
      const auto old = targets_.find(name);
      if (old != targets_.end() && old->second.config == receiver.webhook_configs[i]) {
        targets.insert(targets_.extract(old));
        continue;
      }
      Target& target = targets[name];
      target.config = receiver.webhook_configs[i];
      target.status.receiver = receiver.name;
      target.status.integration = "webhook[" + std::to_string(i) + "]";
    }
  }
  for (const auto& [name, gone] : targets_) {
    std::erase_if(active_, [&which = name](const auto& entry) { return entry.first.second == which; });
    std::erase_if(deliveries_,
                  [&which = name](const auto& entry) { return entry.second->key.second == which; });
  }
  targets_ = std::move(targets);
  const auto before = std::exchange(groups_, {});
  memberships_.clear();
  for (const auto& [fingerprint, notice] : state_.notices) Admit(fingerprint, notice, loop_.Now());
  for (auto& [key, group] : groups_) {
    const auto old = before.find(key);
    if (old == before.end()) continue;
    group.next_flush = old->second.next_flush;
    group.flushed = old->second.flushed;
    group.overdue = old->second.overdue;
  }
  ForgetLost();
  if (!before.empty()) Wake();
}

// What the routes of today have no group for.
void Dispatcher::ForgetLost() {
  std::erase_if(state_.notices, [this](const auto& entry) {
    if (memberships_.contains(entry.first)) return false;
    log_.Append(EncodeDrop(entry.first));
    return true;
  });
  std::set<std::string> lost;
  for (const auto& [key, entry] : state_.sent) {
    if (!groups_.contains(key.first)) lost.insert(key.first);
  }
  for (const std::string& group : lost) ForgetGroup(group);
}

void Dispatcher::ForgetGroup(const std::string& group_key) {
  state_.Forget(group_key);
  log_.Append(EncodeForget(group_key));
}

void Dispatcher::Start() {
  if (const auto loaded = log_.Load(&state_); !loaded.ok()) {
    ++state_failures_;
    state_error_ = loaded.error().message;
    LogError("notify", "cannot keep the notification queue on disk", {{"cause", loaded.error()}});
  }
  const Instant now = loop_.Now();
  for (auto& [fingerprint, notice] : state_.notices) {
    notice.expires_at = now + notice.valid_for;
    Admit(fingerprint, notice, now);
  }
  ForgetLost();
  loop_.Post([this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) Wake();
  });
}

void Dispatcher::OnAlerts(std::span<const rule::Alert* const> alerts, Duration interval) {
  if (routing_.nodes().empty()) return;
  const Instant now = loop_.Now();
  for (const rule::Alert* alert : alerts) {
    if (alert->state != rule::AlertState::kPending) Take(*alert, interval, now);
  }
  Wake();
}

// The common case of thousands of alerts that go on as they were: nothing is copied.
bool Dispatcher::Refresh(const rule::Alert& alert, Duration interval, Instant now) {
  if (!config_.external_labels.empty() || alert.resolved_at) return false;
  const auto known = state_.notices.find(alert.labels->Fingerprint());
  if (known == state_.notices.end() || !known->second.firing()) return false;
  Notice& notice = known->second;
  if (notice.annotations != *alert.annotations) notice.annotations = *alert.annotations;
  notice.valid_for = ValidFor(interval);
  notice.expires_at = now + notice.valid_for;
  return true;
}

void Dispatcher::Take(const rule::Alert& alert, Duration interval, Instant now) {
  if (Refresh(alert, interval, now)) return;
  Notice fresh = MakeNotice(alert, config_.external_labels, interval, now);
  const Fingerprint fingerprint = fresh.labels.Fingerprint();
  const auto known = state_.notices.find(fingerprint);
  Merged merged = MergeNotice(known == state_.notices.end() ? nullptr : &known->second, std::move(fresh));
  if (!merged.notice) return;
  const Notice& kept = state_.notices.insert_or_assign(fingerprint, *std::move(merged.notice)).first->second;
  if (merged.news == News::kNone) return;
  log_.Append(EncodeNotice(kept));
  Admit(fingerprint, kept, now);
}

void Dispatcher::Admit(Fingerprint fingerprint, const Notice& notice, Instant now) {
  for (const size_t route : routing_.Match(notice.labels)) {
    const RouteNode& node = routing_.node(route);
    model::Labels labels = GroupLabels(node, notice.labels);
    const std::string key = GroupKey(node, labels);
    std::optional<Instant> told;
    for (const std::string& target : TargetsOf(Group{.route = route})) {
      if (const SentEntry* last = LastTold({key, target})) told = std::max(told.value_or(last->at), last->at);
    }
    const Instant first = FirstFlush(node, notice.starts_at, told, now);
    const auto [it, created] = groups_.try_emplace(key);
    Group& group = it->second;
    if (created) group = {.key = key, .route = route, .labels = std::move(labels), .next_flush = first};
    if (!group.flushed) group.next_flush = std::min(group.next_flush, first);
    if (group.members.insert(fingerprint).second) memberships_[fingerprint]++;
  }
}

void Dispatcher::Expire(Instant now) {
  for (auto& [fingerprint, notice] : state_.notices) {
    if (!notice.firing() || notice.expires_at > now) continue;
    notice.ends_at = notice.expires_at;
    log_.Append(EncodeNotice(notice));
  }
}

void Dispatcher::Wake() {
  const Instant now = loop_.Now();
  Expire(now);
  Commit();  // before anything is sent: a crash from here on still delivers
  std::vector<std::string> due;
  for (auto& [key, group] : groups_) {
    group.next_flush = BoundFlush(routing_.node(group.route), group.next_flush, now);
    if (group.next_flush <= now) due.push_back(key);
  }
  for (const std::string& key : due) {
    // A flush may end another delivery for good, and with it its group.
    if (const auto group = groups_.find(key); group != groups_.end()) Flush(group->second, now);
  }
  Arm();
}

void Dispatcher::Arm() {
  std::optional<Instant> next;
  const auto earlier = [&](Instant t) { next = std::min(next.value_or(t), t); };
  for (const auto& [key, group] : groups_) earlier(group.next_flush);
  for (const auto& [fingerprint, notice] : state_.notices) {
    if (notice.firing()) earlier(notice.expires_at);
  }
  if (next) {
    wake_.RunAt(*next, [this] { Wake(); });
  } else {
    wake_.Cancel();
  }
}

void Dispatcher::Flush(Group& group, Instant now) {
  group.flushed = true;
  group.overdue = false;
  group.next_flush = NextFlush(routing_.node(group.route), now);
  for (const std::string& target : TargetsOf(group)) {
    if (active_.contains({group.key, target})) {
      group.overdue = true;
      continue;
    }
    const Telling telling = Decide(group, target, now);
    if (telling == Telling::kRecord) Record({group.key, target}, View(group), now);
    if (telling == Telling::kSend) StartDelivery(group, target, now);
  }
  Settle(group.key);
}

// Resolved alerts leave a group once there is nobody left to tell; a group without alerts goes.
void Dispatcher::Settle(const std::string& group_key) {
  const auto it = groups_.find(group_key);
  if (it == groups_.end() || !it->second.flushed) return;
  Group& group = it->second;
  for (const std::string& target : TargetsOf(group)) {
    if (active_.contains({group_key, target})) return;
    if (Decide(group, target, loop_.Now()) != Telling::kNothing) return;
  }
  for (const Fingerprint fingerprint : View(group).resolved) {
    group.members.erase(fingerprint);
    if (--memberships_[fingerprint] > 0) continue;
    memberships_.erase(fingerprint);
    state_.notices.erase(fingerprint);
    log_.Append(EncodeDrop(fingerprint));
  }
  if (group.members.empty()) {
    ForgetGroup(group_key);
    groups_.erase(it);
  }
  CommitSoon();
}

GroupView Dispatcher::View(const Group& group) const {
  GroupView view;
  for (const Fingerprint fingerprint : group.members) {
    (state_.notices.at(fingerprint).firing() ? view.firing : view.resolved).push_back(fingerprint);
  }
  return view;
}

std::vector<std::string> Dispatcher::TargetsOf(const Group& group) const {
  const std::string& receiver = routing_.node(group.route).receiver;
  std::vector<std::string> names;
  for (size_t i = 0; targets_.contains(TargetName(receiver, i)); ++i)
    names.push_back(TargetName(receiver, i));
  return names;
}

const SentEntry* Dispatcher::LastTold(const SentKey& key) const {
  const auto it = state_.sent.find(key);
  return it == state_.sent.end() ? nullptr : &it->second;
}

Telling Dispatcher::Decide(const Group& group, const std::string& target, Instant now) const {
  return DecideTelling(View(group), LastTold({group.key, target}), targets_.at(target).config.send_resolved,
                       routing_.node(group.route).repeat_interval, now);
}

void Dispatcher::Record(const SentKey& key, const GroupView& view, Instant at) {
  const SentEntry entry{at, view.firing, view.resolved};
  log_.Append(EncodeSent(key, entry));
  state_.sent.insert_or_assign(key, entry);
  CommitSoon();
}

void Dispatcher::Commit() {
  const auto committed = log_.Commit(state_);
  if (committed.ok()) {
    state_error_.clear();
    return;
  }
  // Telling goes on: a full disk must not silence the alert about it.
  ++state_failures_;
  if (state_error_.empty()) {
    LogError("notify", "cannot keep the notification queue on disk", {{"cause", committed.error()}});
  }
  state_error_ = committed.error().message;
}

void Dispatcher::CommitSoon() {
  if (!log_.dirty() || std::exchange(commit_posted_, true)) return;
  loop_.Post([this, weak = std::weak_ptr(alive_)] {
    if (weak.expired()) return;
    commit_posted_ = false;
    Commit();
  });
}

void Dispatcher::AddStatus(NotifyStatus& status) const {
  for (const auto& [name, target] : targets_) {
    status.channels.push_back(target.status);
    const auto mine = [&which = name](const auto& entry) { return entry.first.second == which; };
    status.channels.back().pending = static_cast<size_t>(std::count_if(active_.begin(), active_.end(), mine));
  }
  status.alerts = state_.notices.size();
  status.groups = groups_.size();
  status.state_failures = state_failures_;
  status.state_error = state_error_;
}

}  // namespace belfry::notify
