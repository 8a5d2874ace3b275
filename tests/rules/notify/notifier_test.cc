#include "rules/notify/notifier.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "agent/http/fake_http_client.h"

namespace belfry::notify {
namespace {

using Json = nlohmann::json;
using http::FakeHttpClient;

const std::string kPath = "/data/notify/queue";

// A rule engine that says every minute what fires, a notifier, and receivers by script. Crash() is kill -9:
// only the files stay.
class NotifierTest : public testing::Test {
 protected:
  NotifierTest() {
    config.route = Route{.receiver = "hook", .group_by = {{"alertname"}}};
    config.receivers = {{.name = "hook", .webhook_configs = {{.url = "http://hook/"}}}};
    client.answer = [this](const http::ClientRequest& request) { return world(request); };
  }

  void Start() {
    notifier = std::make_unique<Notifier>(loop, client, files, config, kPath);
    notifier->Start();
    loop.RunUntilIdle();
  }
  void Crash() {
    notifier.reset();
    loop.Drop();
  }
  void Fire(const std::string& name, const std::string& job = "j") {
    rule::Alert& alert = alerts[name + "/" + job];
    alert = {.labels = model::Labels{{"alertname", name}, {"job_name", job}},
             .annotations = std::map<std::string, std::string>{{"summary", "s"}},
             .state = rule::AlertState::kFiring,
             .active_at = loop.Now(),
             .fired_at = loop.Now()};
  }
  void Resolve(const std::string& name, const std::string& job = "j") {
    rule::Alert& alert = alerts.at(name + "/" + job);
    alert.state = rule::AlertState::kInactive;
    alert.resolved_at = loop.Now();
  }
  void Evaluate() {
    std::vector<const rule::Alert*> list;
    for (const auto& [key, alert] : alerts) list.push_back(&alert);
    notifier->OnAlerts(list, minutes(1));
    loop.RunUntilIdle();
    loop.Advance(Duration(0));
  }
  // Time passes, with an evaluation every minute.
  void Run(Duration time) {
    for (const Instant end = loop.Now() + time; loop.Now() < end;) {
      loop.AdvanceTo(std::min(end, loop.Now() + minutes(1)));
      Evaluate();
    }
  }

  // What was sent, as "firing A/j,B/j" for each request that the world answered with 2xx.
  std::vector<std::string> Told() const {
    std::vector<std::string> out;
    for (const auto& body : delivered) {
      const Json json = Json::parse(body);
      std::string text = json["status"];
      for (const Json& alert : json["alerts"]) {
        text += " " + alert["labels"]["alertname"].get<std::string>() + "/" +
                alert["labels"]["job_name"].get<std::string>() +
                (alert["status"] == json["status"] ? "" : "(" + alert["status"].get<std::string>() + ")");
      }
      out.push_back(text);
    }
    return out;
  }
  FakeHttpClient::Answer Ok(const http::ClientRequest& request) {
    delivered.push_back(request.body);
    return {http::Response{200}};
  }
  using List = std::vector<std::string>;

