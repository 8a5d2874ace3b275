#include "agent/manifest/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/manifest/yaml.h"

namespace belfry::manifest {
namespace {

struct Settings {
  std::string listen = "default";
  int32_t count = 1;
  uint16_t port = 2353;
  bool on = false;
  double ratio = 0;
  Duration wait{};
  std::optional<int64_t> limit;
  std::vector<std::string> names;
  std::map<std::string, std::string> env;
  std::vector<std::string> matches;
};

// The messages of reading `text` as settings.
std::vector<std::string> ReadSettings(const std::string& text, Settings& settings) {
  Problems problems;
  const auto documents = ParseYaml(text, problems);
  Reader root(documents.at(0).root, problems);
  root.Required("listen", settings.listen);
  root.Optional("count", settings.count);
  root.Optional("port", settings.port);
  root.Optional("on", settings.on);
  root.Optional("ratio", settings.ratio);
  root.Optional("wait", settings.wait);
  root.Optional("limit", settings.limit);
  root.Object("runtime", [&](Reader& runtime) {
    runtime.Optional("names", settings.names);
    runtime.Optional("env", settings.env);
    runtime.List("images", [&](Reader& image) {
      std::string match;
      if (image.Required("match", match)) settings.matches.push_back(match);
    });
  });
  root.Finish();
  std::vector<std::string> messages;
  for (const Problem& problem : problems.list()) messages.push_back(problem.ToString());
  return messages;
}

TEST(Reader, FillsWhatIsThere) {
  Settings s;
  EXPECT_THAT(
      ReadSettings(
          "listen: ':80'\ncount: 3.0\nport: 65535\n'on': yes\nratio: 1\nwait: 1m30s\nlimit: -5\n"
          "runtime:\n  names: [a, b]\n  env: {K: v, EMPTY: }\n  images: [{match: 'x:*'}, {match: z}]\n",
          s),
      testing::IsEmpty());
  EXPECT_EQ(s.listen, ":80");
  EXPECT_EQ(s.count, 3);
  EXPECT_EQ(s.port, 65535);
  EXPECT_TRUE(s.on);
  EXPECT_EQ(s.ratio, 1.0);
  EXPECT_EQ(s.wait, seconds(90));
  EXPECT_EQ(s.limit, -5);
  EXPECT_THAT(s.names, testing::ElementsAre("a", "b"));
  EXPECT_THAT(s.env, testing::ElementsAre(testing::Pair("EMPTY", ""), testing::Pair("K", "v")));
  EXPECT_THAT(s.matches, testing::ElementsAre("x:*", "z"));
}

TEST(Reader, LeavesAloneWhatIsAbsentOrNull) {
  Settings s;
  EXPECT_THAT(ReadSettings("listen: a\ncount: null\nruntime:\n", s), testing::IsEmpty());
  EXPECT_EQ(s.count, 1);
  EXPECT_FALSE(s.limit.has_value());
}

TEST(Reader, CollectsEveryErrorWithPathAndPlace) {
  Settings s;
  EXPECT_THAT(
      ReadSettings("cuont: 3\ncount: x\nport: 70000\nwait: soon\nruntime:\n  names: [a, 1]\n  env: {K: 2}\n  "
                   "images:\n  - matsch: z\n  - 5\nlimit: 1.5\n",
                   s),
      testing::UnorderedElementsAre(
          "1:1: listen: Required value", "2:8: count: cannot unmarshal string into a field of type int32",
          "3:7: port: cannot unmarshal number 70000 into a field of type uint16",
          "4:7: wait: \"soon\" is not a duration such as 90s, 1h30m or 2d",
          "6:14: runtime.names[1]: cannot unmarshal number into a field of type string (text that looks "
          "otherwise needs quotes)",
          "7:12: runtime.env.K: cannot unmarshal number into a field of type string (text that looks "
          "otherwise needs quotes)",
          "9:5: runtime.images[0].match: Required value",
          "9:5: unknown field \"runtime.images[0].matsch\", did you mean \"runtime.images[0].match\"?",
          "10:5: runtime.images[1]: cannot unmarshal number into a field of type object",
          "11:8: limit: cannot unmarshal number 1.5 into a field of type int64",
          "1:1: unknown field \"cuont\", did you mean \"count\"?"));
}

TEST(Reader, ARootThatIsNoObjectIsOneError) {
  Settings s;
  EXPECT_THAT(ReadSettings("[1]", s),
              testing::Contains("1:1: cannot unmarshal array into a field of type object"));
}

TEST(DidYouMean, NamesOnlyNearOnes) {
  const std::vector<std::string_view> known = {"parallelism", "completions", "suspend", "template"};
  EXPECT_EQ(DidYouMean("paralelism", known), "parallelism");
  EXPECT_EQ(DidYouMean("Suspend", known), "suspend");
  EXPECT_EQ(DidYouMean("completion", known), "completions");
  EXPECT_EQ(DidYouMean("affinity", known), "");
  EXPECT_EQ(DidYouMean(std::string(1 << 20, 'a'), known), "");
}

TEST(Problem, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ((Problem{.file = "a.yaml", .line = 3, .column = 7, .field = "spec.x", .message = "Required value"}
                 .ToString()),
            "a.yaml:3:7: spec.x: Required value");
  EXPECT_EQ((Problem{.file = "a.yaml", .line = 0, .column = 0, .field = "", .message = "no objects in it"}
                 .ToString()),
            "a.yaml: no objects in it");
}

TEST(Problems, CountsWhatItDoesNotKeep) {
  Problems problems;
  for (int i = 0; i < 150; ++i) problems.Add({1, 1}, "f", "m");
  EXPECT_EQ(problems.size(), 150u);
  const auto list = problems.Take("a.yaml");
  ASSERT_EQ(list.size(), 101u);
  EXPECT_EQ(list.back().ToString(), "a.yaml: too many problems: 50 more are not shown");
}

}  // namespace
}  // namespace belfry::manifest
