#include "agent/http/request_reader.h"

#include <gtest/gtest.h>

#include "agent/base/random.h"

namespace belfry::http {
namespace {

using Progress = RequestReader::Progress;

struct Outcome {
  Progress progress = Progress::kNeedMore;
  std::vector<Request> requests;
  Refusal refusal{0, ""};
};

// Feeds `text` in pieces of `step` bytes and takes every request that is complete.
Outcome Read(std::string_view text, size_t step, ReaderLimits limits = {}) {
  RequestReader reader(limits);
  Outcome outcome;
  std::string input;
  for (size_t at = 0; at < text.size(); at += step) {
    input += text.substr(at, step);
    while ((outcome.progress = reader.Feed(input)) == Progress::kDone)
      outcome.requests.push_back(reader.Take());
    if (outcome.progress == Progress::kRefused) {
      outcome.refusal = reader.refusal();
      break;
    }
  }
  return outcome;
}

constexpr std::string_view kTwo =
    "POST /a%20b/c?x=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n\r\nhello"
    "GET http://h:1/d?y HTTP/1.1\r\nHost: h\r\n\r\n"
    "PUT /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
    "1\r\n\r\n";

TEST(RequestReader, ReadsPipelinedRequestsHoweverTheyAreCut) {
  for (const size_t step : {size_t{1}, size_t{2}, size_t{7}, size_t{64}, kTwo.size()}) {
    const Outcome outcome = Read(kTwo, step);
    ASSERT_EQ(outcome.requests.size(), 3U) << step << " " << outcome.refusal.text;
    const Request& first = outcome.requests[0];
    EXPECT_EQ(first.method, "POST");
    EXPECT_EQ(first.path, "/a b/c");
    EXPECT_EQ(first.query, "x=1");
    EXPECT_EQ(first.body, "hello");
    EXPECT_EQ(first.headers.count("X-A"), 2U);
    EXPECT_EQ(outcome.requests[1].path, "/d");
    EXPECT_EQ(outcome.requests[1].query, "y");
    EXPECT_EQ(outcome.requests[1].body, "");
    EXPECT_EQ(outcome.requests[2].body, "abcde");
  }
}

TEST(RequestReader, RefusesWhatIsMalformed) {
  struct Case {
    std::string name, text;
    int status;
  };
  const std::string big(70'000, 'a');
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const Case& c : std::vector<Case>{
           {"binary", std::string("\x16\x03\x01\x02\x00\x01\xfc\x03", 8), 400},
           {"other protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
           {"no version", "GET /\r\n\r\n", 400},
           {"http 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
           {"bad version", "GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505},
           {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
           {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
           {"relative target", "GET metrics HTTP/1.1\r\nHost: h\r\n\r\n", 400},
           {"bad escape", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
           {"cut escape", "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
           {"NUL in path", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
           {"space before colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
           {"header without colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", 400},
           {"length not a number", post + "Content-Length: x\r\n\r\n", 400},
           {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
           {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na", 400},
           {"length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400},
           {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            400},
           {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
           {"gzip coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
           {"chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501},
           {"bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
           {"huge chunk size", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
           {"long target", "GET /" + big + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
           {"long header", "GET / HTTP/1.1\r\nHost: h\r\nX: " + big + "\r\n\r\n", 431},
           {"endless line", big, 431},
       }) {
    for (const size_t step : {size_t{1000}, c.text.size()}) {
      const Outcome outcome = Read(c.text, step);
      EXPECT_EQ(outcome.progress, Progress::kRefused) << c.name;
      EXPECT_TRUE(outcome.requests.empty()) << c.name;
      EXPECT_EQ(outcome.refusal.status, c.status) << c.name << ": " << outcome.refusal.text;
    }
  }
}

TEST(RequestReader, BodyLimitHoldsForBothFramings) {
  const ReaderLimits limits{.body_bytes = 4};
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(Read(post + "Content-Length: 4\r\n\r\nabcd", 3, limits).requests.size(), 1U);
  EXPECT_EQ(Read(post + "Content-Length: 5\r\n\r\n", 3, limits).refusal.status, 413);
  EXPECT_EQ(Read(post + "Content-Length: 99999999999999999\r\n\r\n", 3, limits).refusal.status, 413);
  EXPECT_EQ(
      Read(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n", 3, limits).refusal.status,
      413);
}

TEST(RequestReader, KeepAliveFollowsVersionAndConnection) {
  struct Case {
    std::string text;
    bool keep;
  };
  for (const Case& c : std::vector<Case>{{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
                                         {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
                                         {"GET / HTTP/1.0\r\n\r\n", false},
                                         {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true}}) {
    RequestReader reader({});
    std::string input = c.text;
    ASSERT_EQ(reader.Feed(input), Progress::kDone) << c.text << reader.refusal().text;
    EXPECT_EQ(reader.keep_alive(), c.keep) << c.text;
  }
}

TEST(RequestReader, ExpectContinueIsToldOnceAndOnlyBeforeTheBody) {
  RequestReader reader({});
  std::string input = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(reader.Feed(input), Progress::kNeedMore);
  EXPECT_TRUE(reader.TakeExpectContinue());
  EXPECT_FALSE(reader.TakeExpectContinue());
  input = "ab";
  EXPECT_EQ(reader.Feed(input), Progress::kDone);
}

// Every mutation of a good request ends in progress, a request or a refusal - never in a crash or a body over
// the limit.
TEST(RequestReader, SurvivesRandomChanges) {
  SeededRandom random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text(kTwo);
    for (int change = 0; change < 3; ++change) {
      const size_t at = random.Next() % text.size();
      switch (random.Next() % 3) {
        case 0:
          text[at] = static_cast<char>(random.Next());
          break;
        case 1:
          text.erase(at, random.Next() % 20);
          break;
        default:
          text.insert(at, text.substr(random.Next() % text.size(), random.Next() % 20));
      }
    }
    for (const Request& request : Read(text, 1 + random.Next() % 40, {.body_bytes = 100}).requests) {
      EXPECT_LE(request.body.size(), 100U);
    }
  }
}

}  // namespace
}  // namespace belfry::http
