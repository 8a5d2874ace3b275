// Rules from hostile hands: a clear error with its place, bounded time and memory, other groups unharmed.
#include <gmock/gmock.h>

#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

class BadRulesTest : public EngineTest {
 protected:
  static std::vector<std::string> ProblemsOf(std::string_view yaml) {
    std::vector<std::string> lines;
    for (const Problem& problem : ParseRuleFile("r.yaml", yaml).problems) lines.push_back(problem.ToString());
    return lines;
  }
  // A file whose second rule has this expression.
  static std::string With(const std::string& expr) {
    return "groups:\n- name: g\n  rules:\n  - {record: fine, expr: up}\n  - record: big\n    expr: " + expr +
           "\n";
  }
};

constexpr size_t kMega = 1 << 20;

TEST_F(BadRulesTest, AnExpressionOfAMegabyteIsRefusedWithItsPlace) {
  const struct {
    const char* name;
    std::string expr;
  } cases[] = {
      {"parentheses", std::string(kMega, '(')},
      {"blanks", "1" + std::string(kMega, ' ') + "+ 1"},
      {"name", std::string(kMega + 1, 'a')},
      {"minus", std::string(kMega - 1, '-') + "1"},
  };
  for (const auto& c : cases) {
    const std::vector<std::string> problems = ProblemsOf(With("'" + c.expr + "'"));
    ASSERT_THAT(problems, SizeIs(1)) << c.name;
    EXPECT_THAT(problems[0],
                StartsWith("r.yaml: 6:11: group \"g\", rule 2, \"big\": could not parse expression: 1:"))
        << c.name;
    EXPECT_LT(problems[0].size(), 10'000u) << c.name << ": the message does not repeat the expression";
  }
}

// A long expression that is well formed is no mistake, and the groups beside it do not wait for long.
TEST_F(BadRulesTest, ALongSumIsEvaluatedBesideOthers) {
  std::string sum = "failed";
  for (int i = 0; i < 200; ++i) sum += " + failed";
  Start(With(sum) + "- name: other\n  rules: [{record: seen, expr: failed}]\n");
  Set("failed", 1);
  loop_.Advance(minutes(1));
  EXPECT_EQ(Rule(0, 1).last_error, "");
  EXPECT_THAT(Query("big"), ElementsAre(Pair("big", 201)));
  EXPECT_THAT(Query("seen"), ElementsAre(Pair("seen", 1)));
}

TEST_F(BadRulesTest, AnErrorOfAnEvaluationNamesItsPlaceAndLeavesOthersAlone) {
  Start(With("'1 + (failed * on () failed)'") +
        "  - {record: after, expr: failed}\n- name: other\n  rules: [{record: seen, expr: failed}]\n");
  Set("failed{job=\"a\"}", 1);
  Set("failed{job=\"b\"}", 1);
  loop_.Advance(minutes(1));
  EXPECT_THAT(Rule(0, 1).last_error, AllOf(HasSubstr("many-to-many matching not allowed"),
                                           testing::EndsWith("unique on one side (at 1:13)")));
  EXPECT_EQ(Rule(0, 1).health, Health::kError);
  for (const auto& [group, rule] : {std::pair(0, 0), {0, 2}, {1, 0}}) {
    EXPECT_EQ(Rule(static_cast<size_t>(group), static_cast<size_t>(rule)).health, Health::kOk)
        << group << rule;
  }
}

TEST_F(BadRulesTest, EveryRepeatedGroupIsNamedOnce) {
  std::string yaml = "groups:\n";
  for (int i = 0; i < 1000; ++i) yaml += "- name: g" + std::to_string(i % 999) + "\n";
  EXPECT_THAT(ProblemsOf(yaml),
              ElementsAre("r.yaml: 1001:3: groupname: \"g0\" is repeated in the same file"));
}

// A value comes from the evaluation before: the cycle neither hangs nor fails, and grows by one each time.
TEST_F(BadRulesTest, ACycleOfRecordingRulesReadsTheEvaluationBefore) {
  Start(R"(groups:
- name: cycle
  rules:
  - {record: a, expr: b + 1 or vector(0)}
  - {record: b, expr: c + 1}
  - {record: c, expr: a + 1}
- name: self
  rules: [{record: s, expr: s + 1 or vector(1)}]
- name: other
  rules: [{record: fine, expr: '1'}]
)");
  loop_.Advance(minutes(1));
  EXPECT_THAT(Query("{__name__=~\"a|b|c|s|fine\"}"),
              testing::UnorderedElementsAre(Pair("a", 0), Pair("c", 1), Pair("s", 1), Pair("fine", 1)));
  loop_.Advance(minutes(3));
  EXPECT_THAT(Query("s"), ElementsAre(Pair("s", 4)));
  EXPECT_THAT(Query("fine"), ElementsAre(Pair("fine", 1)));
  for (const GroupStatus& group : engine_->Snapshot()->groups) EXPECT_EQ(group.counters.failures, 0u);
}

TEST_F(BadRulesTest, TemplatesThatRecurseFailAloneAndInTheText) {
  Start(R"Y(groups:
- name: bad
  rules:
  - alert: Bomb
    expr: failed > 0
    labels: {kept: "x"}
    annotations:
      deep: '{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}'
      wide: '{{ define "w" }}{{ template "w" }}{{ template "w" }}{{ end }}{{ template "w" }}'
      long: '{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}x{{ end }}{{ end }}{{ end }}'
      fine: '{{ $labels.job }}'
- name: other
  rules: [{alert: Fine, expr: failed > 0}]
)Y");
  for (int i = 0; i < 2; ++i) Set("failed{job=\"j" + std::to_string(i) + "\"}", 1);
  loop_.Advance(minutes(1));
  const auto alerts = Rule(0, 0).alerts;
  ASSERT_THAT(*alerts, SizeIs(2));
  const std::map<std::string, std::string>& texts = alerts->front().annotations;
  EXPECT_THAT(texts.at("deep"), AllOf(StartsWith("<error expanding template: "),
                                      HasSubstr("exceeded maximum template depth (100)")));
  EXPECT_THAT(texts.at("wide"), HasSubstr("exceeded maximum template depth (100)"));
  EXPECT_THAT(texts.at("long"), StartsWith("<error expanding template: "));
  EXPECT_EQ(texts.at("fine"), "j0");
  EXPECT_EQ(Rule(0, 0).health, Health::kOk) << "a text is no reason not to alert";
  EXPECT_EQ(StateOf(1, 0), "firing");
}

// Values may hold any byte that makes UTF-8, names in 3.x any but none at all.
TEST_F(BadRulesTest, LabelsWithEveryByte) {
  for (int byte = 1; byte < 256; ++byte) {
    GroupText group{.file = "f", .name = "g"};
    const std::string text = "x" + std::string(1, static_cast<char>(byte));
    group.rules.push_back({.record = "r", .expr = "1", .labels = {{"l", text}}});
    group.rules.push_back({.alert = "A", .expr = "1", .labels = {{text, "v"}}, .annotations = {{"t", text}}});
    const CheckedGroup checked = CheckGroup(group);
    if (byte >= 0x80) {
      EXPECT_THAT(checked.problems,
                  testing::Contains(testing::Field(&Problem::message, StartsWith("invalid label value: "))))
          << byte;
      EXPECT_THAT(checked.problems,
                  testing::Contains(testing::Field(&Problem::message, StartsWith("invalid label name: "))))
          << byte;
      continue;
    }
    EXPECT_THAT(checked.problems, IsEmpty()) << byte;
    auto compiled = Group::Make(checked.spec, 1, promql::Dialect::kPrometheus3, "http://h");
    ASSERT_TRUE(compiled.ok()) << byte;
    EXPECT_EQ(compiled->spec().rules[0].labels.at("l"), text);
  }
}

TEST_F(BadRulesTest, BytesThatOnlyLookLikeUtf8AreRefused) {
  for (const char* text : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\xe2\x82", "\x80", "\xff", "a\xc3"}) {
    GroupText group{.file = "f", .name = "g"};
    group.rules.push_back({.record = "r", .expr = "1", .labels = {{"l", text}}});
    EXPECT_THAT(CheckGroup(group).problems, SizeIs(1)) << text;
  }
  for (const char* text :
       {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    GroupText group{.file = "f", .name = "g"};
    group.rules.push_back({.record = "r", .expr = "1", .labels = {{"l", text}}});
    EXPECT_THAT(CheckGroup(group).problems, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace belfry::rule
