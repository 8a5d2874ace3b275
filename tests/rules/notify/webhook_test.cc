#include "rules/notify/webhook.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/base/fake_file_system.h"
#include "rules/notify/alertmanager_push.h"
#include "rules/notify/post_request.h"

namespace belfry::notify {
namespace {

using Json = nlohmann::json;

const Instant kStart = ParseRfc3339("2026-11-20T23:20:15.537Z").value();

Notice Make(const std::string& job, Duration after = {}) {
  return {.labels = {{"alertname", "BatchJobFailed"}, {"job_name", job}},
          .annotations = {{"summary", "failed"}, {"job", job}},
          .generator_url = "http://h/graph?g0.expr=up",
          .starts_at = kStart + after};
}

// The document of docs/notifications.md, field by field.
TEST(WebhookBody, IsPayloadVersion4) {
  Notice over = Make("b", seconds(1));
  over.ends_at = kStart + minutes(1);
  const std::string body = WebhookBody({.receiver = "team.x",
                                        .group_key = "{}:{alertname=\"BatchJobFailed\"}",
                                        .external_url = "http://h:2353",
                                        .group_labels = {{"alertname", "BatchJobFailed"}},
                                        .notices = {over, Make("a")}});
  EXPECT_TRUE(body.ends_with("}\n"));
  const Json want = Json::parse(R"({
    "receiver": "team\\.x", "status": "firing",
    "alerts": [
      {"status": "firing", "labels": {"alertname": "BatchJobFailed", "job_name": "a"},
       "annotations": {"summary": "failed", "job": "a"}, "startsAt": "2026-11-20T23:20:15.537Z",
       "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://h/graph?g0.expr=up", "fingerprint": ""},
      {"status": "resolved", "labels": {"alertname": "BatchJobFailed", "job_name": "b"},
       "annotations": {"summary": "failed", "job": "b"}, "startsAt": "2026-11-20T23:20:16.537Z",
       "endsAt": "2026-11-20T23:21:15.537Z", "generatorURL": "http://h/graph?g0.expr=up", "fingerprint": ""}],
    "groupLabels": {"alertname": "BatchJobFailed"}, "commonLabels": {"alertname": "BatchJobFailed"},
    "commonAnnotations": {"summary": "failed"}, "externalURL": "http://h:2353", "version": "4",
    "groupKey": "{}:{alertname=\"BatchJobFailed\"}", "truncatedAlerts": 0})");
  Json got = Json::parse(body);
  for (Json& alert : got["alerts"]) {
    EXPECT_EQ(alert["fingerprint"].get<std::string>().size(), 16U);
    EXPECT_EQ(alert["fingerprint"].get<std::string>().find_first_not_of("0123456789abcdef"),
              std::string::npos);
    alert["fingerprint"] = "";
  }
  EXPECT_EQ(got, want) << Json::diff(got, want).dump(1);
}

TEST(WebhookBody, ResolvedOnlyWhenNothingFires) {
  Notice over = Make("a");
  over.ends_at = kStart + minutes(1);
  EXPECT_EQ(Json::parse(WebhookBody({.notices = {over}}))["status"], "resolved");
}

TEST(WebhookBody, TruncatesTheLastAndCountsThem) {
  std::vector<Notice> notices;
  for (int i = 9; i >= 0; --i) notices.push_back(Make("j" + std::to_string(i), seconds(i)));
  const Json got = Json::parse(WebhookBody({.notices = notices, .max_alerts = 3}));
  EXPECT_EQ(got["truncatedAlerts"], 7);
  ASSERT_EQ(got["alerts"].size(), 3U);
  EXPECT_EQ(got["alerts"][0]["labels"]["job_name"], "j0");
  EXPECT_EQ(got["alerts"][2]["labels"]["job_name"], "j2");
  EXPECT_EQ(Json::parse(WebhookBody({.notices = notices, .max_alerts = 10}))["truncatedAlerts"], 0);
}

TEST(WebhookBody, BytesThatAreNotTextDoNotLoseTheNotification) {
  Notice notice = Make("a");
  notice.annotations["summary"] = "bad \xff\xfe byte";
  EXPECT_EQ(Json::parse(WebhookBody({.notices = {notice}}))["alerts"][0]["annotations"]["summary"],
            "bad \xef\xbf\xbd\xef\xbf\xbd byte");
}

TEST(JudgeWebhook, FollowsAlertmanager) {
  for (const int status : {200, 201, 202, 204})
    EXPECT_EQ(JudgeWebhook(http::Response{status}), Verdict::kDelivered);
  for (const int status : {500, 502, 503, 599})
    EXPECT_EQ(JudgeWebhook(http::Response{status}), Verdict::kRetry);
  for (const int status : {301, 307, 400, 401, 404, 408, 429}) {
    EXPECT_EQ(JudgeWebhook(http::Response{status}), Verdict::kNextTime) << status;
  }
  EXPECT_EQ(JudgeWebhook(Error{Code::kTimeout, ""}), Verdict::kRetry);
  EXPECT_EQ(JudgeWebhook(Error{Code::kUnavailable, ""}), Verdict::kRetry);
  EXPECT_EQ(JudgeWebhook(Error{Code::kInvalid, ""}), Verdict::kNextTime);
}

TEST(WhatWentWrong, ShowsTheBeginningOfTheAnswerOnOneLine) {
  EXPECT_EQ(WhatWentWrong(http::Response{503}), "answered with status 503");
  EXPECT_EQ(WhatWentWrong(http::Response{400, {}, "bad\nthing\n"}), "answered with status 400: bad thing");
  EXPECT_EQ(WhatWentWrong(http::Response{400, {}, std::string(5000, 'x')}).size(), 226U);
}

TEST(RetryDelay, GrowsByHalfWithJitterUpToAMinute) {
  SeededRandom random(1);
  double base = 0.5;
  for (int failures = 1; failures < 30; ++failures, base = std::min(base * 1.5, 60.0)) {
    for (int i = 0; i < 100; ++i) {
      const double delay = ToSeconds(RetryDelay(failures, random));
      EXPECT_GE(delay, base * 0.5 - 1e-9);
      EXPECT_LE(delay, std::min(base * 1.5, 60.0));
    }
  }
}

TEST(MakePost, AddsTheCredentials) {
  FakeFileSystem files;
  ASSERT_TRUE(files.WriteFileAtomically("/secret", "s3cret\n").ok());
  const auto authorization = [&](const HttpConfig& config) {
    const auto request = MakePost("http://h/", seconds(1), config, "Belfry/1", "{}", files);
    EXPECT_TRUE(request.ok());
    EXPECT_EQ(http::Find(request->headers, "User-Agent"), "Belfry/1");
    EXPECT_EQ(http::Find(request->headers, "Content-Type"), "application/json");
    return std::string(http::Find(request->headers, "Authorization"));
  };
  EXPECT_EQ(authorization({}), "");
  EXPECT_EQ(authorization({.credentials = "tok"}), "Bearer tok");
  EXPECT_EQ(authorization({.authorization_type = "Token", .credentials_file = "/secret"}), "Token s3cret");
  // RFC 7617's own example, and the two other paddings of RFC 4648.
  EXPECT_EQ(authorization({.username = "Aladdin", .password = "open sesame"}),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(authorization({.username = "a", .password = "b"}), "Basic YTpi");
  EXPECT_EQ(authorization({.username = "ab", .password = "cd"}), "Basic YWI6Y2Q=");
  EXPECT_FALSE(MakePost("http://h/", seconds(1), {.credentials_file = "/gone"}, "", "", files).ok());
}

TEST(NeedsPush, FollowsPrometheus) {
  const Instant now = kStart + hours(1);
  rule::Alert alert{.state = rule::AlertState::kPending};
  EXPECT_FALSE(NeedsPush(alert, std::nullopt, now));
  alert.state = rule::AlertState::kFiring;
  EXPECT_TRUE(NeedsPush(alert, std::nullopt, now));
  EXPECT_FALSE(NeedsPush(alert, LastPush{now - minutes(1)}, now)) << "strictly more than the delay";
  EXPECT_TRUE(NeedsPush(alert, LastPush{now - minutes(1) - milliseconds(1)}, now));
  EXPECT_TRUE(NeedsPush(alert, LastPush{now - seconds(1), true}, now)) << "fires again";
  alert.state = rule::AlertState::kInactive;
  alert.resolved_at = now;
  EXPECT_TRUE(NeedsPush(alert, LastPush{now}, now));
  EXPECT_FALSE(NeedsPush(alert, LastPush{now, true}, now + seconds(1)));
}

TEST(PushJson, IsAlertmanagersForm) {
  Notice notice = Make("a");
  notice.expires_at = kStart + minutes(4);
  const Json want = Json::parse(R"({"annotations": {"summary": "failed", "job": "a"},
    "endsAt": "2026-11-20T23:24:15.537Z", "startsAt": "2026-11-20T23:20:15.537Z",
    "generatorURL": "http://h/graph?g0.expr=up", "labels": {"alertname": "BatchJobFailed", "job_name": "a"}})");
  EXPECT_EQ(Json::parse(PushJson(notice)), want);
  notice.ends_at = kStart + minutes(1);
  EXPECT_EQ(Json::parse(PushJson(notice))["endsAt"], "2026-11-20T23:21:15.537Z");
}

}  // namespace
}  // namespace belfry::notify
