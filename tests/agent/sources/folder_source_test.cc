#include "agent/sources/folder_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "agent/sources/fake_file_watcher.h"
#include "tests/support/memory_journal.h"

namespace belfry::sources {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Config(const std::string& name, const std::string& value = "1") {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {k: '" + value + "'}\n";
}

std::string JobText(const std::string& name, const std::string& image = "busybox", int parallelism = 1) {
  return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name +
         "}\nspec:\n  parallelism: " + std::to_string(parallelism) +
         "\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: main, image: " +
         image + "}]\n";
}

class FolderSourceTest : public ::testing::Test {
 protected:
  FolderSourceTest() { EXPECT_TRUE(files_.CreateDirectories("/m", 0755).ok()); }

  // A new agent on the same disk.
  void Boot(std::vector<std::string> paths = {"/m"}) {
    source_.reset();
    loop_.Drop();
    store_ = std::make_unique<store::Store>(loop_, random_, journal_);
    ASSERT_TRUE(store_->Open().ok());
    source_ = std::make_unique<FolderSource>(loop_, files_, watcher_, *store_, std::move(paths),
                                             [this](const api::Key& key) {
                                               removed_.push_back(key.ToString());
                                               EXPECT_TRUE(!remove_at_once_ || store_->Remove(key).ok());
                                             });
    source_->Start();
    loop_.RunUntilIdle();
  }

  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(files_.WriteFileAtomically(path, text).ok());
  }
  // What a user does to the folder, and the time it takes to be heard.
  void WriteAndWait(const std::string& path, const std::string& text) {
    Write(path, text);
    ChangeAndWait();
  }
  void RemoveAndWait(const std::string& path) {
    ASSERT_TRUE(files_.RemoveAll(path).ok());
    ChangeAndWait();
  }
  void ChangeAndWait() {
    watcher_.Change("/m");
    loop_.Advance(milliseconds(100));
    loop_.RunUntilIdle();
  }

  std::vector<std::string> Stored() const {
    std::vector<std::string> keys;
    for (const api::Kind kind : api::kAllKinds) {
      store_->Visit(kind, "default",
                    [&](const api::Object& object) { keys.push_back(api::KeyOf(object).ToString()); });
    }
    return keys;
  }
  std::string ValueOf(const std::string& name) const {
    const auto config = store_->Get<api::ConfigMap>("default", name);
    return config == nullptr ? "none" : config->data.at("k");
  }
  std::vector<std::string> Problems() const {
    std::vector<std::string> texts;
    for (const manifest::Problem& problem : source_->status().problems) texts.push_back(problem.ToString());
    return texts;
  }

