#include "agent/store/sqlite_journal.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace belfry::store {
namespace {

JournalEntry Map(const std::string& name, const std::string& value) {
  const api::Object object = std::make_shared<const api::ConfigMap>(
      api::ConfigMap{.metadata = {.name = name, .ns = "default"}, .data = {{"k", value}}});
  return {api::KeyOf(object), object};
}

class SqliteJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "belfry-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/belfry.db"; }

  // Name → value of what is on disk, and the revision.
  std::map<std::string, std::string> Read(SqliteJournal& journal, uint64_t* revision = nullptr) {
    std::map<std::string, std::string> found;
    const auto loaded = journal.Load([&](const api::Object& object, uint64_t at) {
      found[api::MetaOf(object).name] = api::As<api::ConfigMap>(object)->data.at("k");
      if (revision != nullptr) *revision = at;
    });
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return found;
  }

  std::string folder_;
};

using Values = std::map<std::string, std::string>;

TEST_F(SqliteJournalTest, KeepsWhatWasCommitted) {
  {
    auto journal = SqliteJournal::Open(path());
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    ASSERT_TRUE((*journal)->Commit({Map("a", "1"), Map("b", "2")}, 7).ok());
    ASSERT_TRUE((*journal)->Commit({Map("a", "3"), {Map("b", "").key, std::nullopt}}, 9).ok());
  }
  auto journal = SqliteJournal::Open(path());
  ASSERT_TRUE(journal.ok());
  uint64_t revision = 0;
  EXPECT_EQ(Read(**journal, &revision), (Values{{"a", "3"}}));
  EXPECT_EQ(revision, 9u);
}

TEST_F(SqliteJournalTest, CommitsFindRoomInTheLogAndNothingElseInIt) {
  uintmax_t size = 0;
  for (int life = 0; life < 3; ++life) {
    auto journal = SqliteJournal::Open(path());
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    const auto found = std::filesystem::file_size(path() + "-wal");
    EXPECT_GT(found, 4'000'000U);
    ASSERT_TRUE((*journal)->Commit({Map("m" + std::to_string(life), "v")}, 1).ok());
    EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), found);
    EXPECT_EQ(Read(**journal).size(), static_cast<size_t>(life) + 1);
    size = found;
    // What a killed agent leaves: the log as it is.
    std::filesystem::copy_file(path() + "-wal", path() + "-left");
    journal->reset();
    std::filesystem::rename(path() + "-left", path() + "-wal");
  }
  EXPECT_LT(size, 5'000'000U) << "the room is not added to in each life";
}

TEST_F(SqliteJournalTest, TheLogIsTakenOverByTidyAndByNoCommit) {
  auto journal = SqliteJournal::Open(path());
  ASSERT_TRUE(journal.ok());
  const auto size = [](const std::string& file) { return std::filesystem::file_size(file); };
  const std::string log = path() + "-wal";
  const auto fill = [&](uintmax_t bytes) {
    for (int i = 0; size(log) < bytes && i < 10'000; ++i)
      ASSERT_TRUE((*journal)->Commit({Map("m" + std::to_string(i), std::string(20'000, 'x'))}, 1).ok());
  };
  const auto before = size(path());
  fill(6'000'000);
  EXPECT_EQ(size(path()), before) << "a commit has worked on the database";
  const auto longest = size(log);
  (*journal)->Tidy();
  EXPECT_GT(size(path()), before);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE((*journal)->Commit({Map("n" + std::to_string(i), std::string(20'000, 'x'))}, 1).ok());
  EXPECT_EQ(size(log), longest) << "the log is written anew from its beginning";
}

TEST_F(SqliteJournalTest, SecondAgentIsRefused) {
  auto first = SqliteJournal::Open(path());
  ASSERT_TRUE(first.ok());
  const auto second = SqliteJournal::Open(path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kFailedPrecondition);
  EXPECT_NE(second.error().message.find("another agent"), std::string::npos);
}

TEST_F(SqliteJournalTest, FolderThatIsNoneIsSaid) {
  const auto journal = SqliteJournal::Open(folder_ + "/none/belfry.db");
  ASSERT_FALSE(journal.ok());
  EXPECT_NE(journal.error().message.find(folder_ + "/none/belfry.db"), std::string::npos);
}

TEST_F(SqliteJournalTest, DamagedFileIsSaidAndLeftAlone) {
  std::ofstream(path()) << std::string(4096, 'x');
  const auto journal = SqliteJournal::Open(path());
  ASSERT_FALSE(journal.ok());
  EXPECT_EQ(journal.error().code, Code::kInternal);
  EXPECT_EQ(std::filesystem::file_size(path()), 4096u);
}

// Kills a writing process at a hundred places; what it had been told was committed must be there, in whole
// transactions.
TEST_F(SqliteJournalTest, Kill9LosesNothingAcknowledged) {
  for (int round = 0; round < 20; ++round) {
    int acknowledged[2];
    ASSERT_EQ(::pipe(acknowledged), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto journal = SqliteJournal::Open(path());
      for (int i = 1; journal.ok(); ++i) {
        const std::string value = std::to_string(i);
        if (!(*journal)->Commit({Map("a", value), Map("b", value)}, static_cast<uint64_t>(i)).ok()) break;
        if (::write(acknowledged[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    ::close(acknowledged[1]);
    int last = 0;
    for (int i = 0; i < 5 + round * 3; ++i)
      ASSERT_EQ(::read(acknowledged[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int next = 0; ::read(acknowledged[0], &next, sizeof next) == sizeof next;) last = next;
    ::close(acknowledged[0]);

    auto journal = SqliteJournal::Open(path());
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    const Values found = Read(**journal);
    EXPECT_EQ(found.at("a"), found.at("b"));
    EXPECT_GE(std::stoi(found.at("a")), last);
  }
}

TEST_F(SqliteJournalTest, FullDiskIsAnErrorAndTheOldStateStays) {
  auto journal = SqliteJournal::Open(path());
  ASSERT_TRUE(journal.ok());
  ASSERT_TRUE((*journal)->Commit({Map("a", "1")}, 1).ok());

  // A limit on file size stands for the full disk: writes beyond it fail.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 200'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = (*journal)->Commit({Map("a", std::string(1'000'000, 'x')), Map("b", "2")}, 2);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(Read(**journal), (Values{{"a", "1"}}));
  EXPECT_TRUE((*journal)->Commit({Map("a", "3")}, 3).ok());
  EXPECT_EQ(Read(**journal), (Values{{"a", "3"}}));
}

}  // namespace
}  // namespace belfry::store
