#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/base/fake_event_loop.h"
#include "agent/http/fake_responder.h"
#include "rules/api/routes.h"
#include "rules/storage/head.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::json;

constexpr int64_t kNowSeconds = 1'700'000'000;

class FakeFamilies : public model::Snapshot {
 public:
  std::span<const model::Family> families() const override { return families_; }
  void Visit(size_t, const model::SeriesVisitor&) const override {}

 private:
  std::vector<model::Family> families_ = {{"kube_job_complete", "Done.", model::MetricType::kGauge, ""},
                                          {"cronjob_jobs", "Jobs.", model::MetricType::kCounter, ""}};
};

// The agent's own numbers.
class FakeNumbers : public model::Snapshot {
 public:
  std::span<const model::Family> families() const override { return families_; }
  void Visit(size_t family, const model::SeriesVisitor& visit) const override {
    visit(families_[family].name, {}, family == 0 ? 1'699'990'000.5 : family == 1 ? reloaded : 1'699'999'000);
  }
  double reloaded = 1;

 private:
  std::vector<model::Family> families_ = {
      {"process_start_time_seconds", "", model::MetricType::kGauge, ""},
      {"belfry_config_last_reload_successful", "", model::MetricType::kGauge, ""},
      {"belfry_config_last_reload_success_timestamp_seconds", "", model::MetricType::kGauge, ""}};
};

// The routes over three series, one group of rules, and no socket.
class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    for (int minute = 10; minute >= 0; --minute) {
      const int64_t t = (kNowSeconds - 60 * minute) * 1000;
      head->Append({{"__name__", "up"}, {"job", "a"}}, t, 1);
      head->Append({{"__name__", "up"}, {"job", "b"}}, t, 0.5);
      head->Append({{"__name__", "odd"}, {"text", "quote\" and \xff"}}, t, 1e21);
    }
    AddRule({.alert = "Down",
             .expr = "up == 0",
             .for_duration = minutes(5),
             .labels = {{"severity", "page"}},
             .annotations = {{"summary", "{{ $labels.job }} is down"}}},
            "watch");
    AddRule({.record = "job:up:sum", .expr = "sum(up)"}, "record");
    AddRoutes(
        router, "/prometheus", loop, loop,
        {.data = [this](Instant) { return head; },
         .rules = [this] { return std::make_shared<const rule::EngineSnapshot>(snapshot); },
         .families =
             [this] {
               std::vector<std::shared_ptr<const model::Snapshot>> all{std::make_shared<FakeFamilies>()};
               if (numbers) all.push_back(numbers);
               return all;
             },
         .version = "0.1.0",
         .revision = "abc",
         .branch = "main"});
  }

  void AddRule(rule::RuleSpec spec, const std::string& group) {
    auto owner = std::make_shared<rule::GroupSpec>();
    owner->file = "rules.yaml";
    owner->name = group;
    owner->rules = {std::move(spec)};
    rule::RuleStatus status{.spec = &owner->rules.front(), .health = rule::Health::kOk};
    status.evaluation_time = milliseconds(2);
    status.last_evaluation = FromUnixSeconds(kNowSeconds);
    snapshot.groups.push_back({.spec = owner, .interval = seconds(30), .rules = {status}});
  }
  void SetAlerts(rule::Alerts alerts) {
    snapshot.groups[0].rules[0].alerts = std::make_shared<const rule::Alerts>(std::move(alerts));
  }

  http::Response Ask(const std::string& method, const std::string& path, const std::string& query = "") {
    http::Request request{.method = method, .path = "/prometheus" + path};
    if (method == "POST") {
      request.body = query;
      request.headers.emplace("Content-Type", "application/x-www-form-urlencoded");
    } else {
      request.query = query;
    }
    const auto responder = std::make_shared<http::FakeResponder>();
    router.Serve(std::move(request), responder);
    loop.RunUntilIdle();
    EXPECT_EQ(responder->answers, 1);
    return *responder->response;
  }
  Json Data(const std::string& path, const std::string& query = "") {
    const http::Response response = Ask("GET", "/api/v1/" + path, query);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(http::Find(response.headers, "Content-Type"), "application/json");
    const Json json = Json::parse(response.body);
    EXPECT_EQ(json["status"], "success");
    return json["data"];
  }
  // To a slow reader: the first piece alone, each further one when the one before has left, more than `few`.
  Json DataInPieces(const std::string& path, const std::string& query, size_t few) {
    const auto responder = std::make_shared<http::FakeResponder>();
    responder->hold_drained = true;
    router.Serve({.method = "GET", .path = "/prometheus/api/v1/" + path, .query = query}, responder);
    loop.RunUntilIdle();
    EXPECT_EQ(responder->pieces.size(), 1u);
    while (!responder->held.empty()) {
      const auto drained = std::move(responder->held.back());
      responder->held.pop_back();
      drained();
    }
    EXPECT_TRUE(responder->ended);
    EXPECT_GT(responder->pieces.size(), few);
    for (const std::string& piece : responder->pieces) EXPECT_LT(piece.size(), 70'000u);
    return Json::parse(responder->response->body)["data"];
  }
  void ExpectError(const std::string& path, const std::string& query, int status, const std::string& type,
                   const std::string& part) {
    const http::Response response = Ask("GET", "/api/v1/" + path, query);
    EXPECT_EQ(response.status, status) << path << "?" << query << ": " << response.body;
    const Json json = Json::parse(response.body);
    EXPECT_EQ(json["status"], "error");
    EXPECT_EQ(json["errorType"], type);
    EXPECT_NE(json["error"].get<std::string>().find(part), std::string::npos) << json["error"];
  }

  FakeEventLoop loop{FromUnixSeconds(kNowSeconds)};
  std::shared_ptr<storage::Head> head = std::make_shared<storage::Head>();
  rule::EngineSnapshot snapshot;
  std::shared_ptr<FakeNumbers> numbers;
  http::Router router;
};

