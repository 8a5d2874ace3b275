#include "agent/controllers/pod_garbage.h"

#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "agent/controllers/deletion.h"
#include "agent/controllers/manager.h"
#include "agent/runtime/fake_runtime.h"
#include "agent/store/volatile_journal.h"

namespace belfry::controllers {
namespace {

class PodGarbageTest : public ::testing::Test {
 protected:
  PodGarbageTest() {
    manager_.Add(collector_);
    EXPECT_TRUE(store_.Open().ok());
    manager_.Start();
  }

  // A second younger than the one before.
  void AddPod(const std::string& name, api::PodPhase phase, bool counted = true) {
    loop_.Advance(seconds(1));
    api::Pod pod;
    pod.metadata.ns = "default";
    pod.metadata.name = name;
    pod.status.phase = phase;
    if (!counted) pod.metadata.finalizers.emplace_back(kJobTrackingFinalizer);
    EXPECT_TRUE(store_.Create(pod).ok());
    loop_.RunUntilIdle();
  }
  std::string Kept() const {
    std::string names;
    for (const auto& pod : store_.List<api::Pod>()) names += pod->metadata.name + " ";
    return names;
  }

  FakeEventLoop loop_{FromUnixSeconds(1'700'000'000)};
  SeededRandom random_{1};
  store::VolatileJournal journal_;
  store::Store store_{loop_, random_, journal_};
  runtime::FakeRuntime runtime_{loop_, [](const runtime::ContainerStart&) { return runtime::Script{}; }};
  PodGarbageCollector collector_{store_, runtime_, 2};
  Manager manager_{loop_, store_};
};

TEST_F(PodGarbageTest, OldestFinishedPodsGoFirst) {
  AddPod("z", api::PodPhase::kSucceeded);
  AddPod("y", api::PodPhase::kFailed);
  EXPECT_EQ(Kept(), "y z ");
  AddPod("x", api::PodPhase::kSucceeded);
  EXPECT_EQ(Kept(), "x y ");
}

TEST_F(PodGarbageTest, WhatTheyHaveWrittenGoesWithThem) {
  AddPod("a", api::PodPhase::kSucceeded);
  const std::string uid = store_.Get<api::Pod>("default", "a")->metadata.uid;
  for (const std::string name : {"b", "c"}) AddPod(name, api::PodPhase::kSucceeded);
  EXPECT_EQ(runtime_.removed_pods(), std::vector<std::string>{uid});
}

TEST_F(PodGarbageTest, PodThatSomebodyElseHoldsStays) {
  AddPod("held", api::PodPhase::kSucceeded);
  api::Pod held = *store_.Get<api::Pod>("default", "held");
  held.metadata.finalizers = {"example.com/archive"};
  ASSERT_TRUE(store_.Update(held).ok());
  for (const std::string name : {"a", "b", "c"}) AddPod(name, api::PodPhase::kSucceeded);
  EXPECT_EQ(Kept(), "b c held ");
}

// Its commit is still to come when the collector looks.
TEST_F(PodGarbageTest, PodThatHasJustBeenReplacedStays) {
  PodGarbageCollector stricter(store_, runtime_, 1);
  for (const std::string name : {"a", "b"}) {
    AddPod(name, api::PodPhase::kSucceeded);
    stricter.OnChange({.key = {api::Kind::kPod, "default", name},
                       .before = std::nullopt,
                       .after = api::Object(store_.Get<api::Pod>("default", name))},
                      [](const api::Key&, Duration) {});
  }
  ASSERT_TRUE(store_.Remove({api::Kind::kPod, "default", "a"}).ok());
  api::Pod another;
  another.metadata.ns = "default";
  another.metadata.name = "a";
  ASSERT_TRUE(store_.Create(another).ok());
  ASSERT_TRUE(stricter.Reconcile({}).ok());
  EXPECT_EQ(Kept(), "a b ");
  EXPECT_TRUE(runtime_.removed_pods().empty());
}

TEST_F(PodGarbageTest, RunningPodsNeitherGoNorCount) {
  for (const std::string name : {"a", "b", "c", "d"}) AddPod(name, api::PodPhase::kRunning);
  AddPod("e", api::PodPhase::kSucceeded);
  AddPod("f", api::PodPhase::kSucceeded);
  EXPECT_EQ(Kept(), "a b c d e f ");
}

TEST_F(PodGarbageTest, PodThatItsJobHasStillToCountStays) {
  AddPod("uncounted", api::PodPhase::kSucceeded, false);
  for (const std::string name : {"a", "b", "c"}) AddPod(name, api::PodPhase::kSucceeded);
  EXPECT_EQ(Kept(), "b c uncounted ");
  ASSERT_TRUE(RemoveFinalizer(store_, {api::Kind::kPod, "default", "uncounted"}, kJobTrackingFinalizer).ok());
  loop_.RunUntilIdle();
  EXPECT_EQ(Kept(), "b c ");
}

TEST_F(PodGarbageTest, ManyAtOnceGoInPortions) {
  for (int i = 100; i < 350; ++i) {
    api::Pod pod;
    pod.metadata.ns = "default";
    pod.metadata.name = "p" + std::to_string(i);
    pod.status.phase = api::PodPhase::kFailed;
    ASSERT_TRUE(store_.Create(pod).ok());
  }
  loop_.RunUntilIdle();
  EXPECT_EQ(Kept(), "p348 p349 ");
}

}  // namespace
}  // namespace belfry::controllers
