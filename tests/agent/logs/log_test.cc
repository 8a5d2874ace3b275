#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "agent/base/asio_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "agent/base/random.h"
#include "agent/logs/follower.h"
#include "agent/logs/reader.h"
#include "agent/logs/writer.h"

namespace belfry::logs {
namespace {

const Instant kNow = FromUnixSeconds(1'800'000'000);

class LogTest : public testing::Test {
 protected:
  LogTest() {
    std::string name = testing::TempDir() + "belfry-logs-XXXXXX";
    folder_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    std::filesystem::create_directories(LogsFolder(folder_));
    place_ = *ContainerLog(folder_, "ns", "pod", "uid", "main", 0);
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }

  std::vector<LogLine> ReadAll(LogQuery query = {}) {
    LogReader reader(files_, place_, query);
    std::vector<LogLine> lines;
    EXPECT_TRUE(reader.Poll(lines, 1U << 30).ok());
    return lines;
  }
  static std::vector<std::string> Texts(const std::vector<LogLine>& lines) {
    std::vector<std::string> texts;
    for (const auto& line : lines) texts.push_back(line.text);
    return texts;
  }

  std::string folder_;
  PosixFileSystem files_;
  LogPlace place_;
};

TEST_F(LogTest, LinesKeepTimeStreamAndBytes) {
  LogWriter writer(files_, place_, {});
  writer.Write(Stream::kStdout, std::string_view("a\0b\n\xff\n", 6), kNow);
  writer.Write(Stream::kStderr, "oops\n", kNow + milliseconds(5));
  writer.Finish(kNow);
  const auto lines = ReadAll();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], (LogLine{kNow, Stream::kStdout, false, std::string("a\0b", 3)}));
  EXPECT_EQ(lines[1], (LogLine{kNow, Stream::kStdout, false, "\xff"}));
  EXPECT_EQ(lines[2], (LogLine{kNow + milliseconds(5), Stream::kStderr, false, "oops"}));
}

TEST_F(LogTest, StreamsDoNotMixWithinALine) {
  LogWriter writer(files_, place_, {});
  writer.Write(Stream::kStdout, "half ", kNow);
  writer.Write(Stream::kStderr, "other\n", kNow);
  writer.Write(Stream::kStdout, "line\n", kNow);
  writer.Finish(kNow);
  EXPECT_EQ(Texts(ReadAll()), (std::vector<std::string>{"other", "half line"}));
}

// However output is cut into pieces, the same bytes come back, and no line is longer than the limit.
TEST_F(LogTest, AnyPiecesGiveTheSameBytes) {
  SeededRandom random(3);
  std::string all;
  for (int i = 0; i < 40; ++i)
    all += std::string(random.Next() % (3 * kMaxLineBytes), static_cast<char>('a' + i % 26)) + "\n";
  all += std::string(kMaxLineBytes, 'x') + "\n" + std::string(kMaxLineBytes + 1, 'y') + "\nend";
  LogWriter writer(files_, place_, {.max_file_bytes = 100 << 20, .max_files = 2});
  for (size_t at = 0; at < all.size();) {
    const size_t size = std::min<size_t>(1 + random.Next() % 30000, all.size() - at);
    writer.Write(Stream::kStdout, std::string_view(all).substr(at, size), kNow);
    at += size;
  }
  writer.Finish(kNow);
  std::string read;
  for (const auto& line : ReadAll()) {
    EXPECT_LE(line.text.size(), kMaxLineBytes);
    read += line.text + (line.partial ? "" : "\n");
  }
  EXPECT_EQ(read, all);
}

TEST_F(LogTest, ASilentProgramMakesNoFile) {
  LogWriter writer(files_, place_, {});
  writer.Write(Stream::kStdout, "", kNow);
  writer.Finish(kNow);
  EXPECT_FALSE(std::filesystem::exists(place_.folder));
  EXPECT_TRUE(ReadAll().empty());
}

TEST_F(LogTest, RotationKeepsTheNewestFiles) {
  LogWriter writer(files_, place_, {.max_file_bytes = 1000, .max_files = 3});
  for (int i = 0; i < 200; ++i) writer.Write(Stream::kStdout, "line " + std::to_string(i) + "\n", kNow);
  writer.Finish(kNow);
  const auto lines = ReadAll();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back().text, "line 199");
  int expected = std::stoi(lines.front().text.substr(5));
  for (const auto& line : lines) EXPECT_EQ(line.text, "line " + std::to_string(expected++));
  const auto entries = files_.ListDirectory(place_.folder).value_or({});
  EXPECT_EQ(entries.size(), 3U);
  for (const auto& entry : entries) {
    EXPECT_LE(files_.Stat(place_.folder + "/" + entry.name)->size, 1000U);
  }
}

