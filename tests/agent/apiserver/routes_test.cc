#include "agent/apiserver/routes.h"

#include <gmock/gmock.h>

#include "agent/base/fake_event_loop.h"
#include "agent/http/fake_responder.h"
#include "agent/manifest/codec.h"
#include "tests/support/memory_journal.h"

namespace belfry::apiserver {
namespace {

using ::testing::HasSubstr;

constexpr const char* kJob =
    R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"etl"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"none"}]}}}})";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    EXPECT_TRUE(store_.Open().ok());
    AddRoutes(router_, loop_, loop_,
              {.store = [this]() -> store::Store& { return store_; },
               .remove =
                   [this](const api::Key& key, const DeleteOptions& options) {
                     deleted_ = options;
                     return keep_deleted_ ? Result<void>() : store_.Remove(key);
                   },
               .admit = [this](const api::Object&) { return admit_; },
               .random = [this]() -> Random& { return random_; }});
  }

  http::Response Ask(const std::string& method, const std::string& path, const std::string& body = {},
                     const std::string& type = "application/json") {
    http::Request request{.method = method, .path = path.substr(0, path.find('?')), .body = body};
    if (path.find('?') != std::string::npos) request.query = path.substr(path.find('?') + 1);
    if (!type.empty() && !body.empty()) request.headers.emplace("Content-Type", type);
    const auto responder = std::make_shared<http::FakeResponder>();
    router_.Serve(request, responder);
    loop_.RunUntilIdle();
    EXPECT_EQ(responder->answers, 1) << method << " " << path;
    return responder->response.value_or(http::Response{.status = 0});
  }
  void Create(const std::string& name, const std::string& ns = "default") {
    ASSERT_EQ(Ask("POST", "/apis/batch/v1/namespaces/" + ns + "/jobs", Replaced(kJob, "etl", name)).status,
              201);
  }
  void CreateCronJob() {
    api::CronJob cronjob;
    cronjob.metadata.name = "nightly";
    cronjob.metadata.ns = "default";
    cronjob.spec.schedule = "0 2 * * *";
    ASSERT_TRUE(store_.Create(std::move(cronjob)).ok());
    loop_.RunUntilIdle();
  }

  FakeEventLoop loop_{FromUnixSeconds(1'700'000'000)};
  SeededRandom random_{1};
  belfry::testing::MemoryJournal journal_;
  store::Store store_{loop_, random_, journal_};
  http::Router router_;
  std::optional<DeleteOptions> deleted_;
  bool keep_deleted_ = false;
  Result<void> admit_;
};

constexpr const char* kJobs = "/apis/batch/v1/namespaces/default/jobs";

TEST_F(RoutesTest, CreatedJobIsAnsweredAsStored) {
  const auto response = Ask("POST", kJobs, kJob);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(http::Find(response.headers, "Content-Type"), "application/json");
  const auto job = api::As<api::Job>(*manifest::FromJson(response.body));
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(*job, *store_.Get<api::Job>("default", "etl"));
  EXPECT_FALSE(job->metadata.uid.empty());
  EXPECT_EQ(job->spec.backoff_limit, 6);
  EXPECT_EQ(job->spec.selector->match_labels.at("batch.kubernetes.io/controller-uid"), job->metadata.uid);
  EXPECT_EQ(Ask("GET", std::string(kJobs) + "/etl").body, response.body);
}

TEST_F(RoutesTest, YamlIsTaken) {
  EXPECT_EQ(
      Ask("POST", kJobs,
          "apiVersion: batch/v1\nkind: Job\nmetadata: {name: etl}\nspec: {template: {spec: {restartPolicy: "
          "Never, containers: [{name: main, image: none}]}}}\n",
          "application/yaml; charset=utf-8")
          .status,
      201);
}

TEST_F(RoutesTest, NotFound) {
  const auto response = Ask("GET", std::string(kJobs) + "/nope");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(
      response.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"jobs.batch \"nope\" not found","reason":"NotFound","details":{"name":"nope","group":"batch","kind":"jobs"},"code":404})"
      "\n");
  EXPECT_EQ(Ask("DELETE", std::string(kJobs) + "/nope").body, response.body);
}

TEST_F(RoutesTest, AlreadyExists) {
  Create("etl");
  const auto response = Ask("POST", kJobs, kJob);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(
      response.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"jobs.batch \"etl\" already exists","reason":"AlreadyExists","details":{"name":"etl","group":"batch","kind":"jobs"},"code":409})"
      "\n");
}

