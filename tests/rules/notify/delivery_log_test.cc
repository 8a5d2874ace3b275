#include "rules/notify/delivery_log.h"

#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"

namespace belfry::notify {
namespace {

const std::string kPath = "/data/notify/queue";

Notice SomeNotice(const std::string& name, bool resolved = false) {
  Notice notice{.labels = {{"alertname", name}, {"text", "quote\" \\ \n \xc3\xa9"}},
                .annotations = {{"summary", "s"}},
                .generator_url = "http://g",
                .starts_at = Instant(Duration(1'700'000'000'123'456'789)),
                .valid_for = minutes(4)};
  if (resolved) notice.ends_at = notice.starts_at + seconds(1);
  return notice;
}

DeliveryState SomeState() {
  DeliveryState state;
  for (const Notice& notice : {SomeNotice("A"), SomeNotice("B", true)}) {
    state.notices[notice.labels.Fingerprint()] = notice;
  }
  state.sent[{"{}:{alertname=\"A\"}", "r/webhook[0]"}] = {Instant(seconds(7)), {1, 0xffffffffffffffff}, {}};
  state.sent[{"{}:{alertname=\"B\"}", "r/webhook[0]"}] = {Instant(seconds(8)), {}, {2}};
  return state;
}

TEST(DeliveryLog, ReadsWhatItWrote) {
  bool damaged = true;
  const auto state = DecodeState(EncodeState(SomeState()), &damaged);
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_FALSE(damaged);
  EXPECT_EQ(*state, SomeState());
}

TEST(DeliveryLog, LaterLinesReplaceDropAndForget) {
  const Notice notice = SomeNotice("B", true);
  const std::string text =
      EncodeState(SomeState()) + EncodeDrop(notice.labels.Fingerprint()) +
      EncodeForget("{}:{alertname=\"B\"}") +
      EncodeSent({"{}:{alertname=\"A\"}", "r/webhook[0]"}, {Instant(seconds(9)), {}, {}});
  bool damaged = true;
  const auto state = DecodeState(text, &damaged);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->notices.size(), 1U);
  ASSERT_EQ(state->sent.size(), 1U);
  EXPECT_EQ(state->sent.begin()->second.at, Instant(seconds(9)));
}

// Cut anywhere, the file gives the lines before the cut and never an error.
TEST(DeliveryLog, TornTailLosesOnlyTheTornLine) {
  const std::string text = EncodeState(SomeState());
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    bool damaged = false;
    const auto state = DecodeState(text.substr(0, cut), &damaged);
    ASSERT_TRUE(state.ok()) << cut;
    const bool at_line_end = cut == 0 || text[cut - 1] == '\n';
    EXPECT_EQ(damaged, !at_line_end) << cut;
    EXPECT_LE(state->notices.size() + state->sent.size(), 4U);
  }
}

TEST(DeliveryLog, FlippedBitEndsTheReading) {
  const std::string text = EncodeState(SomeState());
  const size_t second_line = text.find('\n') + 1;
  for (size_t at = second_line; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    bool damaged = false;
    const auto state = DecodeState(bad, &damaged);
    ASSERT_TRUE(state.ok());
    EXPECT_TRUE(damaged) << at;
  }
}

TEST(DeliveryLog, OtherFilesAndVersionsAreRefused) {
  bool damaged = false;
  EXPECT_EQ(DecodeState("belfry-notify-queue 2\n", &damaged).error().code, Code::kUnsupported);
  EXPECT_EQ(DecodeState("something else\n", &damaged).error().code, Code::kInvalid);
  EXPECT_EQ(DecodeState(std::string(100, '\0'), &damaged).error().code, Code::kInvalid);
}

TEST(DeliveryLog, AppendsSurviveAndUnusableFilesAreSetAside) {
  FakeFileSystem files;
  DeliveryState state;
  {
    DeliveryLog log(files, kPath);
    ASSERT_TRUE(log.Load(&state).ok());
    state = SomeState();
    for (const auto& [fingerprint, notice] : state.notices) log.Append(EncodeNotice(notice));
    for (const auto& [key, entry] : state.sent) log.Append(EncodeSent(key, entry));
    ASSERT_TRUE(log.Commit(state).ok());
  }
  DeliveryState again;
  ASSERT_TRUE(DeliveryLog(files, kPath).Load(&again).ok());
  EXPECT_EQ(again, state);
  ASSERT_TRUE(files.WriteFileAtomically(kPath, "garbage").ok());
  ASSERT_TRUE(DeliveryLog(files, kPath).Load(&again).ok());
  EXPECT_EQ(again, DeliveryState());
  EXPECT_EQ(files.ReadFile(kPath + ".broken", 100).value(), "garbage");
}

TEST(DeliveryLog, FullDiskIsAnErrorUntilThereIsRoomAndThenAllIsThere) {
  FakeFileSystem files;
  DeliveryState state;
  DeliveryLog log(files, kPath);
  ASSERT_TRUE(log.Load(&state).ok());
  files.LimitSpace(10);
  state = SomeState();
  for (const auto& [fingerprint, notice] : state.notices) log.Append(EncodeNotice(notice));
  EXPECT_FALSE(log.Commit(state).ok());
  EXPECT_TRUE(log.dirty());
  EXPECT_FALSE(log.Commit(state).ok());
  files.LimitSpace(std::nullopt);
  EXPECT_TRUE(log.Commit(state).ok());
  EXPECT_FALSE(log.dirty());
  DeliveryState again;
  ASSERT_TRUE(DeliveryLog(files, kPath).Load(&again).ok());
  EXPECT_EQ(again, state);
}

TEST(DeliveryLog, IsRewrittenBeforeItGrowsWithoutEnd) {
  FakeFileSystem files;
  DeliveryState state;
  DeliveryLog log(files, kPath);
  ASSERT_TRUE(log.Load(&state).ok());
  state = SomeState();
  for (int i = 0; i < 5'000; ++i) {
    for (const auto& [key, entry] : state.sent) log.Append(EncodeSent(key, entry));
    ASSERT_TRUE(log.Commit(state).ok());
  }
  EXPECT_LT(files.Stat(kPath)->size, 2U << 20);
}

}  // namespace
}  // namespace belfry::notify
