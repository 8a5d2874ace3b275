#include "agent/manifest/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/manifest/json.h"

namespace belfry::manifest {
namespace {

// All documents as JSON, one a line; or the first error.
std::string Read(std::string_view text, NodeLimits limits = {}) {
  Problems problems;
  const auto documents = ParseYaml(text, problems, limits);
  if (!problems.empty()) return problems.list().front().ToString();
  std::string json;
  for (const Document& document : documents) json += (json.empty() ? "" : "\n") + ToJsonText(document.root);
  return json;
}

struct Scalar {
  const char* text;
  const char* json;
};

// Source: go-yaml v2's resolve table and tests, through sigs.k8s.io/yaml to JSON.
TEST(YamlScalar, ResolvesAsKubernetesDoes) {
  const Scalar cases[] = {
      {"yes", "true"},
      {"On", "true"},
      {"y", "true"},
      {"no", "false"},
      {"OFF", "false"},
      {"n", "false"},
      {"True", "true"},
      {"tRue", "\"tRue\""},
      {"~", "null"},
      {"null", "null"},
      {"Null", "null"},
      {"nil", "\"nil\""},
      {"0", "0"},
      {"-0", "0"},
      {"0644", "420"},
      {"0o644", "420"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"08", "8"},
      {"1_000", "1000"},
      {"+12", "12"},
      {"-12", "-12"},
      {"1.50", "1.5"},
      {".5", "0.5"},
      {"1.", "1"},
      {"1e3", "1000"},
      {"685_230.15", "685230.15"},
      {"12:30:45", "\"12:30:45\""},
      {"2026-01-31", "\"2026-01-31\""},
      {"1.2.3", "\"1.2.3\""},
      {"v1.0", "\"v1.0\""},
      {"'yes'", "\"yes\""},
      {"\"0644\"", "\"0644\""},
      {"!!str 12", "\"12\""},
      {"!!int 12", "12"},
      {"500m", "\"500m\""},
      {"1Gi", "\"1Gi\""},
      {"0x", "\"0x\""},
      {"1e400", "\"1e400\""},
      {"9223372036854775808", "9223372036854775808"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"99999999999999999999", "1e+20"},
      {"+", "\"+\""},
      {"1 # c", "1"},
      {"任务", "\"任务\""},
  };
  for (const Scalar& scalar : cases) {
    EXPECT_EQ(Read(std::string("a: ") + scalar.text), std::string("{\"a\":") + scalar.json + "}")
        << scalar.text;
  }
}

TEST(YamlScalar, RefusesWhatJsonCannotSay) {
  EXPECT_EQ(Read("a: .inf"), "1:4: .inf is no value of JSON");
  EXPECT_EQ(Read("a: .nan"), "1:4: .nan is no value of JSON");
  EXPECT_EQ(Read("a: !!int x"), "1:4: cannot read \"x\" as !!int");
  EXPECT_EQ(Read("a: !Ref x"), "1:4: tag !Ref is not supported");
  EXPECT_EQ(Read("a: !!binary aGk="),
            "1:4: tag !!binary is not supported: write the base64 text as a string");
}

TEST(Yaml, ReadsBlocksFlowsAndSeveralDocuments) {
  EXPECT_EQ(Read("a:\n- 1\n- b: |\n    x\n    y\n  c: >-\n    p\n    q\n"),
            R"({"a":[1,{"b":"x\ny\n","c":"p q"}]})");
  EXPECT_EQ(Read("{a: [1, 'x', \"\\u00e9\"], b: {}}"), "{\"a\":[1,\"x\",\"é\"],\"b\":{}}");
  EXPECT_EQ(Read("---\na: 1\n---\n# nothing\n---\n---\nb: 2\n...\n"), "{\"a\":1}\n{\"b\":2}");
  EXPECT_EQ(Read("a: |\n  --- not a separator\nb: 1"), R"({"a":"--- not a separator\n","b":1})");
  EXPECT_EQ(Read("--- {a: 1}\n--- text\n"), "{\"a\":1}\n\"text\"");
  EXPECT_EQ(Read("%YAML 1.1\n---\na: 1\n"), "{\"a\":1}");
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "a: 1\r\nb: 2\r\n"),
            R"({"a":1,"b":2})");
  EXPECT_EQ(Read(""), "");
  EXPECT_EQ(Read("# only a comment\n---\n"), "");
}