TEST_F(RoutesTest, InvalidNamesEveryField) {
  const std::string bad =
      Replaced(Replaced(kJob, "\"spec\":{", "\"spec\":{\"parallelism\":-1,"), "Never", "Always");
  const auto response = Ask("POST", kJobs, bad);
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(
      response.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Job.batch \"etl\" is invalid: [spec.parallelism: Invalid value: -1: must be greater than or equal to 0, spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"]","reason":"Invalid","details":{"name":"etl","group":"batch","kind":"Job","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: -1: must be greater than or equal to 0","field":"spec.parallelism"},{"reason":"FieldValueRequired","message":"Required value: valid values: \"OnFailure\", \"Never\"","field":"spec.template.spec.restartPolicy"}]},"code":422})"
      "\n");
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
}

TEST_F(RoutesTest, UnknownFieldsAreWhatTheRequestSays) {
  const std::string odd = Replaced(kJob, "\"spec\":{", "\"spec\":{\"paralelism\":1,");
  const auto strict = Ask("POST", std::string(kJobs) + "?fieldValidation=Strict", odd);
  EXPECT_EQ(strict.status, 400);
  EXPECT_THAT(
      strict.body,
      HasSubstr(
          R"("message":"Job in version \"v1\" cannot be handled as a Job: strict decoding error: unknown field \"spec.paralelism\")"));
  EXPECT_THAT(Ask("POST", std::string(kJobs) + "?fieldValidation=Strict",
                  Replaced(odd, "\"spec\":{", "\"spec\":{\"unknownToo\":1,"))
                  .body,
              HasSubstr(R"(strict decoding error: unknown field \"spec.unknownToo\")"))
      << "every one of them is named";
  const auto warned = Ask("POST", kJobs, odd);
  EXPECT_EQ(warned.status, 201);
  EXPECT_THAT(std::string(http::Find(warned.headers, "Warning")),
              HasSubstr(R"(299 - "unknown field \"spec.paralelism\")"));
  const auto ignored =
      Ask("POST", std::string(kJobs) + "?fieldValidation=Ignore", Replaced(odd, "etl", "etl2"));
  EXPECT_EQ(ignored.status, 201);
  EXPECT_FALSE(ignored.headers.contains("Warning"));
  EXPECT_EQ(Ask("POST", std::string(kJobs) + "?fieldValidation=Often", kJob).status, 400);
}

TEST_F(RoutesTest, GenerateNameGetsFiveCharacters) {
  const auto response = Ask("POST", kJobs, Replaced(kJob, "\"name\":\"etl\"", "\"generateName\":\"etl-\""));
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(api::MetaOf(*manifest::FromJson(response.body)).name,
              ::testing::MatchesRegex("etl-[a-z0-9]{5}"));
  const auto long_one =
      Ask("POST", kJobs,
          Replaced(kJob, "\"name\":\"etl\"", "\"generateName\":\"" + std::string(70, 'g') + "-\""));
  EXPECT_EQ(long_one.status, 201);
  EXPECT_EQ(api::MetaOf(*manifest::FromJson(long_one.body)).name.size(), 63U) << "it is to fit into a label";
}

TEST_F(RoutesTest, DryRunStoresNothing) {
  const auto dry = Ask("POST", std::string(kJobs) + "?dryRun=All", kJob);
  EXPECT_EQ(dry.status, 201);
  EXPECT_EQ(api::MetaOf(*manifest::FromJson(dry.body)).labels.count("batch.kubernetes.io/controller-uid"),
            1U);
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
  Create("etl");
  EXPECT_EQ(Ask("DELETE", std::string(kJobs) + "/etl?dryRun=All").status, 200);
  EXPECT_EQ(Ask("DELETE", std::string(kJobs) + "/etl", R"({"dryRun":["All"]})").status, 200);
  EXPECT_EQ(store_.Count(api::Kind::kJob), 1U);
}

TEST_F(RoutesTest, ServersFieldsOfABodyAreDropped) {
  const auto response = Ask("POST", kJobs,
                            Replaced(kJob, "\"name\":\"etl\"",
                                     "\"name\":\"etl\",\"uid\":\"mine\",\"resourceVersion\":\"99\","
                                     "\"creationTimestamp\":\"2001-01-01T00:00:00Z\""));
  ASSERT_EQ(response.status, 201);
  EXPECT_NE(store_.Get<api::Job>("default", "etl")->metadata.uid, "mine");
}

struct BadBody {
  std::string name;
  std::string body;
  std::string type;
  int status;
  std::string message;
};

class BadBodies : public RoutesTest, public ::testing::WithParamInterface<BadBody> {};

