#include "tests/rules/promql/script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace belfry::promql::testing {
namespace {

std::vector<std::string> ScriptNames() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(BELFRY_SOURCE_DIR "/tests/rules/promql/testdata")) {
    if (entry.path().extension() == ".test") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Read(const std::string& name) {
  std::ifstream in(BELFRY_SOURCE_DIR "/tests/rules/promql/testdata/" + name + ".test");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Script : public ::testing::TestWithParam<std::string> {};

TEST_P(Script, EvaluatesAsWritten) {
  const ScriptOutcome outcome = RunScript(Read(GetParam()));
  EXPECT_GT(outcome.evaluations, 0u);
  for (const std::string& failure : outcome.failures) ADD_FAILURE() << GetParam() << ".test " << failure;
}

INSTANTIATE_TEST_SUITE_P(Files, Script, ::testing::ValuesIn(ScriptNames()),
                         [](const auto& info) { return info.param; });

// A runner that lets everything pass would make every script above worthless.
TEST(ScriptRunner, FindsWrongExpectations) {
  const auto failures = [](const std::string& body) {
    return RunScript("load 1m\n  a{x=\"1\"} 1 2\n  a{x=\"2\"} 5\n" + body).failures.size();
  };
  EXPECT_EQ(failures("eval instant at 0 a\n  a{x=\"1\"} 1\n  a{x=\"2\"} 5\n"), 0u);
  EXPECT_EQ(failures("eval instant at 0 a\n  a{x=\"1\"} 1\n"), 1u) << "a series too many";
  EXPECT_EQ(failures("eval instant at 0 a{x=\"1\"}\n"), 1u) << "a series where none is expected";
  EXPECT_EQ(failures("eval instant at 0 b\n  b 1\n"), 1u) << "a series missing";
  EXPECT_EQ(failures("eval instant at 0 a{x=\"1\"}\n  a{x=\"1\"} 1.0000000000000002\n"), 1u)
      << "the last bit";
  EXPECT_EQ(failures("eval instant at 0 1\n  2\n"), 1u) << "a scalar";
  EXPECT_EQ(failures("eval_fail instant at 0 1\n"), 1u) << "no error";
  EXPECT_EQ(failures("eval_ordered instant at 0 sort_desc(a)\n  a{x=\"1\"} 1\n  a{x=\"2\"} 5\n"), 1u)
      << "order";
  EXPECT_EQ(failures("eval range from 0 to 1m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1\n"), 1u) << "a step missing";
}

}  // namespace
}  // namespace belfry::promql::testing
