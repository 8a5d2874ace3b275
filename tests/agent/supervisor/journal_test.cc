#include "agent/supervisor/journal.h"

#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"
#include "agent/base/random.h"

namespace belfry::supervisor {
namespace {

const ContainerKey kKey{"uid-1", "main", 2};

std::vector<JournalRecord> OneOfEach() {
  return {BootRecord{"boot"},
          StartRecord{kKey, "ns", "pod", "/cgroup/1", FromUnixSeconds(100)},
          StartedRecord{kKey, 4711, 99, {7, 8}, FromUnixSeconds(101)},
          StartFailed{kKey, "StartError", "exec x: No such file or directory", FromUnixSeconds(102)},
          Exited{kKey, 137, 9, true, FromUnixSeconds(101), FromUnixSeconds(103)},
          ForgetRequest{kKey},
          SignalRequest{kKey, 15}};
}

std::string FileOf(const std::vector<JournalRecord>& records) {
  std::string text = "BLFJRN01";
  for (const auto& record : records) AppendRecord(text, record);
  return text;
}

TEST(JournalTest, ReadsWhatItHasWritten) { EXPECT_EQ(ParseJournal(FileOf(OneOfEach())), OneOfEach()); }

TEST(JournalTest, ATornTailCostsTheTornRecordOnly) {
  const auto records = OneOfEach();
  const std::string file = FileOf(records);
  for (size_t length = 0; length < file.size(); ++length) {
    const auto read = ParseJournal(std::string_view(file).substr(0, length));
    ASSERT_LT(read.size(), records.size());
    EXPECT_TRUE(std::equal(read.begin(), read.end(), records.begin())) << "cut at " << length;
  }
}

TEST(JournalTest, ADamagedByteIsNoticed) {
  const std::string file = FileOf(OneOfEach());
  for (size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    const auto read = ParseJournal(damaged);
    ASSERT_LT(read.size(), OneOfEach().size()) << "byte " << i;
    const auto whole = OneOfEach();
    EXPECT_TRUE(std::equal(read.begin(), read.end(), whole.begin())) << "byte " << i;
  }
}

TEST(JournalTest, NoiseIsNotAJournal) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    std::string noise = i % 2 == 0 ? "BLFJRN01" : "";
    for (uint64_t n = random.Next() % 200; n > 0; --n) noise.push_back(static_cast<char>(random.Next()));
    EXPECT_TRUE(ParseJournal(noise).empty());
  }
}

TEST(JournalTest, LoadsWhatWasCommitted) {
  FakeFileSystem files;
  Journal journal(files, "/data/journal");
  EXPECT_TRUE(journal.Load().value_or({ForgetRequest{kKey}}).empty());
  ASSERT_TRUE(journal.Commit([] { return std::vector<JournalRecord>{BootRecord{"b"}}; }).ok());
  journal.Append(ForgetRequest{kKey});
  ASSERT_TRUE(journal.Commit([] { return std::vector<JournalRecord>{}; }).ok());
  EXPECT_EQ(Journal(files, "/data/journal").Load().value_or({}),
            (std::vector<JournalRecord>{BootRecord{"b"}, ForgetRequest{kKey}}));
}

TEST(JournalTest, AfterAFullDiskTheWholeStateIsWrittenAnew) {
  FakeFileSystem files;
  Journal journal(files, "/data/journal");
  const auto all = [] { return OneOfEach(); };
  ASSERT_TRUE(journal.Commit(all).ok());
  files.LimitSpace(10);
  journal.Append(ForgetRequest{kKey});
  EXPECT_FALSE(journal.Commit(all).ok());
  EXPECT_TRUE(journal.dirty());
  files.LimitSpace(std::nullopt);
  ASSERT_TRUE(journal.Commit(all).ok());
  EXPECT_FALSE(journal.dirty());
  EXPECT_EQ(Journal(files, "/data/journal").Load().value_or({}), OneOfEach());
}

TEST(JournalTest, AGrownFileIsRewrittenFromWhatMatters) {
  FakeFileSystem files;
  Journal journal(files, "/data/journal");
  const auto all = [] { return std::vector<JournalRecord>{BootRecord{"now"}}; };
  const StartRecord start{kKey, std::string(1000, 'n'), "pod", "", FromUnixSeconds(1)};
  for (int i = 0; i < 6000; ++i) {
    journal.Append(start);
    ASSERT_TRUE(journal.Commit(all).ok());
  }
  EXPECT_LT(files.Stat("/data/journal")->size, 5U << 20);
}

}  // namespace
}  // namespace belfry::supervisor