TEST_P(BadBodies, AreRefusedAndChangeNothing) {
  const auto response = Ask("POST", kJobs, GetParam().body, GetParam().type);
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_THAT(response.body, HasSubstr(GetParam().message));
  EXPECT_THAT(response.body, HasSubstr(R"("kind":"Status")"));
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadBodies,
    ::testing::Values(
        BadBody{"Empty", "", "", 400, "no objects in it"},
        BadBody{"Truncated", std::string(kJob).substr(0, 60), "application/json", 400,
                "cannot be handled as a Job"},
        BadBody{"Binary", std::string("\x00\xff\x7f", 3), "application/json", 400,
                "cannot be handled as a Job"},
        BadBody{"Deep", std::string(100'000, '['), "application/json", 400, "cannot be handled as a Job"},
        BadBody{"Array", "[]", "application/json", 400, "cannot be handled as a Job"},
        BadBody{"OtherKind", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}})",
                "application/json", 400, R"(ConfigMap in version \"v1\" cannot be handled as a Job)"},
        BadBody{"UnknownKind", R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}})",
                "application/json", 400, "the object provided is unrecognized (must be of type Job)"},
        BadBody{"WrongType", Replaced(kJob, "\"spec\":{", "\"spec\":{\"completions\":\"two\","),
                "application/json", 400, "spec.completions"},
        BadBody{"OtherNamespace",
                Replaced(kJob, "\"name\":\"etl\"", "\"name\":\"etl\",\"namespace\":\"prod\""),
                "application/json", 400,
                "the namespace of the provided object does not match the namespace sent on the request"},
        BadBody{"NoName", Replaced(kJob, "\"name\":\"etl\"", ""), "application/json", 422,
                "metadata.name: Required value"},
        BadBody{"Form", "a=b", "application/x-www-form-urlencoded", 415, "UnsupportedMediaType"},
        BadBody{"Text", kJob, "text/plain", 415,
                "accepted media types include: application/json, application/yaml"},
        BadBody{"Protobuf", std::string("k8s\0", 4), "application/vnd.kubernetes.protobuf", 415,
                "the body of the request was in an unknown format"}),
    [](const auto& info) { return info.param.name; });

TEST_F(RoutesTest, Lists) {
  Create("b");
  Create("a");
  Create("c", "prod");
  const auto listed = Ask("GET", std::string(kJobs) + "?limit=500");
  EXPECT_EQ(listed.status, 200);
  EXPECT_THAT(
      listed.body,
      ::testing::StartsWith(R"({"kind":"JobList","apiVersion":"batch/v1","metadata":{"resourceVersion":")"));
  EXPECT_LT(listed.body.find(R"("name":"a")"), listed.body.find(R"("name":"b")"));
  EXPECT_EQ(listed.body.find(R"("name":"c")"), std::string::npos);
  EXPECT_THAT(Ask("GET", "/apis/batch/v1/jobs").body, HasSubstr(R"("name":"c")"));
  EXPECT_THAT(Ask("GET", "/apis/batch/v1/namespaces/none/jobs").body, HasSubstr(R"("items":[])"));
}

TEST_F(RoutesTest, QueriesThatWouldBeIgnoredAreRefused) {
  for (const char* query :
       {"labelSelector=a%3Db", "fieldSelector=metadata.name%3Dx", "watch=true", "watch=True", "continue=x"}) {
    EXPECT_EQ(Ask("GET", std::string(kJobs) + "?" + query).status, 400) << query;
  }
  for (const char* query :
       {"labelSelector=", "watch=false", "limit=500", "resourceVersion=0", "timeout=32s"}) {
    EXPECT_EQ(Ask("GET", std::string(kJobs) + "?" + query).status, 200) << query;
  }
}

TEST_F(RoutesTest, CronJobsAreRead) {
  CreateCronJob();
  EXPECT_THAT(Ask("GET", "/apis/batch/v1/namespaces/default/cronjobs/nightly").body,
              HasSubstr(R"("schedule":"0 2 * * *")"));
  EXPECT_THAT(Ask("GET", "/apis/batch/v1/cronjobs").body, HasSubstr(R"("kind":"CronJobList")"));
  EXPECT_THAT(Ask("GET", "/apis/batch/v1/namespaces/default/cronjobs/x").body,
              HasSubstr(R"(cronjobs.batch \"x\" not found)"));
}

TEST_F(RoutesTest, OtherPathsAndMethods) {
  CreateCronJob();
  for (const char* path :
       {"/apis/", "/apis/batch", "/apis/batch/v1", "/apis/batch/v2/jobs", "/apis/batch/v1/pods",
        "/apis/batch/v1/jobs/etl", "/apis/batch/v1/namespaces/default/jobs/etl/status",
        "/apis/batch/v1/namespaces//jobs", "/apis/batch/v1/namespaces/default/jobs/"}) {
    const auto response = Ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr("the server could not find the requested resource")) << path;
  }
  const std::pair<const char*, const char*> refused[] = {
      {"PUT", "/apis/batch/v1/namespaces/default/jobs/etl"},
      {"PATCH", "/apis/batch/v1/namespaces/default/jobs/etl"},
      {"DELETE", "/apis/batch/v1/namespaces/default/jobs"},
      {"POST", "/apis/batch/v1/namespaces/default/jobs/etl"},
      {"POST", "/apis/batch/v1/jobs"},
      {"POST", "/apis/batch/v1/namespaces/default/cronjobs"},
      {"DELETE", "/apis/batch/v1/namespaces/default/cronjobs/nightly"}};
  for (const auto& [method, path] : refused) {
    const auto response = Ask(method, path);
    EXPECT_EQ(response.status, 405) << method << " " << path;
    EXPECT_THAT(response.body, HasSubstr(R"("reason":"MethodNotAllowed")"));
  }
}