TEST_F(ApiTest, QueryAnswersEveryTypeInPrometheusForm) {
  struct Case {
    std::string query, want;
  };
  for (
      const Case& c : std::vector<Case>{
          {"query=up&time=1700000000",
           R"({"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1700000000,"1"]},
                {"metric":{"__name__":"up","job":"b"},"value":[1700000000,"0.5"]}]})"},
          {"query=1%2B1&time=1700000000.5", R"({"resultType":"scalar","result":[1700000000.5,"2"]})"},
          {"query=%22text%22&time=2023-11-14T22:13:20Z",
           R"({"resultType":"string","result":[1700000000,"text"]})"},
          {"query=up{job=\"a\"}[90s]&time=1700000000",
           R"({"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},
                "values":[[1699999940,"1"],[1700000000,"1"]]}]})"},
          {"query=vector(NaN)",
           R"({"resultType":"vector","result":[{"metric":{},"value":[1700000000,"NaN"]}]})"},
          {"query=-1/0", R"({"resultType":"scalar","result":[1700000000,"-Inf"]})"},
          {"query=nothing", R"({"resultType":"vector","result":[]})"},
          {"query=sum(odd)",
           R"({"resultType":"vector","result":[{"metric":{},"value":[1700000000,"1e+21"]}]})"},
      }) {
    EXPECT_EQ(Data("query", c.query), Json::parse(c.want)) << c.query;
    EXPECT_EQ(Json::parse(Ask("POST", "/api/v1/query", c.query).body)["data"], Json::parse(c.want))
        << c.query;
  }
}

TEST_F(ApiTest, QueryRangeGivesAMatrix) {
  EXPECT_EQ(Data("query_range", "query=sum(up)&start=1699999880&end=1700000000&step=1m"),
            Json::parse(R"({"resultType":"matrix","result":[{"metric":{},
              "values":[[1699999880,"1.5"],[1699999940,"1.5"],[1700000000,"1.5"]]}]})"));
}