TEST(Yaml, KeysAreStrings) {
  EXPECT_EQ(Read("1: a\nyes: b\n'no': c\n1.5: d\n"), R"({"1":"a","true":"b","no":"c","1.5":"d"})");
}

TEST(Yaml, ExpandsAliasesAndMerges) {
  EXPECT_EQ(Read("a: &x {p: 1}\nb: *x\nc: [*x, *x]\n"), R"({"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]})");
  EXPECT_EQ(Read("a: &x v\nb: {*x : 1}\n"), R"({"a":"v","b":{"v":1}})");
  EXPECT_EQ(Read("base: &b {p: 1, q: 2}\nc:\n  <<: *b\n  q: 3\n"),
            R"({"base":{"p":1,"q":2},"c":{"q":3,"p":1}})");
  EXPECT_EQ(Read("- &a {x: 1}\n- &b {x: 2, q: 2}\n- <<: [*a, *b]\n"),
            R"([{"x":1},{"x":2,"q":2},{"x":1,"q":2}])");
  EXPECT_EQ(Read("'<<': {a: 1}"), R"({"<<":{"a":1}})");
  EXPECT_EQ(Read("<<: 5"), "1:5: map merge requires map or sequence of maps as the value");
}

TEST(Yaml, ErrorsSayWhere) {
  EXPECT_EQ(Read("a: 1\nb: 2\na: 3\n"), "3:1: key \"a\" already set in map (line 1)");
  EXPECT_EQ(Read("yes: 1\ntrue: 2\n"), "2:1: key \"true\" already set in map (line 1)");
  EXPECT_EQ(Read("a: [1, 2\n"), "2:1: invalid YAML: end of sequence flow not found");
  EXPECT_EQ(Read("a: b: c"), "1:5: invalid YAML: illegal map value");
  EXPECT_EQ(Read("? [a]\n: b"), "1:3: a key must be a scalar (or a bracket is not closed)");
  EXPECT_EQ(Read("a: &x [*x]"), "1:8: an alias inside of what it stands for");
  EXPECT_EQ(Read("a: *nowhere"), "1:4: invalid YAML: the referenced anchor is not defined");
  EXPECT_EQ(Read("a:\n\tb: 1"), "2:3: invalid YAML: illegal map value");
}

TEST(Yaml, AnErrorInOneDocumentDoesNotHideTheNext) {
  Problems problems;
  const auto documents = ParseYaml("a: [\n---\nb: 1\n---\nc: {x: 1, x: 2}\n---\nd: 4\n", problems);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].root.at.line, 3u);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems.list()[1].ToString(), "5:11: key \"x\" already set in map (line 5)");
}

TEST(Yaml, NodesKnowTheirPlace) {
  Problems problems;
  const auto documents = ParseYaml("# c\nspec:\n  names:\n    - a\n    -   b\n", problems);
  const Node& root = documents.at(0).root;
  EXPECT_EQ(root.at, (Position{2, 1}));
  EXPECT_EQ(Locate(root, "spec.names[1]").at, (Position{5, 9}));
  EXPECT_EQ(Locate(root, "spec.names").key_at, (Position{3, 3}));
  EXPECT_EQ(Locate(root, "spec.names[7].x").at, Locate(root, "spec.names").at);
}

TEST(Yaml, RefusesWhatIsNoText) {
  EXPECT_EQ(Read(std::string("a: 1\nb\0c", 8)),
            "2:2: not a text file: a byte here is neither UTF-8 nor a character of text");
  EXPECT_EQ(Read("\x7F"
                 "ELF\x02\x01"),
            "1:5: not a text file: a byte here is neither UTF-8 nor a character of text");
  EXPECT_EQ(Read("a: \xFF"), "1:4: not a text file: a byte here is neither UTF-8 nor a character of text");
  EXPECT_EQ(Read(std::string(9 << 20, 'a')), "larger than 8 MiB");
}

