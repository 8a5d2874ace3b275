#include "agent/sources/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "agent/manifest/defaults.h"
#include "agent/manifest/parse.h"
#include "tests/support/memory_journal.h"

namespace belfry::sources {
namespace {

constexpr const char* kJob = R"(apiVersion: batch/v1
kind: Job
metadata: {name: a, labels: {team: data}}
spec:
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
)";

api::Object Parse(std::string text, const std::string& from = {}, const std::string& to = {}) {
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  auto parsed = manifest::ParseManifests("f.yaml", text);
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front().ToString();
  return parsed.objects.at(0).object;
}

class ApplyTest : public ::testing::Test {
 protected:
  Applied MustApply(const api::Object& object) {
    const auto applied = Apply(store_, object);
    EXPECT_TRUE(applied.ok()) << applied.error().message;
    return applied.ok() ? *applied : Applied::kUnchanged;
  }
  api::Ptr<api::Job> Job() { return store_.Get<api::Job>("default", "a"); }

  FakeEventLoop loop_{FromUnixSeconds(1'800'000'000)};
  SeededRandom random_{1};
  belfry::testing::MemoryJournal journal_;
  store::Store store_{loop_, random_, journal_};
};

TEST_F(ApplyTest, CreatesThenLeavesAloneThenChanges) {
  EXPECT_EQ(MustApply(Parse(kJob)), Applied::kCreated);
  const uint64_t revision = store_.revision();
  EXPECT_EQ(MustApply(Parse(kJob)), Applied::kUnchanged);
  EXPECT_EQ(store_.revision(), revision);
  EXPECT_EQ(MustApply(Parse(kJob, "parallelism: 2", "parallelism: 3")), Applied::kConfigured);
  EXPECT_EQ(Job()->spec.parallelism, 3);
  EXPECT_EQ(Job()->metadata.generation, 2);
}

TEST_F(ApplyTest, KeepsStatusAndWhatTheSystemAdded) {
  MustApply(Parse(kJob));
  api::Job running = *Job();
  running.status.active = 2;
  running.metadata.finalizers = {"orphan"};
  running.metadata.annotations = {
      {"belfry.io/x", "1"}, {"batch.kubernetes.io/y", "2"}, {"user.example.com/z", "3"}};
  ASSERT_TRUE(store_.Update(running).ok());
  EXPECT_EQ(MustApply(Parse(kJob, "team: data", "team: web")), Applied::kConfigured);
  EXPECT_EQ(Job()->status.active, 2);
  EXPECT_THAT(Job()->metadata.finalizers, ::testing::ElementsAre("orphan"));
  EXPECT_THAT(Job()->metadata.annotations,
              ::testing::ElementsAre(::testing::Pair("batch.kubernetes.io/y", "2"),
                                     ::testing::Pair("belfry.io/x", "1")));
  EXPECT_THAT(Job()->metadata.labels, ::testing::ElementsAre(::testing::Pair("team", "web")));
  EXPECT_EQ(Job()->metadata.generation, 1);
}

TEST_F(ApplyTest, AGeneratedSelectorIsNoDifference) {
  MustApply(Parse(kJob));
  api::Job completed = *Job();
  manifest::CompleteJob(completed);
  ASSERT_TRUE(store_.Update(completed).ok());
  EXPECT_EQ(MustApply(Parse(kJob)), Applied::kUnchanged);
}

TEST_F(ApplyTest, ParallelismIsAddedToAJobOfOneCompletion) {
  MustApply(Parse(kJob, "  parallelism: 2\n", ""));
  EXPECT_EQ(Job()->spec.completions, 1);
  EXPECT_EQ(MustApply(Parse(kJob)), Applied::kConfigured);
  EXPECT_EQ(Job()->spec.completions, 1);
  EXPECT_EQ(Job()->spec.parallelism, 2);
}

TEST_F(ApplyTest, ImmutableFieldsAreRefusedInKubernetesWords) {
  MustApply(Parse(kJob));
  const auto applied = Apply(store_, Parse(kJob, "image: busybox", "image: other"));
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, Code::kInvalid);
  const std::string uid = Job()->metadata.uid;
  EXPECT_EQ(applied.error().message,
            "The Job \"a\" is invalid: spec.template: Invalid value: {\"metadata\":{\"labels\":"
            "{\"batch.kubernetes.io/controller-uid\":\"" +
                uid + "\",\"batch.kubernetes.io/job-name\":\"a\",\"controller-uid\":\"" + uid +
                "\",\"job-name\":\"a\"}},\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"other\"}],"
                "\"restartPolicy\":\"Never\",\"terminationGracePeriodSeconds\":30}}: field is immutable");
  EXPECT_EQ(Job()->spec.pod_template.spec.containers.at(0).image, "busybox");
}

TEST_F(ApplyTest, WhatIsLeavingIsNotChanged) {
  MustApply(Parse(kJob));
  api::Job leaving = *Job();
  leaving.metadata.deletion_timestamp = loop_.Now();
  ASSERT_TRUE(store_.Update(leaving).ok());
  const auto applied = Apply(store_, Parse(kJob, "parallelism: 2", "parallelism: 3"));
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, Code::kFailedPrecondition);
}

}  // namespace
}  // namespace belfry::sources