TEST_F(ApiTest, MistakesAreNamed) {
  const std::string range = "query=up&start=0&end=";
  struct Case {
    std::string path, query;
    int status;
    std::string type, part;
  };
  for (const Case& c : std::vector<Case>{
           {"query", "", 400, "bad_data", "invalid parameter \"query\": "},
           {"query", "query=up{", 400, "bad_data", "parse error"},
           {"query", "query=" + std::string(50'000, '('), 400, "bad_data", "invalid parameter \"query\": "},
           {"query", "query=up&time=yesterday", 400, "bad_data",
            "cannot parse \"yesterday\" to a valid timestamp"},
           {"query", "query=up&time=1e300", 400, "bad_data", "\"time\""},
           {"query", "query=up&timeout=soon", 400, "bad_data", "\"timeout\""},
           {"query", "query=up&limit=-1", 400, "bad_data", "\"limit\""},
           {"query", "query=up%2Bon(nothing)up", 422, "execution", "many-to-many"},
           {"query", "query=1%2B%0A(up%2Bon(nothing)up)", 422, "execution",
            "matching labels must be unique on one side (at 2:4)"},
           {"query_range", "query=up", 400, "bad_data", "\"start\""},
           {"query_range", range + "10", 400, "bad_data", "\"step\""},
           {"query_range", range + "10&step=0", 400, "bad_data", "zero or negative query resolution"},
           {"query_range", range + "10&step=-5", 400, "bad_data", "zero or negative query resolution"},
           {"query_range", range + "-10&step=1", 400, "bad_data",
            "end timestamp must not be before start time"},
           {"query_range", range + "11001&step=1", 400, "bad_data", "11,000 points per timeseries"},
           {"series", "", 400, "bad_data", "no match[] parameter provided"},
           {"series", "match[]=up{", 400, "bad_data", "match[]"},
           {"labels", "start=x", 400, "bad_data", "\"start\""},
           {"rules", "type=alarm", 400, "bad_data", "not supported value \"alarm\""},
           {"rules", "match[]={", 400, "bad_data", "match[]"},
           {"rules", "group_next_token=1", 400, "bad_data", "group_limit needs to be set"},
           {"rules", "group_limit=1&group_next_token=1", 400, "bad_data", "group_next_token"},
           {"rules", "group_limit=0", 400, "bad_data", "group_limit needs to be greater than 0"},
           {"rules", "group_limit=-1", 400, "bad_data", "group_limit needs to be greater than 0"},
           {"rules", "group_limit=x", 400, "bad_data",
            "group_limit needs to be a valid number: strconv.ParseInt: parsing \"x\": invalid syntax"},
           {"metadata", "limit=x", 400, "bad_data", "limit must be a number"},
           {"metadata", "limit=1.5", 400, "bad_data", "limit must be a number"},
           {"format_query", "query=up{", 400, "bad_data", "parse error"},
       }) {
    ExpectError(c.path, c.query, c.status, c.type, c.part);
  }
}

TEST_F(ApiTest, RangeOfElevenThousandPointsIsServed) {
  EXPECT_EQ(Data("query_range", "query=up&start=0&end=11000&step=1")["resultType"], "matrix");
}

TEST_F(ApiTest, LimitTruncatesAndSaysSo) {
  for (const std::string path : {"query?query=up", "series?match[]=up", "labels?", "label/job/values?"}) {
    const size_t question = path.find('?');
    const http::Response response =
        Ask("GET", "/api/v1/" + path.substr(0, question), path.substr(question + 1) + "&limit=1");
    const Json json = Json::parse(response.body);
    const Json& list = json["data"].is_object() ? json["data"]["result"] : json["data"];
    EXPECT_EQ(list.size(), 1U) << path;
    EXPECT_EQ(json["warnings"], Json::parse(R"(["results truncated due to limit"])")) << path;
  }
}

TEST_F(ApiTest, ALimitThatIsNoneIsRefusedEverywhereInPrometheusWords) {
  struct Case {
    std::string limit, why;
  };
  const Case kCases[] = {
      {"-1", "limit must be non-negative"},
      {"-9223372036854775808", "limit must be non-negative"},
      {"x", "strconv.Atoi: parsing \"x\": invalid syntax"},
      {"1x", "strconv.Atoi: parsing \"1x\": invalid syntax"},
      {"1.0", "strconv.Atoi: parsing \"1.0\": invalid syntax"},
      {"%20", "strconv.Atoi: parsing \" \": invalid syntax"},
      {"%2B", "strconv.Atoi: parsing \"+\": invalid syntax"},
      {"%2B-1", "strconv.Atoi: parsing \"+-1\": invalid syntax"},
      {"0x10", "strconv.Atoi: parsing \"0x10\": invalid syntax"},
      {"%ff%00", "strconv.Atoi: parsing \"\\xff\\x00\": invalid syntax"},
      {"9223372036854775808", "strconv.Atoi: parsing \"9223372036854775808\": value out of range"},
      {std::string(100'000, '9'), "value out of range"},
  };
  for (const std::string path : {"query?query=up", "query_range?query=up&start=0&end=10&step=1",
                                 "series?match[]=up", "labels?", "label/job/values?"}) {
    const size_t question = path.find('?');
    for (const Case& c : kCases) {
      ExpectError(path.substr(0, question), path.substr(question + 1) + "&limit=" + c.limit, 400, "bad_data",
                  c.why);
    }
    for (const std::string all : {"0", "", "%2B5", "9223372036854775807"}) {
      EXPECT_NE(Data(path.substr(0, question), path.substr(question + 1) + "&limit=" + all), Json()) << all;
    }
  }
  EXPECT_EQ(Data("metadata", "limit=0").size(), 0u);
  EXPECT_EQ(Data("metadata", "limit=1").size(), 1u);
  EXPECT_EQ(Data("metadata", "limit=-1").size(), 2u);
}

TEST_F(ApiTest, SeriesAndLabels) {
  EXPECT_EQ(Data("series", "match[]=up{job=\"a\"}"), Json::parse(R"([{"__name__":"up","job":"a"}])"));
  EXPECT_EQ(Data("labels"), Json::parse(R"(["__name__","job","text"])"));
  EXPECT_EQ(Data("labels", "match[]=up"), Json::parse(R"(["__name__","job"])"));
  EXPECT_EQ(Data("label/__name__/values"), Json::parse(R"(["odd","up"])"));
  EXPECT_EQ(Data("label/job/values"), Json::parse(R"(["a","b"])"));
  EXPECT_EQ(Data("label/none/values"), Json::array());
}

TEST_F(ApiTest, BytesThatAreNotTextAreReplaced) {
  EXPECT_EQ(Data("label/text/values"), Json::parse("[\"quote\\\" and \xef\xbf\xbd\"]"));
}

TEST_F(ApiTest, MetadataNamesFamiliesAsQueriesDo) {
  EXPECT_EQ(Data("metadata"), Json::parse(R"({"kube_job_complete":[{"type":"gauge","help":"Done.","unit":""}],
                                              "cronjob_jobs_total":[{"type":"counter","help":"Jobs.","unit":""}]})"));
  EXPECT_EQ(Data("metadata", "metric=cronjob_jobs_total").size(), 1U);
}

TEST_F(ApiTest, RulesShowStateHealthAndPendingAndFiringAlerts) {
  rule::Alert firing{.labels = model::Labels{{"alertname", "Down"}, {"job", "a"}},
                     .annotations = std::map<std::string, std::string>{{"summary", "a is down"}},
                     .state = rule::AlertState::kFiring,
                     .value = 1,
                     .active_at = FromUnixSeconds(kNowSeconds - 600)};
  rule::Alert over = firing;
  over.state = rule::AlertState::kInactive;
  over.resolved_at = FromUnixSeconds(kNowSeconds);
  SetAlerts({firing, over});
  snapshot.groups[0].rules[0].state = rule::AlertState::kFiring;
  const Json alert =
      Json::parse(R"({"labels":{"alertname":"Down","job":"a"},"annotations":{"summary":"a is down"},
    "state":"firing","activeAt":"2023-11-14T22:03:20Z","value":"1e+00"})");
  EXPECT_EQ(Data("alerts"), Json({{"alerts", Json::array({alert})}}));
  const Json groups = Data("rules")["groups"];
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0],
            Json::parse(R"({"name":"watch","file":"rules.yaml","interval":30.0,"limit":0,"evaluationTime":0.0,
    "lastEvaluation":"0001-01-01T00:00:00Z","rules":[{"state":"firing","name":"Down","query":"up == 0","duration":300.0,
    "keepFiringFor":0.0,"labels":{"severity":"page"},"annotations":{"summary":"{{ $labels.job }} is down"},"alerts":[)" +
                        alert.dump() +
                        R"(],"health":"ok","evaluationTime":0.002,"lastEvaluation":"2023-11-14T22:13:20Z",
    "type":"alerting"}]})"));
  EXPECT_EQ(groups[1]["rules"][0]["type"], "recording");
  EXPECT_FALSE(groups[1]["rules"][0].contains("alerts"));
  EXPECT_EQ(Data("rules", "exclude_alerts=true")["groups"][0]["rules"][0]["alerts"], Json::array());
}

TEST_F(ApiTest, RulesAreFilteredAndPaged) {
  const auto names = [this](const std::string& query) {
    std::string text;
    const Json data = Data("rules", query);
    for (const Json& group : data["groups"]) text += group["name"].get<std::string>() + " ";
    return text;
  };
  EXPECT_EQ(names(""), "watch record ");
  EXPECT_EQ(names("type=alert"), "watch ");
  EXPECT_EQ(names("type=record"), "record ");
  EXPECT_EQ(names("rule_name[]=Down"), "watch ");
  EXPECT_EQ(names("rule_name[]=Down&rule_name[]=job:up:sum"), "watch record ");
  EXPECT_EQ(names("rule_group[]=record"), "record ");
  EXPECT_EQ(names("file[]=other.yaml"), "");
  EXPECT_EQ(names("match[]={severity=\"page\"}"), "watch ");
  EXPECT_EQ(names("match[]={severity=\"x\"}"), "");
  const Json first = Data("rules", "group_limit=1");
  ASSERT_EQ(first["groups"].size(), 1U);
  const Json second =
      Data("rules", "group_limit=1&group_next_token=" + first["groupNextToken"].get<std::string>());
  EXPECT_EQ(second["groups"][0]["name"], "record");
  EXPECT_FALSE(second.contains("groupNextToken"));
}

TEST_F(ApiTest, BuildInfoLooksLikePrometheus) {
  const Json info = Data("status/buildinfo");
  EXPECT_EQ(info["version"], "0.1.0");
  for (const std::string key : {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}) {
    EXPECT_TRUE(info[key].is_string()) << key;
  }
  EXPECT_FALSE(info.contains("application")) << "Grafana would take it for another product";
}

TEST_F(ApiTest, RuntimeInfoComesFromTheAgentsNumbers) {
  EXPECT_EQ(Data("status/runtimeinfo"), Json::parse(R"({"serverTime":"2023-11-14T22:13:20Z"})"));
  numbers = std::make_shared<FakeNumbers>();
  snapshot.settings.retention = hours(2);
  EXPECT_EQ(Data("status/runtimeinfo"),
            Json::parse(R"({"startTime":"2023-11-14T19:26:40.5Z","serverTime":"2023-11-14T22:13:20Z",
    "reloadConfigSuccess":true,"lastConfigTime":"2023-11-14T21:56:40Z","storageRetention":"2h"})"));
  numbers->reloaded = 0;
  EXPECT_EQ(Data("status/runtimeinfo")["reloadConfigSuccess"], false);
}

TEST_F(ApiTest, FlagsAreThoseOfPrometheusAsText) {
  snapshot.settings = {.default_interval = seconds(30),
                       .outage_tolerance = hours(1),
                       .retention = hours(3),
                       .external_labels = {},
                       .external_url = "http://h:2353/prometheus"};
  EXPECT_EQ(Data("status/flags"), Json::parse(R"({"query.lookback-delta":"5m","query.max-samples":"50000000",
    "query.timeout":"30s","rules.alert.for-outage-tolerance":"1h","storage.tsdb.retention.time":"3h",
    "web.external-url":"http://h:2353/prometheus"})"));
}

TEST_F(ApiTest, ConfigIsTheRuleEnginesPartOfPrometheusYml) {
  snapshot.settings.default_interval = seconds(90);
  EXPECT_EQ(Data("status/config")["yaml"],
            "global:\n  evaluation_interval: 1m30s\nrule_files:\n  - \"rules.yaml\"\n");
  snapshot.settings.external_labels = {{"cluster", "a \"b\""}, {"zone", "1"}};
  snapshot.groups.clear();
  EXPECT_EQ(Data("status/config")["yaml"],
            "global:\n  evaluation_interval: 1m30s\n  external_labels: "
            "{\"cluster\":\"a \\\"b\\\"\",\"zone\":\"1\"}\n");
}

TEST_F(ApiTest, FormatQueryAnswersText) {
  EXPECT_EQ(Data("format_query", "query=sum(  up )by(job)"), "sum by (job) (up)");
}

TEST_F(ApiTest, OtherPathsAndMethods) {
  EXPECT_EQ(Ask("GET", "/api/v1/rules/test/test").body, "404 page not found\n");
  EXPECT_EQ(Ask("GET", "/api/v1/rules/test/test").status, 404);
  EXPECT_EQ(Ask("POST", "/api/v1/rules").status, 405);
  EXPECT_EQ(Ask("OPTIONS", "/api/v1/query").status, 204);
  EXPECT_EQ(Ask("GET", "/-/healthy").status, 200);
  EXPECT_EQ(Ask("GET", "/-/ready").status, 200);
}

TEST_F(ApiTest, ALargeAnswerLeavesInPiecesAndOnlyAsFastAsItIsRead) {
  for (int i = 0; i < 5000; ++i)
    head->Append({{"__name__", "many"}, {"i", std::to_string(i)}}, kNowSeconds * 1000, i);
  EXPECT_EQ(DataInPieces("query", "query=many", 3)["result"].size(), 5000u);
}

// One rule with very many alerts is as large as very many rules.
TEST_F(ApiTest, TheAlertsOfOneRuleLeaveInPieces) {
  rule::Alerts alerts;
  for (int i = 0; i < 10'000; ++i) {
    alerts.push_back({.labels = model::Labels{{"alertname", "Down"}, {"job", std::to_string(i)}},
                      .annotations = std::map<std::string, std::string>{{"summary", "down"}},
                      .state = i % 2 == 0 ? rule::AlertState::kFiring : rule::AlertState::kPending,
                      .value = 1,
                      .active_at = FromUnixSeconds(kNowSeconds - 600)});
    if (i % 10 == 9) {
      alerts.back().state = rule::AlertState::kInactive;
      alerts.back().resolved_at = FromUnixSeconds(kNowSeconds);
    }
  }
  SetAlerts(std::move(alerts));
  for (const std::string path : {"rules", "alerts"}) {
    const Json data = DataInPieces(path, "", 10);
    const Json& list = path == "rules" ? data["groups"][0]["rules"][0]["alerts"] : data["alerts"];
    ASSERT_EQ(list.size(), 9'000u);
    EXPECT_EQ(list[8'999]["labels"]["job"], "9998");
    if (path == "rules") {
      EXPECT_EQ(data["groups"].size(), 2u);
    }
  }
}

TEST_F(ApiTest, NobodyIsSentWhatNobodyReads) {
  for (int i = 0; i < 5000; ++i)
    head->Append({{"__name__", "many"}, {"i", std::to_string(i)}}, kNowSeconds * 1000, i);
  const auto responder = std::make_shared<http::FakeResponder>();
  responder->hold_drained = true;
  router.Serve({.method = "GET", .path = "/prometheus/api/v1/series", .query = "match[]=many"}, responder);
  loop.RunUntilIdle();
  responder->gone = true;
  const auto held = std::move(responder->held);
  ASSERT_EQ(held.size(), 1u);
  held.back()();
  EXPECT_FALSE(responder->ended);
  EXPECT_TRUE(responder->held.empty());
}

TEST_F(ApiTest, AQueryEndsAtItsTimeout) {
  ExpectError("query_range", "query=up&start=0&end=1700000000&step=1000000&timeout=-1", 503, "timeout",
              "query timed out in expression evaluation");
  ExpectError("query", "query=up&timeout=soon", 400, "bad_data", "invalid parameter \"timeout\"");
  EXPECT_EQ(Data("query", "query=up&timeout=10s")["result"].size(), 2u);
}

TEST_F(ApiTest, StatsComeWhenAskedFor) {
  EXPECT_FALSE(Data("query", "query=up").contains("stats"));
  const Json stats = Data("query", "query=up&stats=all")["stats"];
  EXPECT_EQ(stats["samples"]["totalQueryableSamples"], 2);
  EXPECT_TRUE(stats["timings"].contains("evalTotalTime"));
}

TEST_F(ApiTest, ParseQueryShowsTheTree) {
  EXPECT_EQ(Data("parse_query", "query=sum+by+(job)(rate(up{job!%3D%22a%22}[5m]+offset+1m))+%2F+2"),
            Json::parse(R"(
    {"type":"binaryExpr","op":"/","bool":false,"matching":null,
     "lhs":{"type":"aggregation","op":"sum","grouping":["job"],"without":false,"param":null,
       "expr":{"type":"call","func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},
         "args":[{"type":"matrixSelector","name":"up","range":300000,"offset":60000,"timestamp":null,"startOrEnd":null,
           "matchers":[{"name":"job","type":"!=","value":"a"},{"name":"__name__","type":"=","value":"up"}]}]}},
     "rhs":{"type":"numberLiteral","val":"2"}})"));
  EXPECT_EQ(Data("parse_query", "query=up+*+on(job)+group_left(x)+up")["matching"],
            Json::parse(R"({"card":"many-to-one","labels":["job"],"on":true,"include":["x"]})"));
  const Json sub = Data("parse_query", "query=-sum_over_time((up)[5m:1m]+@+end())");
  EXPECT_EQ(sub["type"], "unaryExpr");
  const Json& arg = sub["expr"]["args"][0];
  EXPECT_EQ(arg["type"], "subquery");
  EXPECT_EQ(arg["startOrEnd"], "end");
  EXPECT_EQ(arg["expr"]["type"], "parenExpr");
  EXPECT_EQ(Data("parse_query", "query=up+@+1.5")["timestamp"], 1500);
  EXPECT_EQ(Data("parse_query", "query=%22x%22"), Json::parse(R"({"type":"stringLiteral","val":"x"})"));
  ExpectError("parse_query", "query=up(", 400, "bad_data", "invalid parameter \"query\": 1:");
}

TEST_F(ApiTest, TheAgentIsItsOneTarget) {
  const Json targets = Data("targets");
  EXPECT_EQ(targets["activeTargets"].size(), 1u);
  EXPECT_EQ(targets["activeTargets"][0]["health"], "up");
  EXPECT_EQ(Data("targets", "state=dropped")["activeTargets"].size(), 0u);
}

TEST_F(ApiTest, AnyByteOfALabelMakesValidJson) {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c);
  head->Append({{"__name__", "bytes"}, {"all", bytes}}, kNowSeconds * 1000, 1);
  for (const char* path : {"query", "series", "label/all/values"}) {
    const http::Response response = Ask("GET", std::string("/api/v1/") + path, "query=bytes&match[]=bytes");
    const Json json = Json::parse(response.body);  // throws if it is not
    EXPECT_EQ(json["status"], "success");
  }
  EXPECT_NE(Ask("GET", "/api/v1/label/all/values").body.find("\\u0001\\u0002"), std::string::npos);
}

TEST_F(ApiTest, OneMegabyteOfQueryIsRefusedOrAnsweredAtOnce) {
  const std::string deep(1000, '(');
  ExpectError("query", "query=" + std::string(2'000'000, '1'), 400, "bad_data", "the limit is 1048576");
  ExpectError("query", "query=" + deep + deep + "1" + std::string(2000, ')'), 400, "bad_data", "parse error");
}

}  // namespace
}  // namespace belfry::rules_api