TEST_F(LogTest, AWriterGoesOnWhereACrashedOneStopped) {
  { LogWriter(files_, place_, {}).Write(Stream::kStdout, "first\nlost half", kNow); }
  LogWriter writer(files_, place_, {});
  writer.Write(Stream::kStdout, "second\n", kNow);
  writer.Finish(kNow);
  EXPECT_EQ(Texts(ReadAll()), (std::vector<std::string>{"first", "second"}));
}

TEST_F(LogTest, TailCountsOverFiles) {
  LogWriter writer(files_, place_, {.max_file_bytes = 500, .max_files = 100});
  for (int i = 0; i < 100; ++i) writer.Write(Stream::kStdout, std::to_string(i) + "\n", kNow);
  writer.Finish(kNow);
  for (const uint64_t tail : {0, 1, 2, 11, 50, 99, 100, 1000}) {
    const auto lines = ReadAll({.since = {}, .tail_lines = tail});
    ASSERT_EQ(lines.size(), std::min<uint64_t>(tail, 100));
    if (tail > 0) {
      EXPECT_EQ(lines.back().text, "99");
    }
  }
}

TEST_F(LogTest, SinceLeavesOutOlderLines) {
  LogWriter writer(files_, place_, {});
  for (int i = 0; i < 10; ++i) writer.Write(Stream::kStdout, std::to_string(i) + "\n", kNow + seconds(i));
  writer.Finish(kNow);
  EXPECT_EQ(Texts(ReadAll({.since = kNow + seconds(8), .tail_lines = {}})),
            (std::vector<std::string>{"8", "9"}));
}

TEST_F(LogTest, AReaderKeepsUpWithAGrowingAndRotatingLog) {
  LogWriter writer(files_, place_, {.max_file_bytes = 300, .max_files = 4});
  LogReader reader(files_, place_);
  std::vector<LogLine> lines;
  for (int i = 0; i < 300; ++i) {
    writer.Write(Stream::kStdout, "n" + std::to_string(i) + "\n", kNow);
    if (i % 7 != 0) continue;
    for (bool more = true; more;) {
      const auto polled = reader.Poll(lines, 3);
      ASSERT_TRUE(polled.ok());
      more = *polled;
    }
  }
  ASSERT_TRUE(reader.Poll(lines).ok());
  ASSERT_EQ(lines.size(), 300U);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(lines[static_cast<size_t>(i)].text, "n" + std::to_string(i));
  EXPECT_EQ(reader.malformed(), 0U);
}

TEST_F(LogTest, AReaderThatIsLeftBehindGoesOnWithWhatIsThere) {
  LogWriter writer(files_, place_, {.max_file_bytes = 300, .max_files = 2});
  writer.Write(Stream::kStdout, "first\n", kNow);
  LogReader reader(files_, place_);
  std::vector<LogLine> lines;
  ASSERT_TRUE(reader.Poll(lines).ok());
  for (int i = 0; i < 300; ++i) writer.Write(Stream::kStdout, std::to_string(i) + "\n", kNow);
  ASSERT_TRUE(reader.Poll(lines).ok());
  EXPECT_EQ(lines.front().text, "first");
  EXPECT_EQ(lines.back().text, "299");
  EXPECT_LT(lines.size(), 100U);
}