std::string Bomb(const std::string& element, int levels) {
  std::string text = "a0: &a0 [" + element + "]\n";
  for (int i = 1; i <= levels; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int j = 0; j < 9; ++j) text += "," + alias;
    text += "]\n";
  }
  return text;
}

TEST(Yaml, BombsAreRefusedQuickly) {
  const std::string expected = "aliases expand to too much: more than 100000 values or 16 MiB";
  EXPECT_THAT(Read(Bomb("lol", 20)), testing::EndsWith(expected));
  EXPECT_THAT(Read(Bomb(std::string(1 << 20, 'x'), 3)), testing::EndsWith(expected));
  std::string merges = "a0: &a0 {k: v}\n";
  for (int i = 1; i <= 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    merges += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {x: " + last + ", y: " + last +
              ", <<: " + last + "}\n";
  }
  EXPECT_THAT(Read(merges), testing::EndsWith(expected));
}

TEST(Yaml, DepthAndSizeAreBounded) {
  const auto brackets = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Read(brackets(100)), brackets(100));
  EXPECT_EQ(Read(brackets(101)), "1:101: nested more than 100 levels deep");
  // Left open, yaml-cpp takes them for keys.
  EXPECT_EQ(Read(std::string(1 << 20, '[')), "1:1: a key must be a scalar (or a bracket is not closed)");
  EXPECT_EQ(Read(std::string(1 << 20, '{')), "1:1: a key must be a scalar (or a bracket is not closed)");
  std::string blocks;
  for (int i = 0; i < 200; ++i) blocks += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(Read(blocks), "101:101: nested more than 100 levels deep");
  std::string dashes;
  for (int i = 0; i < 5000; ++i) dashes += "- ";
  EXPECT_EQ(Read(dashes), "1:201: nested more than 100 levels deep");
  EXPECT_EQ(Read("[1,2,3]", {.nodes = 2}), "1:6: more than 2 values in one file");
  EXPECT_EQ(Read("---\n1\n---\n2\n---\n3\n", {.documents = 2}), "5:1: more than 2 documents in one file");
}

TEST(Yaml, MutatedTextsAreReadOrRefused) {
  const std::string seed =
      "apiVersion: batch/v1\nkind: Job\nmetadata: &m\n  name: \"a\"\n  labels: {x: 'y', <<: *m}\nspec:\n- "
      "|\n  text\n- ? k\n  : v\n---\nb: !!str 1\n";
  const std::string alphabet = "{}[]\",:'\\&*!|>?#%@`- \n\t.0a~<\xE4";
  std::mt19937 random(11);
  for (int round = 0; round < 1000; ++round) {
    std::string text = seed;
    for (size_t changes = 1 + random() % 5; changes > 0; --changes) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = alphabet[random() % alphabet.size()];
      } else {
        text.insert(at, 1 + random() % 3, alphabet[random() % alphabet.size()]);
      }
    }
    Problems problems;
    for (const Document& document : ParseYaml(text, problems)) {
      // What was read can be said in JSON and read again.
      const std::string json = ToJsonText(document.root);
      Problems none;
      const auto again = ParseJson(json, none);
      ASSERT_TRUE(none.empty()) << json << "\n" << text;
      ASSERT_EQ(ToJsonText(again.at(0).root), json);
    }
    for (const Problem& problem : problems.list()) EXPECT_FALSE(problem.message.empty());
  }
}

TEST(ParseText, TellsJsonFromYaml) {
  Problems problems;
  EXPECT_EQ(ParseText(" {\"a\":\"\\ud83d\\ude00\"}", problems).at(0).root.items.at(0).text,
            "\xF0\x9F\x98\x80");
  EXPECT_EQ(ParseText("{a: 1, b: [x]}", problems).size(), 1u);
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(ParseText("{\"a\": 1,, }", problems).empty());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems.list()[0].ToString(), "1:9: invalid JSON: expected a key in double quotes, found ','");
}

}  // namespace
}  // namespace belfry::manifest
