#include "agent/cli/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Instant kNow = FromUnixSeconds(1'700'000'000);

// An agent that gives one answer and remembers the question.
struct FakeAgent {
  http::Response answer;
  std::string path;
  std::string form;

  Ask ask() {
    return [this](const std::string& p, const std::string& f) -> Result<http::Response> {
      path = p;
      form = f;
      return answer;
    };
  }
};

FakeAgent Answering(const std::string& data) {
  return {http::JsonResponse(200, R"({"status":"success","data":)" + data + "}"), {}, {}};
}

TEST(QueryCommand, PrintsEveryTypeAsPromtoolDoes) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"resultType":"scalar","result":[1.5,"2"]})", "scalar: 2 @[1.5]\n"},
      {R"({"resultType":"string","result":[1,"a b"]})", "a b\n"},
      {R"({"resultType":"vector","result":[]})", ""},
      {R"({"resultType":"vector","result":[{"metric":{"job":"a","__name__":"up"},"value":[1,"NaN"]}]})",
       "up{job=\"a\"} => NaN @[1]\n"},
      {R"({"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"+Inf"]]}]})",
       "{} =>\n2 @[1]\n+Inf @[2]\n"},
  };
  for (const auto& [data, want] : table) {
    FakeAgent agent = Answering(data);
    const auto text = Query({.expression = "x"}, agent.ask(), kNow);
    ASSERT_TRUE(text.ok()) << text.error().message;
    EXPECT_EQ(*text, want);
    EXPECT_EQ(agent.path, "/prometheus/api/v1/query");
  }
}

TEST(QueryCommand, AsksForARangeWithSensibleDefaults) {
  FakeAgent agent = Answering(R"({"resultType":"matrix","result":[]})");
  ASSERT_TRUE(Query({.expression = "a+b", .start = "now-5m"}, agent.ask(), kNow).ok());
  EXPECT_EQ(agent.path, "/prometheus/api/v1/query_range");
  EXPECT_EQ(agent.form, "query=a%2Bb&start=2023-11-14T22%3A08%3A20Z&end=2023-11-14T22%3A13%3A20Z&step=1.2");
  ASSERT_TRUE(Query({.expression = "a", .step = "1h"}, agent.ask(), kNow).ok());
  EXPECT_THAT(agent.form, HasSubstr("&start=2023-11-14T21%3A13%3A20Z&"));
  EXPECT_THAT(agent.form, HasSubstr("&step=3600"));
}

TEST(QueryCommand, SaysWhatIsWrongWithTimes) {
  FakeAgent agent = Answering("{}");
  EXPECT_THAT(Query({.expression = "a", .time = "soon"}, agent.ask(), kNow).error().message,
              StartsWith("--time"));
  EXPECT_THAT(Query({.expression = "a", .step = "x"}, agent.ask(), kNow).error().message,
              StartsWith("--step"));
  EXPECT_EQ(Query({.expression = "a", .start = "now", .end = "now-1h"}, agent.ask(), kNow).error().code,
            Code::kInvalid);
}

TEST(QueryCommand, PointsAtTheAgentsParseError) {
  FakeAgent agent{http::JsonResponse(400, R"({"status":"error","errorType":"bad_data",
      "error":"invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces"})")};
  const Error error = Query({.expression = "up{"}, agent.ask(), kNow).error();
  EXPECT_EQ(error.message, "1:4: parse error: unexpected end of input inside braces\nup{\n   ^");
  EXPECT_EQ(error.code, Code::kInvalid);
}

TEST(QueryCommand, TellsTheAgentsOtherErrorsAndStrangeAnswers) {
  FakeAgent failing{
      http::JsonResponse(422, R"({"status":"error","errorType":"execution","error":"too many"})")};
  EXPECT_EQ(Query({.expression = "a"}, failing.ask(), kNow).error(),
            (Error{Code::kFailedPrecondition, "too many"}));
  for (const char* body : {"", "404 page not found\n", "{", "[]", "{\"status\":\"success\"}", "null",
                           R"({"status":"success","data":{"resultType":"vector","result":[{}]}})",
                           R"({"status":"success","data":7})"}) {
    FakeAgent strange{{404, {}, body}};
    EXPECT_EQ(Query({.expression = "a"}, strange.ask(), kNow).error().code, Code::kUnavailable) << body;
  }
}

TEST(QueryCommand, FormatNeedsNoAgent) {
  EXPECT_EQ(*FormatQuery({.expression = "sum(up)by(a)"}), "sum by (a) (up)\n");
  EXPECT_EQ(FormatQuery({.expression = "up\n{"}).error().message.substr(0, 18), "2:2: parse error: ");
  EXPECT_FALSE(FormatQuery({.expression = "holt_winters(up[5m],1,1)"}).ok());
  EXPECT_TRUE(FormatQuery({.expression = "holt_winters(up[5m],1,1)", .promql_compat = 2}).ok());
}

TEST(AlertsCommand, ListsWhatIsActive) {
  FakeAgent agent = Answering(R"({"alerts":[{"labels":{"alertname":"A","x":"\u001b[1m"},"annotations":{},
      "state":"firing","activeAt":"2023-11-14T21:13:20.5Z","value":"1e+00"}]})");
  EXPECT_EQ(*ListAlerts({}, agent.ask(), kNow),
            "STATE   SINCE   VALUE  ALERT\nfiring  59m59s  1e+00  {alertname=\"A\", x=\"\\x1b[1m\"}\n");
  FakeAgent quiet = Answering(R"({"alerts":[]})");
  EXPECT_EQ(*ListAlerts({}, quiet.ask(), kNow), "no alerts\n");
}

}  // namespace
}  // namespace belfry::cli
