#include "agent/controllers/manager.h"

#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "tests/support/memory_journal.h"

namespace belfry::controllers {
namespace {

// Looks at ConfigMaps, and answers what it is told to.
class Recorder : public Controller {
 public:
  std::string_view name() const override { return "recorder"; }
  void Start(Enqueue enqueue) override { enqueue_ = std::move(enqueue); }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override {
    if (change.key.kind == api::Kind::kConfigMap) enqueue(change.key, Duration(0));
  }
  Result<Look> Reconcile(const api::Key& key) override {
    seen.push_back(key.name);
    return answer ? answer(key) : Result<Look>(Look{});
  }
  Enqueue enqueue_;
  std::vector<std::string> seen;
  std::function<Result<Look>(const api::Key&)> answer;
};

class ManagerTest : public ::testing::Test {
 protected:
  void Create(const std::string& name) {
    api::ConfigMap object;
    object.metadata.ns = "default";
    object.metadata.name = name;
    ASSERT_TRUE(store_.Create(std::move(object)).ok());
  }
  FakeEventLoop loop_{FromUnixSeconds(1'000'000)};
  SeededRandom random_{1};
  testing::MemoryJournal journal_;
  store::Store store_{loop_, random_, journal_};
  Recorder recorder_;
};

using Names = std::vector<std::string>;

TEST_F(ManagerTest, ShowsWhatExistsAtTheStartAndChanges) {
  Create("old");
  loop_.RunUntilIdle();
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  loop_.RunUntilIdle();
  EXPECT_EQ(recorder_.seen, Names({"old"}));
  Create("new");
  EXPECT_EQ(recorder_.seen.size(), 1U);
  loop_.RunUntilIdle();
  EXPECT_EQ(recorder_.seen, Names({"old", "new"}));
}

TEST_F(ManagerTest, LooksAgainWhenAskedTo) {
  recorder_.answer = [&](const api::Key&) { return Look{.at = loop_.Now() + minutes(1)}; };
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  Create("a");
  loop_.Advance(seconds(59));
  EXPECT_EQ(recorder_.seen.size(), 1U);
  loop_.Advance(seconds(61));
  EXPECT_EQ(recorder_.seen.size(), 3U);
}

TEST_F(ManagerTest, ANewLookReplacesTheOldPlan) {
  bool first = true;
  recorder_.answer = [&](const api::Key&) {
    return std::exchange(first, false) ? Look{.at = loop_.Now() + minutes(1)} : Look{};
  };
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  Create("a");
  loop_.RunUntilIdle();
  recorder_.enqueue_({api::Kind::kConfigMap, "default", "a"}, Duration(0));
  loop_.Advance(hours(1));
  EXPECT_EQ(recorder_.seen.size(), 2U);
}

TEST_F(ManagerTest, RetriesErrorsWithGrowingDelay) {
  recorder_.answer = [](const api::Key&) { return Error{Code::kInternal, "no"}; };
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  Create("a");
  loop_.Advance(seconds(7));  // 0, 1, 3, 7
  EXPECT_EQ(recorder_.seen.size(), 4U);
  EXPECT_EQ(manager.Stats()[0].errors, 4U);
}

TEST_F(ManagerTest, CutsWorkIntoSlicesWithOtherTasksBetween) {
  for (int i = 0; i < 50; ++i) Create(std::to_string(i));
  loop_.RunUntilIdle();
  Manager manager(loop_, store_, {.reconciles_per_slice = 10});
  manager.Add(recorder_);
  manager.Start();
  size_t seen_by_other = 0;
  loop_.Post([&] { seen_by_other = recorder_.seen.size(); });
  loop_.RunUntilIdle();
  EXPECT_EQ(seen_by_other, 10U);
  EXPECT_EQ(recorder_.seen.size(), 50U);
}

TEST_F(ManagerTest, ASliceEndsWhenItHasWrittenEnough) {
  for (int i = 0; i < 5; ++i) Create("seed-" + std::to_string(i));
  loop_.RunUntilIdle();
  size_t largest = 0;
  store_.Watch([&](std::span<const store::Change> changes) { largest = std::max(largest, changes.size()); });
  recorder_.answer = [&](const api::Key& key) {
    if (key.name.starts_with("seed-"))
      for (int i = 0; i < 4; ++i) Create(key.name.substr(5) + "." + std::to_string(i));
    return Look{};
  };
  Manager manager(loop_, store_, {.writes_per_slice = 8});
  manager.Add(recorder_);
  manager.Start();
  loop_.RunUntilIdle();
  EXPECT_EQ(largest, 8U);
  EXPECT_EQ(recorder_.seen.size(), 25U);
}

TEST_F(ManagerTest, StopsAtTheFirstNoOfTheGate) {
  for (int i = 0; i < 5; ++i) Create(std::to_string(i));
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  int left = 3;
  manager.BeforeAction([&](std::string_view) { return left-- > 0; });
  manager.Start();
  loop_.Advance(hours(1));
  EXPECT_EQ(recorder_.seen.size(), 3U);
  EXPECT_TRUE(manager.halted());
}

TEST_F(ManagerTest, WhatFollowsFromAWriteIsInTheSameCommit) {
  recorder_.answer = [&](const api::Key& key) {
    if (key.name.size() < 5) Create(key.name + "+");
    return Look{};
  };
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  recorder_.enqueue_({api::Kind::kConfigMap, "default", "a"}, Duration(0));
  loop_.RunUntilIdle();
  EXPECT_EQ(recorder_.seen, Names({"a", "a+", "a++", "a+++", "a++++"}));
  EXPECT_EQ(journal_.commits(), 1U);
}

TEST_F(ManagerTest, LooksAgainAtUndoneWritesButNotInACircle) {
  int writes = 0;
  recorder_.answer = [&](const api::Key& key) {
    api::ConfigMap object = *store_.Get<api::ConfigMap>(key.ns, key.name);
    if (!object.data.empty()) return Look{};
    ++writes;
    object.data["k"] = "v";
    EXPECT_TRUE(store_.Update(object).ok());
    return Look{};
  };
  Create("a");
  loop_.RunUntilIdle();
  journal_.FailWith(Error{Code::kResourceExhausted, "disk full"});
  Manager manager(loop_, store_);
  manager.Add(recorder_);
  manager.Start();
  loop_.RunUntilIdle();
  EXPECT_EQ(writes, 1);
  EXPECT_TRUE(store_.Get<api::ConfigMap>("default", "a")->data.empty());
  journal_.FailWith(std::nullopt);
  loop_.Advance(store::kRetryAfter);
  EXPECT_EQ(writes, 2);
  EXPECT_FALSE(store_.Get<api::ConfigMap>("default", "a")->data.empty());
}

TEST_F(ManagerTest, MayGoBeforeStoreAndLoop) {
  {
    Manager manager(loop_, store_);
    manager.Add(recorder_);
    manager.Start();
    Create("a");
  }
  loop_.RunUntilIdle();
  EXPECT_TRUE(recorder_.seen.empty());
}

}  // namespace
}  // namespace belfry::controllers
