#include "agent/supervisor/codec.h"

#include <gtest/gtest.h>

#include "agent/base/random.h"

namespace belfry::supervisor {
namespace {

const ContainerKey kKey{"uid", "c", 3};

std::vector<Message> OneOfEach() {
  return {Hello{7},
          StartRequest{kKey,
                       "ns",
                       "pod",
                       {"a", "", std::string("b\0c", 3)},
                       {{"K", "V"}, {"E", ""}},
                       "/w",
                       {{"/s", "/t", true}, {"/x", "/y", false}},
                       "10.0.0.1\ta\n"},
          SignalRequest{kKey, 15},
          KillRequest{kKey},
          ForgetRequest{kKey},
          ShutdownRequest{},
          Welcome{1, 42, true},
          Started{kKey, 1234, FromUnixSeconds(5)},
          StartFailed{kKey, "StartError", "why", FromUnixSeconds(6)},
          Exited{kKey, 143, 15, false, FromUnixSeconds(1), FromUnixSeconds(2)},
          Synced{{kKey, {"u2", "d", 0}}},
          Status{123, "log", "journal"},
          Goodbye{}};
}

TEST(CodecTest, ReadsWhatItWrites) {
  std::string stream;
  for (const auto& message : OneOfEach()) AppendFrame(stream, message);
  std::string_view rest = stream;
  for (const auto& message : OneOfEach()) {
    const auto frame = NextFrame(rest);
    ASSERT_TRUE(frame.ok() && *frame);
    EXPECT_EQ(DecodeFrame((*frame)->body).value_or(Goodbye{}), message);
    rest.remove_prefix((*frame)->consumed);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(CodecTest, WaitsForTheRestOfAFrame) {
  for (const auto& message : OneOfEach()) {
    std::string stream;
    AppendFrame(stream, message);
    for (size_t length = 0; length < stream.size(); ++length) {
      const auto frame = NextFrame(std::string_view(stream).substr(0, length));
      ASSERT_TRUE(frame.ok());
      EXPECT_FALSE(frame->has_value());
    }
  }
}

// The bytes that an agent of before does not send.
size_t NewBytes(const Message& message) {
  const auto* start = std::get_if<StartRequest>(&message);
  return start == nullptr ? 0 : 4 + start->hosts.size();
}

TEST(CodecTest, RefusesABodyThatEndsEarly) {
  for (const auto& message : OneOfEach()) {
    std::string stream;
    AppendFrame(stream, message);
    const std::string body = stream.substr(4);
    for (size_t length = 1; length < body.size(); ++length) {
      if (length + NewBytes(message) == body.size()) continue;
      EXPECT_FALSE(DecodeFrame(std::string_view(body).substr(0, length)).ok());
    }
  }
}

TEST(CodecTest, TakesAStartOfAnOlderAgent) {
  StartRequest start = std::get<StartRequest>(OneOfEach()[1]);
  std::string stream;
  AppendFrame(stream, start);
  const std::string body = stream.substr(4);
  auto older = DecodeFrame(body.substr(0, body.size() - NewBytes(start)));
  start.hosts.clear();
  EXPECT_EQ(std::move(older).value_or(Goodbye{}), Message(start));
}

TEST(CodecTest, IgnoresFieldsOfANewerPeer) {
  std::string stream;
  AppendFrame(stream, KillRequest{kKey});
  EXPECT_EQ(DecodeFrame(stream.substr(4) + "more").value_or(Goodbye{}), Message(KillRequest{kKey}));
}

TEST(CodecTest, TellsUnknownTypesFromBrokenOnes) {
  EXPECT_EQ(DecodeFrame("\x3f").error().code, Code::kUnsupported);
  EXPECT_EQ(DecodeFrame("").error().code, Code::kInvalid);
}

TEST(CodecTest, RefusesImpossibleLengths) {
  EXPECT_FALSE(NextFrame(std::string("\0\0\0\0", 4)).ok());
  EXPECT_FALSE(NextFrame("\xff\xff\xff\xff").ok());
}

TEST(CodecTest, NoiseIsNeverMoreThanAnError) {
  SeededRandom random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(1, static_cast<char>(random.Next() % 72));
    for (uint64_t n = random.Next() % 60; n > 0; --n) noise.push_back(static_cast<char>(random.Next() % 4));
    (void)DecodeFrame(noise).ok();
  }
}

}  // namespace
}  // namespace belfry::supervisor
