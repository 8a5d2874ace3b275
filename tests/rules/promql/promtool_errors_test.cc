// Broken expressions through this parser and through the real promtool: both refuse the same ones.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <regex>
#include <sstream>

#include "rules/promql/parser.h"
#include "tests/rules/promql/query_pieces.h"
#include "tests/rules/promql/random_query.h"
#include "tests/rules/promtool.h"

namespace belfry::promql::testing {
namespace {

constexpr int kExpressions = 1500;

const std::vector<std::string>& Pieces() {
  static const std::vector<std::string> kPieces =
      QueryPieces({"m", "g", "=", "!", "absent", "vector", ":", "~", "&", "5mm", "1h1h", "08", "0b1", "1.5.2",
                   "group_left()", "offset 5m", "@ 5", "[5s"});
  return kPieces;
}

std::string Broken(RandomQuery& queries, std::mt19937_64& random) {
  std::string text;
  const auto piece = [&] { return Pieces()[random() % Pieces().size()]; };
  if (random() % 2 == 0) {
    for (size_t n = 1 + random() % 8; n > 0; --n) text += piece() + (random() % 3 == 0 ? "" : " ");
    return text;
  }
  text = queries.Expression(1 + static_cast<int>(random() % 3));
  const size_t at = random() % text.size();
  switch (random() % 4) {
    case 0:
      text.erase(at, 1 + random() % 3);
      break;
    case 1:
      text[at] = static_cast<char>(' ' + random() % 95);
      break;
    case 2:
      text.insert(at, " " + piece() + " ");
      break;
    default:
      text.resize(at);
      break;
  }
  return text;
}

// By number of the rule: what promtool has against its expression.
std::map<size_t, std::string> Refusals(const std::string& output) {
  static const std::regex kLine(R"re(rule (\d+), "r": could not parse expression: (.*))re");
  std::map<size_t, std::string> out;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, kLine)) out[std::stoul(found[1])] = found[2];
  }
  return out;
}

TEST(PromtoolErrors, TheSameExpressionsAreRefused) {
  if (belfry::testing::FindPromtool().empty()) GTEST_SKIP() << "promtool is not here (package prometheus)";
  RandomQuery queries(99);
  std::mt19937_64 random(99);
  std::vector<std::string> expressions;
  std::string rules = "groups:\n- name: g\n  rules:\n";
  while (expressions.size() < kExpressions) {
    const std::string text = Broken(queries, random);
    if (text.find_first_not_of(' ') == std::string::npos) continue;
    expressions.push_back(text);
    rules += "  - record: r\n    expr: " + belfry::testing::YamlText(text) + "\n";
  }
  const belfry::testing::PromtoolFolder folder("errors");
  folder.Write("rules.yaml", rules);
  const std::map<size_t, std::string> theirs = Refusals(folder.Check("rules.yaml").output);
  ASSERT_GT(theirs.size(), kExpressions / 2u);
  size_t same_text = 0;
  size_t refused = 0;
  for (size_t i = 0; i < expressions.size(); ++i) {
    const auto ours = Parse(expressions[i], {.dialect = Dialect::kPrometheus2});
    const auto found = theirs.find(i + 1);
    EXPECT_EQ(ours.ok(), found == theirs.end())
        << expressions[i] << "\nours: " << (ours.ok() ? "accepted" : ours.error().message)
        << "\npromtool: " << (found == theirs.end() ? "accepted" : found->second);
    if (ours.ok() || found == theirs.end()) continue;
    ++refused;
    if (ours.error().message == found->second) ++same_text;
  }
  // The words are those of Prometheus 3: "expected number or duration", names of keywords, places of
  // brackets.
  EXPECT_GE(same_text, refused * 8 / 10)
      << "of " << refused << " refusals this many are worded alike: " << same_text;
}

}  // namespace
}  // namespace belfry::promql::testing