TEST_F(LogTest, DamagedFilesAreReadAsFarAsTheyMakeSense) {
  std::filesystem::create_directories(place_.folder);
  auto file = *files_.OpenAppend(place_.File(0), 0644);
  std::string text;
  AppendLine(text, "2027-01-15T08:00:00Z", Stream::kStdout, false, "good");
  ASSERT_TRUE(
      file->Append("garbage\n\n2027 stdout F x\n" + text + std::string(100'000, 'z') + "\n" + text).ok());
  LogReader reader(files_, place_);
  std::vector<LogLine> lines;
  ASSERT_TRUE(reader.Poll(lines).ok());
  EXPECT_EQ(Texts(lines), (std::vector<std::string>{"good", "good"}));
  EXPECT_EQ(reader.malformed(), 3U);
}

TEST(LogWriterTest, AFullDiskDropsCountsAndRecovers) {
  FakeFileSystem files;
  const LogPlace place{"/data/logs/p/c", 0};
  LogWriter writer(files, place, {});
  writer.Write(Stream::kStdout, "before\n", kNow);
  files.LimitSpace(10);
  writer.Write(Stream::kStdout, "lost line\n", kNow);
  EXPECT_EQ(writer.dropped_bytes(), 9U);
  EXPECT_NE(writer.last_error(), "");
  files.LimitSpace(std::nullopt);
  writer.Write(Stream::kStdout, "after\n", kNow);
  EXPECT_EQ(writer.last_error(), "");
  writer.Finish(kNow);
  std::vector<std::string> texts;
  std::string text = *files.ReadFile(place.File(0), 1 << 20);
  for (size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
    if (const auto line = ParseLine(text.substr(0, end))) texts.push_back(line->text);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"before", "after"}));
}

TEST(LogPlaceTest, NumbersFilesAndKnowsItsOwn) {
  const LogPlace place{"/f", 2};
  EXPECT_EQ(place.File(0), "/f/2.log");
  EXPECT_EQ(place.File(7), "/f/2.7.log");
  EXPECT_EQ(place.SequenceOf("2.log"), 0U);
  EXPECT_EQ(place.SequenceOf("2.7.log"), 7U);
  for (const char* name : {"1.log", "2.x.log", "2.7", "", ".log", "2.7.log.gz", "02x.log", "2..log"}) {
    EXPECT_EQ(place.SequenceOf(name), std::nullopt) << name;
  }
}

TEST(LogPlaceTest, RefusesNamesThatLeaveTheFolder) {
  for (const std::string& bad : {std::string(), std::string(".."), std::string("a/b"), std::string("a\0b", 3),
                                 std::string(300, 'x')}) {
    EXPECT_FALSE(ContainerLog("/d", bad, "p", "u", "c", 0).ok());
    EXPECT_FALSE(ContainerLog("/d", "n", bad, "u", "c", 0).ok());
    EXPECT_FALSE(ContainerLog("/d", "n", "p", bad, "c", 0).ok());
    EXPECT_FALSE(ContainerLog("/d", "n", "p", "u", bad, 0).ok());
  }
  EXPECT_EQ(ContainerLog("/d", "n", "p", "u", "c", 3)->File(0), "/d/logs/n_p_u/c/3.log");
}

TEST(ParseLineTest, RefusesWhatIsNoLine) {
  for (const char* text :
       {"", "x", "2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z stdout", "2027-01-15T08:00:00Z stdout F",
        "2027-01-15T08:00:00Z stdin F x", "2027-01-15T08:00:00Z stdout X x", "now stdout F x"}) {
    EXPECT_FALSE(ParseLine(text)) << text;
  }
  EXPECT_EQ(ParseLine("2027-01-15T08:00:00Z stdout F ")->text, "");
  EXPECT_TRUE(ParseLine("2027-01-15T08:00:00.5Z stderr P:more a b")->partial);
}

TEST_F(LogTest, AFollowerHearsOfALogThatDoesNotExistYet) {
  AsioEventLoop loop;
  LogReader reader(files_, place_);
  std::vector<LogLine> lines;
  LogWatches watches(loop);
  LogFollower follower(watches, place_, [&] { EXPECT_TRUE(reader.Poll(lines).ok()); });
  LogWriter writer(files_, place_, {.max_file_bytes = 200, .max_files = 50});
  const Duration deadline = loop.Monotonic() + seconds(20);
  for (size_t i = 0; i < 20; ++i) {
    writer.Write(Stream::kStdout, "line " + std::to_string(i) + "\n", kNow);
    while (lines.size() <= i && loop.Monotonic() < deadline) loop.context().run_one_for(milliseconds(20));
    ASSERT_EQ(lines.size(), i + 1);
  }
}

TEST_F(LogTest, FollowersShareWatchesAndLeaveThemOneByOne) {
  AsioEventLoop loop;
  LogWatches watches(loop);
  const auto other = [&] {
    LogPlace place = place_;
    place.folder += "-other";
    return place;
  }();
  int first = 0;
  int second = 0;
  int elsewhere = 0;
  auto leaves = std::make_unique<LogFollower>(watches, place_, [&] { ++first; });
  LogFollower stays(watches, place_, [&] { ++second; });
  LogFollower stranger(watches, other, [&] { ++elsewhere; });
  LogWriter writer(files_, place_, {});
  const auto write = [&](const int& heard) {
    const int before = heard;
    writer.Write(Stream::kStdout, "line\n", kNow);
    const Duration deadline = loop.Monotonic() + seconds(20);
    while (heard == before && loop.Monotonic() < deadline) loop.context().run_one_for(milliseconds(20));
    EXPECT_GT(heard, before);
  };
  write(second);  // makes the folders: everybody hears of it
  EXPECT_GT(first, 0);
  const int strange = elsewhere;
  write(second);
  EXPECT_EQ(elsewhere, strange);
  leaves.reset();
  const int left = first;
  write(second);
  EXPECT_EQ(first, left);
  LogWriter(files_, other, {}).Write(Stream::kStdout, "line\n", kNow);
  const Duration deadline = loop.Monotonic() + seconds(20);
  while (elsewhere == strange && loop.Monotonic() < deadline) loop.context().run_one_for(milliseconds(20));
  EXPECT_GT(elsewhere, strange);
}

}  // namespace
}  // namespace belfry::logs
