#include "agent/cli/backfill.h"

#include <gmock/gmock.h>

#include <optional>
#include <set>

#include "agent/cli/create_job.h"
#include "agent/manifest/codec.h"

namespace belfry::cli {
namespace {

using ::testing::ElementsAre;

constexpr const char* kNow = "2026-02-01T00:00:00Z";

// An agent's answers: one CronJob, Jobs as they come, a number of refusals before each.
class FakeAgent {
 public:
  FakeAgent() {
    cronjob_.metadata.name = "etl";
    cronjob_.metadata.ns = "default";
    cronjob_.metadata.uid = "uid-of-etl";
    cronjob_.spec.schedule = "0 3 * * *";
    cronjob_.spec.time_zone = "UTC";
  }

  ApiClient Client() {
    return ApiClient(AgentLink([this](http::ClientRequest request) { return Answer(request); },
                               "http://agent/", "secret"));
  }

  std::set<std::string> jobs_;
  std::vector<std::string> asked_;
  int refusals_ = 0;
  std::optional<Error> broken_;

 private:
  static http::Response Status(int code, const std::string& reason) {
    return {code, {}, R"({"kind":"Status","reason":")" + reason + R"(","message":")" + reason + "\"}"};
  }
  static http::Response Shown(int code, const api::Object& object) {
    return {code, {}, manifest::ToJson(object)};
  }

  Result<http::Response> Answer(const http::ClientRequest& request) {
    EXPECT_EQ(http::Find(request.headers, "Authorization"), "Bearer secret");
    asked_.push_back(request.method + " " + request.url.substr(std::string("http://agent").size()));
    if (broken_) return *broken_;
    if (request.url.ends_with("/cronjobs/etl"))
      return Shown(200, std::make_shared<const api::CronJob>(cronjob_));
    if (request.method == "POST") return Create(*manifest::FromJson(request.body));
    return jobs_.contains(request.url.substr(request.url.rfind('/') + 1))
               ? Shown(200, std::make_shared<const api::Job>())
               : Status(404, "NotFound");
  }
  http::Response Create(const api::Object& job) {
    if (refusals_ > 0) {
      --refusals_;
      return Status(409, "Conflict");
    }
    if (!jobs_.insert(api::MetaOf(job).name).second) return Status(409, "AlreadyExists");
    return Shown(201, job);
  }

  api::CronJob cronjob_;
};

class BackfillTest : public ::testing::Test {
 protected:
  Result<std::string> Run() {
    return Backfill(
        command_, *ParseRfc3339(kNow), agent_.Client(), [this](Duration d) { paused_ += d; },
        [this](const std::string& line) { lines_.push_back(line); });
  }

  FakeAgent agent_;
  BackfillCommand command_{.cronjob = "etl", .from = "2026-01-01T00:00:00Z", .to = "2026-01-03T00:00:00Z"};
  Duration paused_{0};
  std::vector<std::string> lines_;
};

TEST_F(BackfillTest, CreatesEachSlotsJobOldestFirst) {
  EXPECT_EQ(*Run(), "2 created, 0 exist already\n");
  EXPECT_THAT(lines_, ElementsAre("2026-01-01T03:00:00Z  job.batch/etl-29453940 created\n",
                                  "2026-01-02T03:00:00Z  job.batch/etl-29455380 created\n"));
  EXPECT_THAT(agent_.asked_, ElementsAre("GET /apis/batch/v1/namespaces/default/cronjobs/etl",
                                         "POST /apis/batch/v1/namespaces/default/jobs?fieldManager=belfry",
                                         "POST /apis/batch/v1/namespaces/default/jobs?fieldManager=belfry"));
}

TEST_F(BackfillTest, SkipsWhatExists) {
  agent_.jobs_ = {"etl-29453940"};
  EXPECT_EQ(*Run(), "1 created, 1 exist already\n");
}

TEST_F(BackfillTest, DryRunOnlyLooks) {
  agent_.jobs_ = {"etl-29453940"};
  command_.dry_run = true;
  EXPECT_EQ(*Run(), "1 would be created, 1 exist already\n");
  EXPECT_EQ(agent_.jobs_.size(), 1U);
  command_.output = Output::kJson;
  EXPECT_EQ(
      *Run(),
      R"({"cronjob":"etl","dryRun":true,"jobs":[{"scheduledTime":"2026-01-01T03:00:00Z","job":"etl-29453940","result":"exists"},{"scheduledTime":"2026-01-02T03:00:00Z","job":"etl-29455380","result":"would be created"}]})"
      "\n");
}

TEST_F(BackfillTest, WaitsWhileAnotherJobIsInTheWay) {
  agent_.refusals_ = 3;
  EXPECT_EQ(*Run(), "2 created, 0 exist already\n");
  EXPECT_EQ(paused_, seconds(3));
}

TEST_F(BackfillTest, TimesThatMakeNoSense) {
  const auto refusal = [&](const char* from, const char* to) {
    command_.from = from;
    command_.to = to;
    return Run().error();
  };
  EXPECT_EQ(refusal("now-1h", "now+1h"),
            (Error{Code::kInvalid, "--to is in the future; the schedule itself will see to those slots"}));
  EXPECT_EQ(refusal("now", "now-1h"), (Error{Code::kInvalid, "--to is before --from"}));
  EXPECT_TRUE(refusal("yesterday", "now").message.starts_with("--from: "));
  EXPECT_TRUE(refusal("now", "").message.starts_with("--to: "));
  EXPECT_TRUE(agent_.asked_.empty());
}

TEST_F(BackfillTest, AnAgentThatIsNotThereIsSaid) {
  agent_.broken_ = Error{Code::kUnavailable, "connect to 127.0.0.1:2353: Connection refused"};
  EXPECT_EQ(
      Run().error().message,
      "ask the agent at http://agent/ (is it running? --server names another): connect to 127.0.0.1:2353: "
      "Connection refused");
}

TEST(CreateJob, AsksForTheTemplateAndCreatesTheJob) {
  FakeAgent agent;
  const CreateJobCommand command{.name = "by-hand", .from = "cronjob/etl"};
  EXPECT_EQ(*CreateJob(command, agent.Client()), "job.batch/by-hand created\n");
  EXPECT_EQ(agent.jobs_, (std::set<std::string>{"by-hand"}));
  EXPECT_EQ(CreateJob(command, agent.Client()).error(), (Error{Code::kAlreadyExists, "AlreadyExists"}));
  for (const char* from : {"", "etl", "job/etl", "cronjob/", "/etl"}) {
    EXPECT_EQ(CreateJob({.name = "x", .from = from}, agent.Client()).error().code, Code::kInvalid) << from;
  }
}

}  // namespace
}  // namespace belfry::cli