  FakeEventLoop loop_{FromUnixSeconds(1'800'000'000)};
  SeededRandom random_{1};
  FakeFileSystem files_;
  FakeFileWatcher watcher_;
  belfry::testing::MemoryJournal journal_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<FolderSource> source_;
  std::vector<std::string> removed_;
  bool remove_at_once_ = true;
};

TEST_F(FolderSourceTest, StartAppliesWhatIsThere) {
  Write("/m/a.yaml", Config("a") + "---\n" + JobText("j"));
  Boot();
  EXPECT_THAT(Stored(), ElementsAre("job default/j", "configmap default/a"));
  EXPECT_THAT(Problems(), IsEmpty());
  EXPECT_EQ(source_->status().last_success, loop_.Now());
  EXPECT_EQ(source_->status().files, 1u);
  EXPECT_EQ(source_->status().objects, 2u);
  EXPECT_EQ(store_->Get<api::Job>("default", "j")->metadata.annotations.at("belfry.io/source"), "/m/a.yaml");
}

TEST_F(FolderSourceTest, NewChangedAndRemovedFilesAreFollowed) {
  Boot();
  WriteAndWait("/m/a.yaml", Config("a"));
  EXPECT_EQ(ValueOf("a"), "1");
  WriteAndWait("/m/a.yaml", Config("a", "2") + "---\n" + Config("b"));
  EXPECT_EQ(ValueOf("a"), "2");
  WriteAndWait("/m/a.yaml", Config("a", "2"));
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a"));
  RemoveAndWait("/m/a.yaml");
  EXPECT_THAT(Stored(), IsEmpty());
  EXPECT_THAT(removed_, ElementsAre("configmap default/b", "configmap default/a"));
}

TEST_F(FolderSourceTest, WhatChangedWhileTheAgentWasDownIsFound) {
  Write("/m/a.yaml", Config("a"));
  Write("/m/b.yaml", Config("b"));
  Boot();
  ASSERT_TRUE(files_.RemoveAll("/m/a.yaml").ok());
  Write("/m/b.yaml", Config("b", "2"));
  Boot();
  EXPECT_THAT(Stored(), ElementsAre("configmap default/b"));
  EXPECT_EQ(ValueOf("b"), "2");
}

TEST_F(FolderSourceTest, UnchangedObjectsAreNotWritten) {
  Write("/m/a.yaml", Config("a") + "---\n" + JobText("j"));
  Boot();
  const uint64_t revision = store_->revision();
  ChangeAndWait();
  EXPECT_EQ(store_->revision(), revision);
  Boot();
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(FolderSourceTest, ABrokenFileChangesNothingAndIsReported) {
  Write("/m/a.yaml", Config("a") + "---\n" + Config("b"));
  Boot();
  WriteAndWait("/m/a.yaml", Config("a", "2") + "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {nam: b}\n");
  EXPECT_EQ(ValueOf("a"), "1");
  EXPECT_EQ(ValueOf("b"), "1");
  EXPECT_THAT(Problems(),
              ElementsAre("/m/a.yaml:8:12: unknown field \"metadata.nam\", did you mean \"metadata.name\"?",
                          "/m/a.yaml:8:11: metadata.name: Required value: name or generateName is required"));
  EXPECT_EQ(source_->status().failed_looks, 1u);
  for (const std::string& text : {std::string(), std::string("\x00\x01", 2), std::string(9 << 20, '#')}) {
    WriteAndWait("/m/a.yaml", text);
    EXPECT_THAT(Stored(), ElementsAre("configmap default/a", "configmap default/b"));
    EXPECT_EQ(Problems().size(), 1u);
  }
  WriteAndWait("/m/a.yaml", Config("a", "3"));
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a"));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(FolderSourceTest, ABrokenFileDoesNotHoldUpTheOthers) {
  Write("/m/a.yaml", "{");
  Write("/m/b.yaml", Config("b"));
  Boot();
  EXPECT_THAT(Stored(), ElementsAre("configmap default/b"));
  EXPECT_EQ(Problems().size(), 1u);
}

TEST_F(FolderSourceTest, AnObjectThatMovesIntoABrokenFileStays) {
  Write("/m/a.yaml", Config("a") + "---\n" + Config("b"));
  Boot();
  Write("/m/c.yaml", Config("b") + "---\nkind: Job\n");
  WriteAndWait("/m/a.yaml", Config("a"));
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a", "configmap default/b"));
  WriteAndWait("/m/c.yaml", Config("b"));
  EXPECT_THAT(removed_, IsEmpty());
  EXPECT_EQ(store_->Get<api::ConfigMap>("default", "b")->metadata.annotations.at("belfry.io/source"),
            "/m/c.yaml");
}

TEST_F(FolderSourceTest, OneNameInTwoFilesChangesNeither) {
  Write("/m/b.yaml", Config("x", "old"));
  Boot();
  WriteAndWait("/m/a.yaml", Config("x", "new"));
  EXPECT_EQ(ValueOf("x"), "old");
  EXPECT_THAT(
      Problems(),
      ElementsAre(
          "/m/b.yaml:1:1: metadata.name: configmap default/x is defined twice: the other is at /m/a.yaml:1"));
}

TEST_F(FolderSourceTest, AFolderThatCannotBeReadKeepsItsObjects) {
  Write("/m/a.yaml", Config("a"));
  Boot();
  RemoveAndWait("/m");
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a"));
  EXPECT_THAT(Problems(), ElementsAre(::testing::HasSubstr("/m: No such file or directory")));
}

TEST_F(FolderSourceTest, ObjectsFromElsewhereAreAdoptedAndOthersLeftAlone) {
  Boot();
  api::ConfigMap mine;
  mine.metadata = {.name = "a", .ns = "default"};
  mine.data = {{"k", "by hand"}};
  ASSERT_TRUE(store_->Create(mine).ok());
  mine.metadata.name = "other";
  ASSERT_TRUE(store_->Create(mine).ok());
  WriteAndWait("/m/a.yaml", Config("a", "by file"));
  EXPECT_EQ(ValueOf("a"), "by file");
  RemoveAndWait("/m/a.yaml");
  EXPECT_THAT(Stored(), ElementsAre("configmap default/other"));
}

TEST_F(FolderSourceTest, ChangesByHandStayUntilTheFileChanges) {
  Write("/m/a.yaml", Config("a"));
  Boot();
  api::ConfigMap edited = *store_->Get<api::ConfigMap>("default", "a");
  edited.data["k"] = "by hand";
  ASSERT_TRUE(store_->Update(edited).ok());
  WriteAndWait("/m/b.yaml", Config("b"));
  EXPECT_EQ(ValueOf("a"), "by hand");
  WriteAndWait("/m/a.yaml", Config("a", "2"));
  EXPECT_EQ(ValueOf("a"), "2");
}

TEST_F(FolderSourceTest, AJobWhoseImmutableFieldsChangedStaysAsItIs) {
  Write("/m/j.yaml", JobText("j"));
  Boot();
  WriteAndWait("/m/j.yaml", JobText("j", "other"));
  EXPECT_THAT(
      Problems(),
      ElementsAre(::testing::AllOf(
          ::testing::StartsWith("/m/j.yaml:1:1: The Job \"j\" is invalid: spec.template: Invalid value: "),
          ::testing::EndsWith("field is immutable"))));
  EXPECT_EQ(store_->Get<api::Job>("default", "j")->spec.pod_template.spec.containers.at(0).image, "busybox");
  WriteAndWait("/m/j.yaml", JobText("j", "busybox", 4));
  EXPECT_EQ(store_->Get<api::Job>("default", "j")->spec.parallelism, 4);
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(FolderSourceTest, AJobThatIsGoneRunsAgainOnlyWhenItsFileChanges) {
  Write("/m/j.yaml", JobText("j"));
  Write("/m/a.yaml", Config("a"));
  Boot();
  ASSERT_TRUE(store_->Remove({api::Kind::kJob, "default", "j"}).ok());
  ASSERT_TRUE(store_->Remove({api::Kind::kConfigMap, "default", "a"}).ok());
  ChangeAndWait();
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a"));
  Boot();
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a"));
  WriteAndWait("/m/j.yaml", JobText("j", "other"));
  EXPECT_THAT(Stored(), ElementsAre("job default/j", "configmap default/a"));
  // Once its file is gone, the Job is forgotten.
  RemoveAndWait("/m/j.yaml");
  WriteAndWait("/m/j.yaml", JobText("j", "other"));
  EXPECT_THAT(Stored(), ElementsAre("job default/j", "configmap default/a"));
}

TEST_F(FolderSourceTest, WhatIsStillLeavingIsCreatedOnceItIsGone) {
  Write("/m/j.yaml", JobText("j"));
  Boot();
  remove_at_once_ = false;
  RemoveAndWait("/m/j.yaml");
  api::Job leaving = *store_->Get<api::Job>("default", "j");
  leaving.metadata.deletion_timestamp = loop_.Now();
  ASSERT_TRUE(store_->Update(leaving).ok());
  WriteAndWait("/m/j.yaml", JobText("j", "other"));
  EXPECT_EQ(Problems().size(), 1u);
  ASSERT_TRUE(store_->Remove({api::Kind::kJob, "default", "j"}).ok());
  loop_.RunUntilIdle();
  loop_.Advance(seconds(1));
  EXPECT_EQ(store_->Get<api::Job>("default", "j")->spec.pod_template.spec.containers.at(0).image, "other");
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(FolderSourceTest, ChangesAreGatheredForAMoment) {
  Boot();
  const uint64_t looks = source_->status().looks;
  for (int i = 0; i < 5; ++i) {
    watcher_.Change("/m");
    loop_.Advance(milliseconds(60));
  }
  EXPECT_EQ(source_->status().looks, looks);
  loop_.Advance(milliseconds(100));
  EXPECT_EQ(source_->status().looks, looks + 1);
  // Somebody who never stops does not hold it up for ever.
  for (int i = 0; i < 40; ++i) {
    watcher_.Change("/m");
    loop_.Advance(milliseconds(60));
  }
  EXPECT_EQ(source_->status().looks, looks + 2);
}

TEST_F(FolderSourceTest, WhereNothingCanBeWatchedItLooksNowAndThen) {
  watcher_.broken = true;
  Boot();
  Write("/m/a.yaml", Config("a"));
  loop_.Advance(seconds(31));
  EXPECT_EQ(ValueOf("a"), "1");
}

TEST_F(FolderSourceTest, WritesThatCannotBeMadeDurableAreTriedAgain) {
  Write("/m/a.yaml", Config("a"));
  journal_.FailWith(Error{Code::kResourceExhausted, "commit: no space left on device"});
  Boot();
  EXPECT_THAT(Problems(), ElementsAre("commit: no space left on device"));
  journal_.FailWith(std::nullopt);
  loop_.Advance(seconds(31));
  EXPECT_EQ(ValueOf("a"), "1");
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(FolderSourceTest, SingleFilesAndTrailingSlashesWork) {
  Write("/m/a.yaml", Config("a"));
  Write("/n/b.yaml", Config("b"));
  Boot({"/m/", "/n/b.yaml"});
  EXPECT_THAT(Stored(), ElementsAre("configmap default/a", "configmap default/b"));
  ASSERT_TRUE(files_.RemoveAll("/m/a.yaml").ok());
  ASSERT_TRUE(files_.RemoveAll("/n/b.yaml").ok());
  source_->Look();
  // A folder without a file has lost it on purpose; a file that was asked for by name and is gone is a
  // mistake.
  EXPECT_THAT(Stored(), ElementsAre("configmap default/b"));
  EXPECT_EQ(Problems().size(), 1u);
}

}  // namespace
}  // namespace belfry::sources
