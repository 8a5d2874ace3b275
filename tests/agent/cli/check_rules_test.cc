#include "agent/cli/check_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"

namespace belfry::cli {
namespace {

using testing::HasSubstr;

class CheckRulesTest : public ::testing::Test {
 protected:
  CheckedRules Check(const std::string& text, const std::string& lint = "duplicate-rules") {
    EXPECT_TRUE(files_.WriteFileAtomically("/r.yaml", text).ok());
    command_.paths = {"/r.yaml"};
    command_.lint = lint;
    return CheckRules(files_, command_, std::nullopt);
  }

  FakeFileSystem files_;
  CheckRulesCommand command_;
};

TEST_F(CheckRulesTest, CountsWhatIsGood) {
  const CheckedRules checked =
      Check("groups: [{name: g, rules: [{record: a, expr: 1}, {alert: B, expr: up}]}]");
  EXPECT_EQ(checked.output, "Checking /r.yaml\n  SUCCESS: 2 rules found\n\n");
  EXPECT_EQ(checked.errors, "");
  EXPECT_EQ(checked.exit_code, 0);
}

TEST_F(CheckRulesTest, PointsAtThePlaceInAnExpression) {
  const CheckedRules checked =
      Check("groups:\n- name: g\n  rules:\n  - record: a\n    expr: sum by (job up)\n");
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_THAT(checked.errors, HasSubstr("/r.yaml: 5:11: group \"g\", rule 1, \"a\": could not parse "
                                        "expression: 1:13: parse error: "));
  EXPECT_THAT(checked.errors, HasSubstr("\n    sum by (job up)\n                ^\n"));
}

TEST_F(CheckRulesTest, AFileThatIsNotThereIsInvalid) {
  command_.paths = {"/none.yaml"};
  const CheckedRules checked = CheckRules(files_, command_, std::nullopt);
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_THAT(checked.errors, HasSubstr("/none.yaml"));
}

TEST_F(CheckRulesTest, ReadsStandardInputWithoutAFile) {
  const CheckedRules checked =
      CheckRules(files_, command_, "groups: [{name: g, rules: [{record: a, expr: up =}]}]");
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_THAT(checked.output, HasSubstr("Checking standard input\n"));
  EXPECT_THAT(checked.errors, HasSubstr("stdin: 1:"));
}

TEST_F(CheckRulesTest, TheDialectDecidesWhatIsValid) {
  const char* rules = "groups: [{name: g, rules: [{record: a, expr: 'holt_winters(up[5m], 0.5, 0.5)'}]}]";
  EXPECT_EQ(Check(rules).exit_code, 2);
  command_.promql_compat = 2;
  EXPECT_EQ(Check(rules).exit_code, 0);
}

TEST_F(CheckRulesTest, UnknownFieldsMayBePassedOver) {
  const char* rules = "groups: [{name: g, new: 1, rules: [{record: a, expr: 1}]}]";
  EXPECT_EQ(Check(rules).exit_code, 2);
  command_.ignore_unknown_fields = true;
  EXPECT_EQ(Check(rules).exit_code, 0);
}

constexpr const char* kDoubtful = R"(groups:
- name: g
  rules:
  - {record: twice, expr: up}
  - {record: twice, expr: down}
  - {record: text, expr: '"x"'}
  - {record: range, expr: 'up[5m]'}
  - {alert: Bool, expr: (up == bool 1)}
  - alert: Value
    expr: up
    labels: {v: "{{ $value }}"}
  - {record: loop:a, expr: loop:b + 1}
  - {record: loop:b, expr: 'rate(loop:c[5m])'}
  - {record: loop:c, expr: loop:a or loop:c}
)";

TEST_F(CheckRulesTest, LintFindsWhatItIsAskedFor) {
  const std::pair<const char*, const char*> table[] = {
      {"duplicate-rules", "lint error 1 duplicate rule(s) found.\nMetric: twice\nLabel(s):\n"},
      {"result-type", "/r.yaml: 6:26: group \"g\", rule 3, \"text\": the expression is a string;"},
      {"result-type", "/r.yaml: 7:27: group \"g\", rule 4, \"range\": the expression is a range vector;"},
      {"bool-alerts", "rule 5, \"Bool\": a comparison with `bool` always has a result"},
      {"value-labels", "rule 6, \"Value\": label \"v\" is made of $value"},
      {"cycles", "\"loop:a\": reads what it records: loop:a → loop:b → loop:c → loop:a;"},
      {"cycles", "\"loop:c\": reads what it records: loop:c → loop:c;"},
  };
  for (const auto& [lint, says] : table) {
    EXPECT_THAT(Check(kDoubtful, lint).errors, HasSubstr(says)) << lint;
    EXPECT_THAT(Check(kDoubtful, "all").errors, HasSubstr(says));
    EXPECT_EQ(Check(kDoubtful, "none").errors, "");
  }
}

TEST_F(CheckRulesTest, AFindingIsFatalOnlyIfAskedFor) {
  EXPECT_EQ(Check(kDoubtful, "all").exit_code, 0);
  command_.lint_fatal = true;
  EXPECT_EQ(Check(kDoubtful, "all").exit_code, 3);
  EXPECT_EQ(Check(kDoubtful, "none").exit_code, 0);
  EXPECT_EQ(Check("groups: [", "all").exit_code, 2);
  EXPECT_THAT(Check(kDoubtful, "nothing").output, HasSubstr("WARNING: unknown lint option nothing\n"));
}

TEST_F(CheckRulesTest, AChainOfFiveThousandRulesHasNoCycle) {
  std::string rules = "groups:\n- name: g\n  rules:\n";
  for (int i = 0; i < 5'000; ++i) {
    rules += "  - {record: r" + std::to_string(i) + ", expr: r" + std::to_string(i + 1) + "}\n";
  }
  EXPECT_EQ(Check(rules, "all").errors, "");
  EXPECT_THAT(Check(rules + "  - {record: r5000, expr: r0}\n", "cycles").errors,
              HasSubstr("reads what it records: r0 "));
}

}  // namespace
}  // namespace belfry::cli
