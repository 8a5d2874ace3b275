#include "agent/manifest/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace belfry::manifest {
namespace {

using nlohmann::json;

// Our reading as text again, or nullopt where it is refused.
std::optional<std::string> Read(std::string_view text, NodeLimits limits = {}) {
  Problems problems;
  const auto documents = ParseJson(text, problems, false, limits);
  if (!problems.empty()) return std::nullopt;
  return ToJsonText(documents.at(0).root);
}

std::string Refusal(std::string_view text, NodeLimits limits = {}) {
  Problems problems;
  ParseJson(text, problems, false, limits);
  return problems.empty() ? "accepted" : problems.list().at(0).ToString();
}

TEST(Json, ReadsAndWritesValues) {
  const std::pair<const char*, const char*> cases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"-0", "-0"},
      {"1.50e+3", "1.50e+3"},
      {"\"\"", "\"\""},
      {R"("\u0041\n\/\"\\\b\f\r\t")", R"("A\n/\"\\\u0008\u000c\r\t")"},
      {R"("\ud83d\ude00\u00e9")", "\"\xF0\x9F\x98\x80\xC3\xA9\""},
      {"[ ]", "[]"},
      {"{ }", "{}"},
      {"[1,[2,{\"a\":[]}],\"x\"]", "[1,[2,{\"a\":[]}],\"x\"]"},
      {"{\"b\":1,\"a\":{\"c\":null}}", "{\"b\":1,\"a\":{\"c\":null}}"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Read(text), expected) << text;
}

TEST(Json, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "{",
                           "[",
                           "[1,",
                           "[1,]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "tru",
                           "nul",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "-",
                           "\"",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\n\"",
                           "'a'",
                           "[1 2]",
                           "{\"a\":1 \"b\":2}",
                           "]",
                           "}",
                           "[}",
                           "{]",
                           "NaN",
                           "// c\n1",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xFF\"",
                           "1 2"}) {
    EXPECT_FALSE(Read(text).has_value()) << text;
    EXPECT_FALSE(json::accept(text)) << text;
  }
}

TEST(Json, ErrorsSayWhere) {
  EXPECT_EQ(Refusal("{\n  \"a\": 1\n  \"b\": 2}"), "3:3: invalid JSON: expected ',' or '}', found '\"'");
  EXPECT_EQ(Refusal("[1,"), "1:4: invalid JSON: expected a value, found the end");
  EXPECT_EQ(Refusal("{\"a\":1,\n\"b\":2,\n\"a\":3}"), "3:1: key \"a\" already set in map (line 1)");
}

TEST(Json, NodesKnowTheirPlace) {
  Problems problems;
  const auto documents = ParseJson("{\"a\":\n  [true,\n \"x\\u0041\"]}", problems);
  const Node& list = documents.at(0).root.items.at(0);
  EXPECT_EQ(list.key_at, (Position{1, 2}));
  EXPECT_EQ(list.at, (Position{2, 3}));
  EXPECT_EQ(list.items.at(1).at, (Position{3, 2}));
  EXPECT_EQ(list.items.at(1).text, "xA");
}

TEST(Json, SeveralValuesFollowEachOther) {
  Problems problems;
  EXPECT_EQ(ParseJson("{} {\"a\":1}\n[2]", problems, true).size(), 3u);
  EXPECT_TRUE(ParseJson("  ", problems, true).empty());
  EXPECT_TRUE(problems.empty());
}

TEST(Json, LimitsAreKept) {
  EXPECT_EQ(Refusal(std::string(101, '[')), "1:101: nested more than 100 levels deep");
  EXPECT_TRUE(Read(std::string(100, '[') + std::string(100, ']')).has_value());
  EXPECT_EQ(Refusal(std::string(1 << 20, '[')), "1:101: nested more than 100 levels deep");
  EXPECT_EQ(Refusal("[1,2,3]", {.nodes = 2}), "1:6: more than 2 values in one file");
  EXPECT_EQ(Refusal("\"" + std::string(9 << 20, 'a') + "\""), "larger than 8 MiB");
}

// What nlohmann accepts we accept with the same value, and the other way round; but for duplicate keys and
// depth, which we refuse.
void ExpectSameAsNlohmann(const std::string& text) {
  const auto ours = Read(text);
  const auto theirs = json::parse(text, nullptr, false);
  if (!ours) {
    const std::string why = Refusal(text);
    const bool stricter =
        why.find("already set") != std::string::npos || why.find("nested") != std::string::npos;
    EXPECT_TRUE(theirs.is_discarded() || stricter) << why << ": " << text;
    return;
  }
  ASSERT_FALSE(theirs.is_discarded()) << text;
  EXPECT_EQ(json::parse(*ours, nullptr, false), theirs) << text;
}

TEST(Json, ReadsMutatedTextsAsNlohmannDoes) {
  const std::vector<std::string> seeds = {
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a","labels":{"x":"y"}},"spec":{"completions":3}})",
      R"([1,-2.5e10,true,false,null,"\ud83d\ude00\n","é任务",{"a":[[],{}]}])", R"("\u0000\uD83D\uDE00")",
      "[0,-0,0.0,1E5,1e-5]"};
  const std::string alphabet = "{}[]\",:\\u0d8DeE+-.1 tn\n\x80\xC3";
  std::mt19937 random(7);
  for (int round = 0; round < 8000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 4);
      }
      if (text.empty()) text = "1";
    }
    ExpectSameAsNlohmann(text);
  }
}

TEST(Utf8, LengthFollowsRfc3629) {
  const std::pair<std::string_view, size_t> cases[] = {{"a", 1},
                                                       {"\xC3\xA9", 2},
                                                       {"\xE4\xBB\xBB", 3},
                                                       {"\xF0\x9F\x98\x80", 4},
                                                       {"", 0},
                                                       {"\x80", 0},
                                                       {"\xC1\xBF", 0},
                                                       {"\xC3", 0},
                                                       {"\xE0\x80\x80", 0},
                                                       {"\xED\xA0\x80", 0},
                                                       {"\xF0\x80\x80\x80", 0},
                                                       {"\xF4\x90\x80\x80", 0},
                                                       {"\xF5\x80\x80\x80", 0},
                                                       {"\xE4\xBB", 0}};
  for (const auto& [text, length] : cases) EXPECT_EQ(Utf8Length(text), length) << text;
}

}  // namespace
}  // namespace belfry::manifest