TEST_F(RoutesTest, DeleteSaysWhatHasGone) {
  Create("etl");
  const std::string uid = store_.Get<api::Job>("default", "etl")->metadata.uid;
  const auto response = Ask("DELETE", std::string(kJobs) + "/etl");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"etl","group":"batch","kind":"jobs","uid":")" +
          uid + "\"}}\n");
  EXPECT_EQ(deleted_->propagation, "Background");
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
}

TEST_F(RoutesTest, DeleteShowsWhatIsStillThere) {
  Create("etl");
  keep_deleted_ = true;
  const auto response = Ask("DELETE", std::string(kJobs) + "/etl",
                            R"({"propagationPolicy":"Foreground","gracePeriodSeconds":5})");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("kind":"Job")"));
  EXPECT_EQ(deleted_->propagation, "Foreground");
  EXPECT_EQ(deleted_->grace_period_seconds, 5);
}

TEST_F(RoutesTest, DeleteOptionsThatMakeNoSense) {
  Create("etl");
  const std::string path = std::string(kJobs) + "/etl";
  EXPECT_EQ(Ask("DELETE", path, R"({"propagationPolicy":"Sideways"})").status, 422);
  EXPECT_EQ(Ask("DELETE", path + "?propagationPolicy=Sideways").status, 422);
  EXPECT_EQ(Ask("DELETE", path, R"({"gracePeriodSeconds":-1})").status, 422);
  EXPECT_EQ(Ask("DELETE", path + "?gracePeriodSeconds=soon").status, 400);
  EXPECT_EQ(Ask("DELETE", path, R"({"gracePeriodSeconds":"soon"})").status, 400);
  EXPECT_EQ(Ask("DELETE", path, "[1]").status, 400);
  EXPECT_EQ(Ask("DELETE", path, "{").status, 400);
  EXPECT_EQ(Ask("DELETE", path, "{}", "text/plain").status, 415);
  EXPECT_EQ(Ask("DELETE", path, R"({"preconditions":{"uid":"another"}})").status, 409);
  EXPECT_EQ(Ask("DELETE", path, R"({"preconditions":{"resourceVersion":"12345"}})").status, 409);
  EXPECT_EQ(deleted_, std::nullopt);
  EXPECT_EQ(store_.Count(api::Kind::kJob), 1U);
}

TEST_F(RoutesTest, WhatIsNotAdmittedNowIsAConflict) {
  admit_ = Error{Code::kFailedPrecondition, "job other is running"};
  const auto response = Ask("POST", kJobs, kJob);
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.body, HasSubstr(R"("reason":"Conflict")"));
  EXPECT_THAT(response.body,
              HasSubstr(R"(Operation cannot be fulfilled on jobs.batch \"etl\": job other is running)"));
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
}

TEST_F(RoutesTest, NothingIsAcknowledgedThatIsNotDurable) {
  journal_.FailWith(Error{Code::kResourceExhausted, "write belfry.db: No space left on device"});
  const auto response = Ask("POST", kJobs, kJob);
  EXPECT_EQ(response.status, 507);
  EXPECT_THAT(response.body, HasSubstr("No space left on device"));
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0U);
}

TEST_F(RoutesTest, FieldsNotActedOnAreWarnings) {
  const auto response = Ask("POST", kJobs,
                            Replaced(kJob, "\"restartPolicy\":\"Never\"",
                                     "\"restartPolicy\":\"Never\",\"priorityClassName\":\"high\""));
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(std::string(http::Find(response.headers, "Warning")), HasSubstr("priorityClassName"));
}

}  // namespace
}  // namespace belfry::apiserver