  FakeEventLoop loop{FromUnixSeconds(1'700'000'000)};
  FakeFileSystem files;
  FakeHttpClient client{loop};
  NotifyConfig config;
  std::map<std::string, rule::Alert> alerts;
  std::vector<std::string> delivered;
  std::function<FakeHttpClient::Answer(const http::ClientRequest&)> world = [this](const auto& r) {
    return Ok(r);
  };
  std::unique_ptr<Notifier> notifier;
};

TEST_F(NotifierTest, GroupsForGroupWaitThenTellsFiringAndResolvedOnceEach) {
  Start();
  Fire("A", "1");
  Evaluate();
  loop.Advance(seconds(20));
  Fire("A", "2");
  Evaluate();
  EXPECT_EQ(Told(), List{});
  loop.Advance(seconds(10));
  EXPECT_EQ(Told(), List{"firing A/1 A/2"});
  Run(minutes(20));
  EXPECT_EQ(Told().size(), 1U);
  Resolve("A", "1");
  Run(minutes(5));
  EXPECT_EQ(Told().back(), "firing A/1(resolved) A/2");
  Resolve("A", "2");
  Run(minutes(10));
  EXPECT_EQ(Told().size(), 3U);
  EXPECT_EQ(Told().back(), "resolved A/2");
  EXPECT_EQ(notifier->Status().groups, 0U);
  EXPECT_EQ(notifier->Status().alerts, 0U);
}

TEST_F(NotifierTest, GroupWaitZeroTellsInTheSameTurn) {
  config.route->group_wait = Duration(0);
  Start();
  Fire("A");
  Evaluate();
  EXPECT_EQ(Told(), List{"firing A/j"});
  EXPECT_EQ(client.sent.front().at, loop.Now());
}

TEST_F(NotifierTest, PendingIsToldToNobody) {
  Start();
  Fire("A");
  alerts.at("A/j").state = rule::AlertState::kPending;
  Run(minutes(10));
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(NotifierTest, ResolvedBeforeGroupWaitIsToldToNobody) {
  Start();
  Fire("A");
  Evaluate();
  loop.Advance(seconds(10));
  Resolve("A");
  Evaluate();
  Run(minutes(10));
  EXPECT_TRUE(client.sent.empty());
  EXPECT_EQ(notifier->Status().alerts, 0U);
}

TEST_F(NotifierTest, RepeatsAfterRepeatInterval) {
  Start();
  Fire("A");
  Evaluate();
  Run(hours(4) + minutes(1));
  EXPECT_EQ(Told().size(), 2U);
  EXPECT_EQ(client.sent[1].at - client.sent[0].at, hours(4));
}

TEST_F(NotifierTest, SendResolvedFalseTellsFiringOnly) {
  config.receivers[0].webhook_configs[0].send_resolved = false;
  Start();
  Fire("A");
  Run(minutes(5));
  Resolve("A");
  Run(minutes(10));
  EXPECT_EQ(Told(), List{"firing A/j"});
  EXPECT_EQ(notifier->Status().alerts, 0U);
  Fire("A");
  Run(minutes(5));
  EXPECT_EQ(Told(), (List{"firing A/j", "firing A/j"}));
}

TEST_F(NotifierTest, DeadWebhookIsRetriedAndSaidInStatus) {
  world = [](const auto&) -> FakeHttpClient::Answer {
    return {Error{Code::kUnavailable, "POST http://hook:80: refused"}};
  };
  Start();
  Fire("A");
  Evaluate();
  Run(minutes(3));
  EXPECT_GT(client.sent.size(), 5U);
  EXPECT_LT(client.sent.size(), 30U);
  const NotifyStatus status = notifier->Status();
  EXPECT_EQ(status.queue_length, 1U);
  EXPECT_EQ(status.channels[0].failures, client.sent.size());
  EXPECT_EQ(status.Problem(),
            "hook/webhook[0] fails since 2023-11-14T22:13:50Z: POST http://hook:80: refused");
  world = [this](const auto& r) { return Ok(r); };
  Run(minutes(2));
  EXPECT_EQ(Told(), List{"firing A/j"});
  EXPECT_EQ(notifier->Status().Problem(), "");
  Run(hours(1));
  EXPECT_EQ(Told().size(), 1U);
}

TEST_F(NotifierTest, HangingWebhookTimesOutAndIsTriedAgain) {
  world = [](const auto&) -> FakeHttpClient::Answer { return {http::Response{200}, FakeHttpClient::kNever}; };
  Start();
  Fire("A");
  Evaluate();
  loop.Advance(seconds(30 + 15));
  ASSERT_EQ(client.sent.size(), 2U);
  EXPECT_GE(client.sent[1].at - client.sent[0].at, seconds(10));
  EXPECT_NE(notifier->Status().Problem().find("no answer within 10s"), std::string::npos);
  world = [this](const auto& r) { return Ok(r); };
  Run(minutes(1));
  EXPECT_EQ(Told(), List{"firing A/j"});
}

TEST_F(NotifierTest, RefusalWaitsForTheNextTimeOfTheGroup) {
  for (const int status : {301, 400, 404, 408, 429}) {
    client.sent.clear();
    delivered.clear();
    world = [status](const auto&) -> FakeHttpClient::Answer { return {http::Response{status}}; };
    Start();
    Fire("A", std::to_string(status));
    Evaluate();
    loop.Advance(seconds(30));
    EXPECT_EQ(client.sent.size(), 1U) << status;
    Run(minutes(4));
    EXPECT_EQ(client.sent.size(), 1U) << status;
    world = [this](const auto& r) { return Ok(r); };
    Run(minutes(2));
    EXPECT_EQ(Told().size(), 1U) << status;
    Crash();
    files = FakeFileSystem();
    alerts.clear();
  }
}

TEST_F(NotifierTest, ServerErrorsAreRetriedAsMeasured) {
  config.route->group_interval = seconds(6);
  world = [](const auto&) -> FakeHttpClient::Answer { return {http::Response{500}}; };
  Start();
  Fire("A");
  Evaluate();
  loop.Advance(seconds(30) + seconds(9));
  const size_t within_the_deadline = client.sent.size();
  EXPECT_GE(within_the_deadline, 4U);
  EXPECT_LE(within_the_deadline, 9U);
  for (size_t i = 2; i < within_the_deadline; ++i) {
    EXPECT_GE(client.sent[i].at - client.sent[i - 1].at, milliseconds(250));
  }
  Run(minutes(1));
  EXPECT_GT(client.sent.size(), within_the_deadline) << "the next time starts over";
}

TEST_F(NotifierTest, ResolvedWhileTheReceiverIsDownIsToldAfterwards) {
  Start();
  Fire("A");
  Run(minutes(2));
  ASSERT_EQ(Told(), List{"firing A/j"});
  world = [](const auto&) -> FakeHttpClient::Answer { return {Error{Code::kUnavailable, "refused"}}; };
  Resolve("A");
  Run(minutes(30));
  alerts.clear();  // the engine keeps the resolved for 15 minutes only
  Run(minutes(30));
  world = [this](const auto& r) { return Ok(r); };
  Run(minutes(10));
  EXPECT_EQ(Told(), (List{"firing A/j", "resolved A/j"}));
}

TEST_F(NotifierTest, CrashBetweenFireAndDeliveryStillDelivers) {
  world = [](const auto&) -> FakeHttpClient::Answer { return {http::Response{503}}; };
  config.route->group_wait = Duration(0);
  Start();
  Fire("A");
  Evaluate();
  ASSERT_EQ(client.sent.size(), 1U);
  Crash();
  world = [this](const auto& r) { return Ok(r); };
  Start();  // and the engine has not evaluated yet
  loop.Advance(seconds(1));
  EXPECT_EQ(Told(), List{"firing A/j"});
  Run(minutes(30));
  EXPECT_EQ(Told().size(), 1U);
}

TEST_F(NotifierTest, RestartDoesNotTellTwiceAndTellsTheEnd) {
  Start();
  Fire("A");
  Run(minutes(2));
  for (int i = 0; i < 5; ++i) {
    Crash();
    Start();
    Run(minutes(3));
  }
  EXPECT_EQ(Told(), List{"firing A/j"});
  Crash();
  alerts.clear();  // it went well while nobody looked
  Start();
  Run(minutes(15));
  EXPECT_EQ(Told(), (List{"firing A/j", "resolved A/j"}));
}

// Stop at every turn of a story with a failing receiver; whatever is lost in memory, each end is the same.
TEST_F(NotifierTest, CrashAtEveryStepEndsTheSame) {
  for (int crash_at = 0; crash_at < 25; ++crash_at) {
    files = FakeFileSystem();
    alerts.clear();
    delivered.clear();
    int tries = 0;
    world = [&](const auto& r) {
      return ++tries % 3 == 0 ? Ok(r) : FakeHttpClient::Answer{http::Response{500}};
    };
    Start();
    for (int step = 0; step < 25; ++step) {
      if (step == 2) Fire("A", "1");
      if (step == 5) Fire("A", "2");
      if (step == 9) Resolve("A", "1");
      if (step == 12) Resolve("A", "2");
      Evaluate();
      if (step == crash_at) {
        Crash();
        Start();
      }
      loop.Advance(minutes(1));
    }
    std::set<std::string> firing, resolved;
    for (const std::string& body : delivered) {
      const Json json = Json::parse(body);
      for (const Json& alert : json["alerts"]) {
        (alert["status"] == "firing" ? firing : resolved)
            .insert(alert["labels"]["job_name"].get<std::string>());
      }
    }
    const std::set<std::string> both = {"1", "2"};
    EXPECT_EQ(firing, both) << crash_at;
    EXPECT_EQ(resolved, both) << crash_at;
    EXPECT_EQ(notifier->Status().alerts, 0U) << crash_at;
    Crash();
  }
}

TEST_F(NotifierTest, TenThousandAlertsInOneGroupAreOneNotification) {
  Start();
  for (int i = 0; i < 10'000; ++i) Fire("A", "j" + std::to_string(i));
  Run(minutes(2));
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(Json::parse(delivered[0])["alerts"].size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) Resolve("A", "j" + std::to_string(i));
  Run(minutes(10));
  EXPECT_EQ(delivered.size(), 2U);
  EXPECT_EQ(notifier->Status().alerts, 0U);
}

TEST_F(NotifierTest, TenThousandGroupsUseFewConnections) {
  config.route->group_by = {{"..."}};
  size_t open = 0, most = 0;
  world = [&](const auto& r) {
    most = std::max(most, ++open);
    loop.RunAfter(milliseconds(1), [&open] { --open; });
    FakeHttpClient::Answer answer = Ok(r);
    answer.after = milliseconds(1);
    return answer;
  };
  Start();
  for (int i = 0; i < 10'000; ++i) Fire("A", "j" + std::to_string(i));
  Run(minutes(2));
  EXPECT_EQ(delivered.size(), 10'000U);
  EXPECT_LE(most, 8U);
}

TEST_F(NotifierTest, OneDeadReceiverDoesNotHoldUpTheOther) {
  config.receivers[0].webhook_configs.push_back({.url = "http://second/"});
  world = [this](const auto& r) -> FakeHttpClient::Answer {
    if (r.url == "http://second/") return {http::Response{500}};
    return Ok(r);
  };
  Start();
  Fire("A");
  Run(minutes(20));
  EXPECT_EQ(Told(), List{"firing A/j"});
  EXPECT_EQ(notifier->Status().channels[0].delivered, 1U);
  EXPECT_GT(notifier->Status().channels[1].failures, 10U);
}

TEST_F(NotifierTest, FullDiskIsSaidAndDoesNotSilenceAlerts) {
  Start();
  files.LimitSpace(0);
  Fire("A");
  Run(minutes(2));
  EXPECT_EQ(Told(), List{"firing A/j"});
  EXPECT_NE(notifier->Status().Problem().find("the queue is not on disk"), std::string::npos);
  EXPECT_GT(notifier->Status().state_failures, 0U);
  files.LimitSpace(std::nullopt);
  Run(minutes(1));
  EXPECT_EQ(notifier->Status().Problem(), "");
  Crash();
  Start();
  Run(minutes(10));
  EXPECT_EQ(Told().size(), 1U) << "what was told while the disk was full is known after all";
}

TEST_F(NotifierTest, ReloadKeepsWhatWasToldAndRefusesABadConfiguration) {
  Start();
  Fire("A");
  Run(minutes(2));
  NotifyConfig bad = config;
  bad.route->receiver = "nobody";
  const auto refused = notifier->Reload(bad);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "notify: route.receiver: no receiver is named \"nobody\"");
  config.receivers.push_back({.name = "other", .webhook_configs = {{.url = "http://other/"}}});
  config.route->routes = {{.receiver = "other", .matchers = {"alertname=B"}}};
  ASSERT_TRUE(notifier->Reload(config).ok());
  Fire("B");
  Run(minutes(10));
  EXPECT_EQ(Told(), (List{"firing A/j", "firing B/j"}));
  EXPECT_EQ(client.sent.back().request.url, "http://other/");
}

TEST_F(NotifierTest, ClockSetBackDoesNotSilenceAlerts) {
  Start();
  Fire("A");
  Evaluate();
  loop.JumpClock(-hours(5));
  Run(minutes(6));
  EXPECT_EQ(Told().size(), 1U);
  Fire("A", "2");
  Run(minutes(6));
  EXPECT_EQ(Told().size(), 2U);
}

class AlertmanagerTest : public NotifierTest {
 protected:
  AlertmanagerTest() {
    config = {.alertmanagers = {{.url = "http://am:9093/prefix/"}},
              .external_labels = {{"cluster", "c1"}},
              .user_agent = "Belfry/1"};
  }
  size_t Alerts(size_t index) const { return Json::parse(client.sent.at(index).request.body).size(); }
};

TEST_F(AlertmanagerTest, PostsAtOnceResendsEveryMinuteAndTellsTheEnd) {
  Start();
  Fire("A");
  Evaluate();
  ASSERT_EQ(client.sent.size(), 1U);
  const http::ClientRequest& request = client.sent[0].request;
  EXPECT_EQ(request.url, "http://am:9093/prefix/api/v2/alerts");
  EXPECT_EQ(http::Find(request.headers, "User-Agent"), "Belfry/1");
  const Json alert = Json::parse(request.body).at(0);
  EXPECT_EQ(alert["labels"]["cluster"], "c1");
  EXPECT_EQ(ParseRfc3339(alert["endsAt"].get<std::string>()).value(), loop.Now() + minutes(4));
  for (int i = 0; i < 8; ++i) {  // evaluations 15 s apart: strictly more than a minute is 75 s
    loop.Advance(seconds(15));
    Evaluate();
  }
  EXPECT_EQ(client.sent.size(), 2U);
  EXPECT_EQ(client.sent[1].at - client.sent[0].at, seconds(75));
  Resolve("A");
  Evaluate();
  ASSERT_EQ(client.sent.size(), 3U);
  EXPECT_EQ(ParseRfc3339(Json::parse(client.sent[2].request.body)[0]["endsAt"].get<std::string>()).value(),
            loop.Now());
}

TEST_F(AlertmanagerTest, SendsBatchesOf64) {
  Start();
  for (int i = 0; i < 150; ++i) Fire("A", std::to_string(i));
  Evaluate();
  ASSERT_EQ(client.sent.size(), 3U);
  EXPECT_EQ(Alerts(0) + Alerts(1) + Alerts(2), 150U);
  EXPECT_EQ(Alerts(0), 64U);
}

TEST_F(AlertmanagerTest, FailedBatchIsSentAgainWithTheNewestNews) {
  world = [](const auto&) -> FakeHttpClient::Answer { return {Error{Code::kUnavailable, "refused"}}; };
  Start();
  Fire("A");
  Evaluate();
  Resolve("A");
  Evaluate();
  EXPECT_EQ(notifier->Status().queue_length, 1U);
  world = [this](const auto& r) { return Ok(r); };
  loop.Advance(seconds(5));
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(ParseRfc3339(Json::parse(delivered[0])[0]["endsAt"].get<std::string>()).value(),
            alerts.at("A/j").resolved_at);
  EXPECT_EQ(notifier->Status().queue_length, 0U);
  EXPECT_EQ(notifier->Status().Problem(), "");
}

TEST_F(AlertmanagerTest, RefusedBatchIsDroppedAndCounted) {
  world = [](const auto&) -> FakeHttpClient::Answer { return {http::Response{400, {}, "bad label"}}; };
  Start();
  Fire("A");
  Evaluate();
  loop.Advance(minutes(1));
  EXPECT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(notifier->Status().channels[0].dropped, 1U);
  EXPECT_NE(notifier->Status().Problem().find("status 400: bad label"), std::string::npos);
}

TEST_F(AlertmanagerTest, QueueDropsTheOldestAboveItsLimit) {
  world = [](const auto&) -> FakeHttpClient::Answer { return {Error{Code::kUnavailable, "refused"}}; };
  Start();
  for (int i = 0; i < 10'010; ++i) Fire("A", std::to_string(i));
  Evaluate();
  EXPECT_EQ(notifier->Status().queue_length, 10'000U);
  EXPECT_EQ(notifier->Status().channels[0].dropped, 10U);
}

}  // namespace
}  // namespace belfry::notify
