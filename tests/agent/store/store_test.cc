#include "agent/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "tests/support/memory_journal.h"

namespace belfry::store {
namespace {

using ::testing::ElementsAre;

api::ConfigMap Map(const std::string& name, const std::string& value = "v") {
  return {.metadata = {.name = name, .ns = "default"}, .data = {{"k", value}}};
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    store_.Watch([this](std::span<const Change> changes) { Note(changes); });
  }

  void Note(std::span<const Change> changes) {
    for (const Change& change : changes) {
      const char* what = !change.before ? "+" : !change.after ? "-" : "~";
      seen_.push_back(what + change.key.name);
    }
  }

  FakeEventLoop loop_{FromUnixSeconds(1'800'000'000)};
  SeededRandom random_{7};
  testing::MemoryJournal journal_;
  Store store_{loop_, random_, journal_};
  std::vector<std::string> seen_;
};

TEST_F(StoreTest, CreateFillsTheMetadata) {
  const auto map = store_.Create(Map("a"));
  ASSERT_TRUE(map.ok());
  EXPECT_EQ((*map)->metadata.uid.size(), 36u);
  EXPECT_EQ((*map)->metadata.creation_timestamp, loop_.Now());
  EXPECT_EQ((*map)->metadata.generation, 1);
  EXPECT_EQ((*map)->metadata.resource_version, store_.revision());
  EXPECT_EQ(store_.Create(Map("a")).error().code, Code::kAlreadyExists);
}

TEST_F(StoreTest, WritesAreReadAtOnceAndToldAfterTheCommit) {
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  EXPECT_NE(store_.Get<api::ConfigMap>("default", "a"), nullptr);
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(journal_.commits(), 0u);
  loop_.RunUntilIdle();
  EXPECT_THAT(seen_, ElementsAre("+a"));
}

TEST_F(StoreTest, OneTurnIsOneCommit) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_.Create(Map(name)).ok());
  auto map = *store_.Get<api::ConfigMap>("default", "a");
  map.data["k"] = "w";
  ASSERT_TRUE(store_.Update(map).ok());
  loop_.RunUntilIdle();
  EXPECT_EQ(journal_.commits(), 1u);
  EXPECT_THAT(seen_, ElementsAre("+a", "+b", "+c"));
}

TEST_F(StoreTest, UpdateOfAStaleValueIsAConflict) {
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  auto stale = *store_.Get<api::ConfigMap>("default", "a");
  auto fresh = stale;
  fresh.data["k"] = "1";
  ASSERT_TRUE(store_.Update(fresh).ok());
  stale.data["k"] = "2";
  EXPECT_EQ(store_.Update(stale).error().code, Code::kConflict);
  EXPECT_EQ(store_.Get<api::ConfigMap>("default", "a")->data.at("k"), "1");
}

TEST_F(StoreTest, UpdateOfAReplacedObjectIsAConflict) {
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  auto old = *store_.Get<api::ConfigMap>("default", "a");
  ASSERT_TRUE(store_.Remove(api::KeyOf(old)).ok());
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  EXPECT_EQ(store_.Update(old).error().code, Code::kConflict);
}

TEST_F(StoreTest, UpdateThatChangesNothingIsNone) {
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  loop_.RunUntilIdle();
  seen_.clear();
  const uint64_t revision = store_.revision();
  ASSERT_TRUE(store_.Update(*store_.Get<api::ConfigMap>("default", "a")).ok());
  loop_.RunUntilIdle();
  EXPECT_EQ(store_.revision(), revision);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(StoreTest, CreatedAndRemovedInOneTurnIsNothing) {
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  ASSERT_TRUE(store_.Remove({api::Kind::kConfigMap, "default", "a"}).ok());
  loop_.RunUntilIdle();
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(journal_.commits(), 0u);
}

TEST_F(StoreTest, FindsWhatAnOwnerControls) {
  const auto owner = api::Job{.metadata = {.name = "j", .ns = "default", .uid = "u1"}};
  for (const char* name : {"p2", "p1", "p3"}) {
    api::Pod pod{.metadata = {.name = name, .ns = "default"}};
    if (std::string(name) != "p3") pod.metadata.owner_references = {api::ControllerReference(owner)};
    ASSERT_TRUE(store_.Create(pod).ok());
  }
  ASSERT_TRUE(store_.Remove({api::Kind::kPod, "default", "p2"}).ok());
  const auto pods = store_.ListControlledBy<api::Pod>("u1");
  ASSERT_EQ(pods.size(), 1u);
  EXPECT_EQ(pods[0]->metadata.name, "p1");
  EXPECT_TRUE(store_.ListControlledBy<api::Pod>("u2").empty());
}

TEST_F(StoreTest, ListsByNamespace) {
  for (const char* ns : {"b", "a", "ab"}) {
    ASSERT_TRUE(store_.Create(api::Secret{.metadata = {.name = "s", .ns = ns}}).ok());
  }
  EXPECT_EQ(store_.List<api::Secret>().size(), 3u);
  ASSERT_EQ(store_.List<api::Secret>("a").size(), 1u);
  EXPECT_EQ(store_.List<api::Secret>("a")[0]->metadata.ns, "a");
  EXPECT_EQ(store_.Count(api::Kind::kSecret), 3u);
  EXPECT_EQ(store_.Count(api::Kind::kJob), 0u);
}

TEST_F(StoreTest, FailedCommitUndoesTheTurnAndTells) {
  ASSERT_TRUE(store_.Create(Map("a", "old")).ok());
  loop_.RunUntilIdle();
  seen_.clear();

  journal_.FailWith(Error{Code::kResourceExhausted, "disk full"});
  auto map = *store_.Get<api::ConfigMap>("default", "a");
  map.data["k"] = "new";
  ASSERT_TRUE(store_.Update(map).ok());
  ASSERT_TRUE(store_.Create(Map("b")).ok());
  Result<void> outcome;
  store_.AfterCommit([&](const Result<void>& result) { outcome = result; });
  loop_.RunUntilIdle();

  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Code::kResourceExhausted);
  EXPECT_EQ(store_.Get<api::ConfigMap>("default", "a")->data.at("k"), "old");
  EXPECT_EQ(store_.Get<api::ConfigMap>("default", "b"), nullptr);
  EXPECT_TRUE(store_.degraded().has_value());
  EXPECT_THAT(seen_, ElementsAre());
  loop_.Advance(seconds(1));
  EXPECT_THAT(seen_, ElementsAre("~a", "-b")) << "whoever wanted the change must look again";

  journal_.FailWith(std::nullopt);
  ASSERT_TRUE(store_.Create(Map("b")).ok());
  loop_.RunUntilIdle();
  EXPECT_FALSE(store_.degraded().has_value());
}

TEST_F(StoreTest, WritesAreShownOnceAndTheirUndoingAtOnce) {
  std::vector<std::string> shown;
  store_.WatchWrites([&](std::span<const Change> changes, bool undone) {
    seen_.clear();
    Note(changes);
    for (const std::string& change : seen_) shown.push_back((undone ? "undone " : "") + change);
    seen_.clear();
  });
  ASSERT_TRUE(store_.Create(Map("a")).ok());
  ASSERT_TRUE(store_.Create(Map("b")).ok());
  store_.ShowWrites();
  store_.ShowWrites();
  EXPECT_THAT(std::exchange(shown, {}), ElementsAre("+a", "+b"));
  auto map = *store_.Get<api::ConfigMap>("default", "a");
  map.data["k"] = "w";
  ASSERT_TRUE(store_.Update(map).ok());
  loop_.RunUntilIdle();
  EXPECT_THAT(std::exchange(shown, {}), ElementsAre("~a")) << "shown before the commit";
  EXPECT_THAT(std::exchange(seen_, {}), ElementsAre("+a", "+b")) << "told as a whole";

  journal_.FailWith(Error{Code::kResourceExhausted, "disk full"});
  ASSERT_TRUE(store_.Remove({api::Kind::kConfigMap, "default", "a"}).ok());
  ASSERT_TRUE(store_.Create(Map("c")).ok());
  loop_.RunUntilIdle();
  EXPECT_THAT(shown, ElementsAre("-a", "+c", "undone +a", "undone -c"));
}

TEST_F(StoreTest, WhatWasCommittedIsThereAfterARestartAndNothingElse) {
  ASSERT_TRUE(store_.Create(Map("kept")).ok());
  loop_.RunUntilIdle();
  ASSERT_TRUE(store_.Create(Map("lost")).ok());
  Store second(loop_, random_, journal_);
  ASSERT_TRUE(second.Open().ok());
  EXPECT_NE(second.Get<api::ConfigMap>("default", "kept"), nullptr);
  EXPECT_EQ(second.Get<api::ConfigMap>("default", "lost"), nullptr);
  const auto next = second.Create(Map("next"));
  EXPECT_GT((*next)->metadata.resource_version,
            second.Get<api::ConfigMap>("default", "kept")->metadata.resource_version);
}

}  // namespace
}  // namespace belfry::store
