#include "rules/promql/parser.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "rules/promql/printer.h"

namespace belfry::promql {
namespace {

struct Wrong {
  const char* text;
  const char* error;  // as promtool prints it
};

class ParserErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(ParserErrors, SayWhereAndWhat) {
  const auto result = Parse(GetParam().text);
  ASSERT_FALSE(result.ok()) << GetParam().text;
  EXPECT_EQ(result.error().message, GetParam().error) << GetParam().text;
  EXPECT_EQ(result.error().code, Code::kInvalid);
}

constexpr Wrong kWrong[] = {
    {"", "1:1: parse error: no expression found in input"},
    {"  # only a comment", "1:1: parse error: no expression found in input"},
    // Lexer.
    {"foo $ bar", "1:5: parse error: unexpected character: '$'"},
    {"sum(x", "1:6: parse error: unclosed left parenthesis"},
    {"sum x)", "1:5: parse error: unexpected identifier \"x\""},
    {"1)", "1:2: parse error: unexpected right parenthesis ')'"},
    {"foo]", "1:4: parse error: unexpected right bracket ']'"},
    {"foo{", "1:5: parse error: unexpected end of input inside braces"},
    {"foo{{", "1:5: parse error: unexpected left brace '{'"},
    {"foo{a=\"b}", "1:7: parse error: unterminated quoted string"},
    {"foo{a=`b}", "1:7: parse error: unterminated raw string"},
    {"foo{a=\"\\q\"}", "1:7: parse error: unknown escape sequence U+0071 'q'"},
    {"foo{a=\"\\xz0\"}", "1:7: parse error: illegal character U+007A 'z' in escape sequence"},
    {"foo{a=\"\\400\"}", "1:7: parse error: escape sequence is an invalid Unicode code point"},
    {"foo{a=\"\xff\"}", "1:7: parse error: invalid UTF-8 rune"},
    {"foo{a!b}", "1:6: parse error: unexpected character after '!' inside braces: 'b'"},
    {"a =~ b", "1:3: parse error: unexpected character after '=': '~'"},
    {"a ! b", "1:3: parse error: unexpected character after '!': ' '"},
    {"1..2", "1:1: parse error: bad number or duration syntax: \"1..2\""},
    {"0x", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0x\": invalid syntax"},
    {"1e", "1:1: parse error: bad number or duration syntax: \"1e\""},
    {"3sx", "1:1: parse error: bad number or duration syntax: \"3sx\""},
    {"foo[5m:1m:1m]", "1:10: parse error: unexpected colon ':'"},
    // Grammar.
    {"foo bar", "1:5: parse error: unexpected identifier \"bar\""},
    {"1 +", "1:4: parse error: unexpected end of input"},
    {"* 1", "1:1: parse error: unexpected <op:*>"},
    {"1 1", "1:3: parse error: unexpected number \"1\""},
    {"foo{a}", "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"},
    {"foo{a=}", "1:7: parse error: unexpected \"}\" in label matching, expected string"},
    {"foo{a=\"b\" c=\"d\"}",
     "1:11: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
    {"foo{,}", "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
    {"sum by a (x)", "1:8: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\""},
    {"sum by (a b) (x)",
     "1:11: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""},
    {"sum by (1) (x)", "1:9: parse error: unexpected number \"1\" in grouping opts, expected label"},
    {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
    {"sum(a, b)",
     "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
    {"topk(a)",
     "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
    {"rate(a[5m],)", "1:11: parse error: trailing commas not allowed in function call args"},
    {"nosuch(a)", "1:1: parse error: unknown function with name \"nosuch\""},
    {"mad_over_time(a[5m])", "1:1: parse error: function \"mad_over_time\" is not enabled"},
    {"limitk(2, a)", "1:1: parse error: limitk() is experimental and is not enabled"},
    {"foo[]",
     "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number or duration"},
    {"foo[0]", "1:5: parse error: duration must be greater than 0"},
    {"foo[-5m]", "1:5: parse error: duration must be greater than 0"},
    {"foo[5m1h]", "1:5: parse error: not a valid duration string: \"5m1h\""},
    {"foo[99999999999y]", "1:5: parse error: duration out of range"},
    {"foo[5m", "1:7: parse error: unexpected end of input in duration expression"},
    {"foo[5m 1m]",
     "1:8: parse error: unexpected duration \"1m\" in subquery or range, expected \":\" or \"]\""},
    {"foo offset", "1:11: parse error: unexpected end of input in offset, expected number or duration"},
    {"foo @", "1:6: parse error: unexpected end of input in @, expected timestamp"},
    {"foo @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"},
    {"(foo)[5m]", "1:6: parse error: ranges only allowed for vector selectors"},
    {"foo offset 1m[5m]", "1:14: parse error: no offset modifiers allowed before range"},
    {"foo @ 5 [5m]", "1:9: parse error: no @ modifiers allowed before range"},
    {"foo offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"},
    {"foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
    {"sum(foo) offset 1m",
     "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector "
     "selector or a "
     "subquery"},
    // Types.
    {"1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
    {"a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"},
    {"1 and a", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
    {"a and on(x) group_left b", "1:1: parse error: no grouping allowed for \"and\" operation"},
    {"1 + on(a) b", "1:1: parse error: vector matching only allowed between instant vectors"},
    {"a + on(x) group_left(x) b",
     "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"},
    {"a[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
    {"\"a\" + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
    {"-\"a\"",
     "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "
     "\"string\""},
    {"rate(a)",
     "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"},
    {"sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"},
    {"topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"},
    {"floor()", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 0"},
    {"round(a, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"},
    {"label_join(a, \"b\")",
     "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 2"},
    {"1[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
    {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
    {"{a=~\".*\", b=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
    {"foo{__name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
    {"foo{a=~\"(\"}", "1:5: parse error: error parsing regexp: missing ): ("},
    // Lines and columns.
    {"sum(\n  foo,\n  bar{)", "3:7: parse error: unexpected character inside braces: ')'"},
};
INSTANTIATE_TEST_SUITE_P(Table, ParserErrors, ::testing::ValuesIn(kWrong));

// Every text here is printed as it stands, so that Format∘Parse is the identity on it.
class Printed : public ::testing::TestWithParam<const char*> {};

TEST_P(Printed, ComesBackTheSame) {
  const auto expr = Parse(GetParam(), {.experimental_functions = true});
  ASSERT_TRUE(expr.ok()) << expr.error().message;
  EXPECT_EQ(Format(**expr), GetParam());
  const auto pretty = Parse(FormatPretty(**expr), {.experimental_functions = true});
  ASSERT_TRUE(pretty.ok()) << FormatPretty(**expr);
  EXPECT_EQ(Format(**pretty), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Printed,
    ::testing::Values("1", "-1.5", "NaN", "Inf", "-Inf", "1h30m", "\"a\\n\\\"b\\\"\"", "foo", "foo:bar",
                      "{a=\"b\"}", "foo{a=\"b\",c!=\"d\",e=~\"f.*\",g!~\"h|i\"}", "{\"a.b\"=\"c\"}",
                      "foo[5m]", "foo{a=\"b\"}[1d12h]", "foo offset 5m", "foo offset -1m30s", "foo @ 12.500",
                      "foo @ start() offset 1m", "foo[5m] @ end()", "foo[5m:]",
                      "foo[5m:30s] @ 0.000 offset 1w", "-foo", "+foo", "-(a + b)", "(a)", "a + b * c",
                      "(a + b) * c", "a ^ b ^ c", "-a ^ b", "2 ^ -1", "a == bool b", "a + on (x) b",
                      "a + ignoring (x, y) group_left () b", "a / on (x) group_right (y) b", "a and on () b",
                      "a unless ignoring (z) b", "a or b", "a atan2 b", "sum(a)", "sum by (x, y) (a)",
                      "sum without () (a)", "topk by (x) (3, a)", "count_values(\"v\", a)",
                      "quantile(0.9, a)", "rate(foo[5m])", "label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")",
                      "time()", "vector(1)", "sum by (\"a b\") (x)", "start", "sum", "by{a=\"b\"}",
                      "offset offset 5m", "and and or", "start{a=\"b\"} + start()"));

// As Prometheus' formatter: what is longer than 100 characters takes several lines, operands further in than
// their operator.
TEST(FormatPretty, BreaksWhatIsLong) {
  const auto pretty = [](const std::string& text) { return FormatPretty(**Parse(text)); };
  const std::string a = "a" + std::string(59, 'a');
  const std::string b = "b" + std::string(59, 'b');
  EXPECT_EQ(pretty(a + "+on(x)group_left(y)" + b), "  " + a + "\n+ on (x) group_left (y)\n  " + b);
  EXPECT_EQ(pretty(a + "*2==bool " + b), "  " + a + " * 2\n== bool\n  " + b);
  EXPECT_EQ(pretty("-sum by(x,y)(" + a + " and " + b + ")"),
            "-sum by (x, y) (\n    " + a + "\n  and\n    " + b + "\n)");
  EXPECT_EQ(pretty("topk(3," + a + a + ")"), "topk(\n  3,\n  " + a + a + "\n)");
  EXPECT_EQ(pretty("(max_over_time(rate(" + a + "[5m])[1h:]@end())>" + b + ")"),
            "(\n    max_over_time(rate(" + a + "[5m])[1h:] @ end())\n  >\n    " + b + "\n)");
  EXPECT_EQ(pretty("time()"), "time()");
  const std::string edge = std::string(48, 'a') + " + " + std::string(49, 'b');
  EXPECT_EQ(pretty(edge), edge);  // 100 characters fit, one more does not
  EXPECT_EQ(pretty(edge + "b"), "  " + std::string(48, 'a') + "\n+\n  " + std::string(50, 'b'));
}

TEST(Parser, PrecedenceAndAssociativity) {
  const auto same = [](const char* text, const char* bracketed) {
    auto a = Parse(text);
    auto b = Parse(bracketed);
    ASSERT_TRUE(a.ok() && b.ok()) << text;
    // Brackets stay in the tree; compare by printing without them.
    std::string x = Format(**a);
    std::string y = Format(**b);
    std::erase(y, '('), std::erase(y, ')');
    EXPECT_EQ(x, y);
    EXPECT_EQ((*a)->node.index(), (*b)->node.index());
    EXPECT_EQ(std::get<Binary>((*a)->node).op, std::get<Binary>((*b)->node).op) << text;
  };
  same("a or b and c", "a or (b and c)");
  same("a and b == c", "a and (b == c)");
  same("a == b + c", "a == (b + c)");
  same("a + b * c", "a + (b * c)");
  same("a * b ^ c", "a * (b ^ c)");
  same("a - b - c", "(a - b) - c");
  same("a ^ b ^ c", "a ^ (b ^ c)");
  same("a > b > c", "(a > b) > c");
  same("a unless b or c", "(a unless b) or c");
  same("-a * b", "(-a) * b");
}

TEST(Parser, NumberForms) {
  const std::pair<const char*, double> kForms[] = {
      {"1", 1},        {"1.", 1},      {".5", 0.5},       {"5e3", 5000},       {"5E-1", 0.5}, {"0x1F", 31},
      {"017", 15},     {"08", 8},      {"1_000", 1000},   {"+5", 5},           {"-5", -5},    {"1h", 3600},
      {"1d2h", 93600}, {"500ms", 0.5}, {"Inf", INFINITY}, {"-inf", -INFINITY}, {"1e-400", 0}};
  for (const auto& [text, value] : kForms) {
    const auto expr = Parse(text);
    ASSERT_TRUE(expr.ok()) << text << ": " << expr.error().message;
    EXPECT_EQ(std::get<NumberLiteral>((*expr)->node).value, value) << text;
  }
  EXPECT_TRUE(std::isnan(std::get<NumberLiteral>((*Parse("nAn"))->node).value));
  EXPECT_FALSE(Parse("1e400").ok());
}

TEST(Parser, StringForms) {
  const std::pair<const char*, std::string> kForms[] = {
      {"\"a\"", "a"},           {"'a\"b'", "a\"b"},   {"`a\\nb`", "a\\nb"},     {"\"\\n\\t\\\\\"", "\n\t\\"},
      {"\"\\x41\\101\"", "AA"}, {"\"\\u00e9\"", "é"}, {"\"\\U0001F514\"", "🔔"}, {"'\\''", "'"}};
  for (const auto& [text, value] : kForms) {
    const auto expr = Parse(text);
    ASSERT_TRUE(expr.ok()) << text << ": " << expr.error().message;
    EXPECT_EQ(std::get<StringLiteral>((*expr)->node).value, value) << text;
  }
}

TEST(Parser, Dialect2RefusesWhatCameWith3) {
  for (const char* text : {"foo[300]", "foo offset 60", "1h", "{\"foo\"}", "{\"a\"=\"b\"}",
                           "sum by (\"a\") (x)", "foo @ 1h", "first_over_time(a[5m])"}) {
    EXPECT_TRUE(Parse(text).ok()) << text;
    EXPECT_FALSE(Parse(text, {.dialect = Dialect::kPrometheus2}).ok()) << text;
  }
  EXPECT_TRUE(Parse("holt_winters(a[5m], 0.1, 0.1)", {.dialect = Dialect::kPrometheus2}).ok());
  EXPECT_FALSE(Parse("holt_winters(a[5m], 0.1, 0.1)").ok());
}

TEST(Parser, KeywordsAreCaseInsensitiveFunctionsAreNot) {
  EXPECT_TRUE(Parse("SUM BY (a) (x) AND ON(b) y OFFSET 5m").ok());
  EXPECT_FALSE(Parse("RATE(x[5m])").ok());
}

TEST(Parser, CommentsAndSpaceGoAnywhere) {
  const auto expr = Parse("sum # all\n by(a)\t( # here\r\nfoo { a = 'b' , } [ 5m : 1m ] # there\n)");
  EXPECT_FALSE(expr.ok());  // a range vector in sum
  const auto good = Parse("sum # all\n by(a)\t( # here\r\nfoo { a = 'b' , } # there\n)");
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(Format(**good), "sum by (a) (foo{a=\"b\"})");
}

TEST(Parser, PositionsCoverTheText) {
  const std::string text = "sum(rate(foo{a=\"b\"}[5m] offset 1m)) > 1";
  const auto expr = Parse(text);
  ASSERT_TRUE(expr.ok());
  Walk(**expr, [&](const Expr& e) {
    const std::string part = text.substr(e.position.begin, e.position.end - e.position.begin);
    if (std::holds_alternative<MatrixSelector>(e.node)) {
      EXPECT_EQ(part, "foo{a=\"b\"}[5m] offset 1m");
    }
    if (std::holds_alternative<Call>(e.node)) {
      EXPECT_EQ(part, "rate(foo{a=\"b\"}[5m] offset 1m)");
    }
    if (std::holds_alternative<Binary>(e.node)) {
      EXPECT_EQ(part, text);
    }
  });
}

TEST(ParseFailure, CaretStandsUnderThePlace) {
  const auto result = ParseDetailed("sum(\n\tfoo bar)");
  const auto& failure = std::get<ParseFailure>(result);
  EXPECT_EQ(failure.line, 2u);
  EXPECT_EQ(failure.column, 6u);
  EXPECT_EQ(failure.WithCaret("sum(\n\tfoo bar)"),
            "2:6: parse error: unexpected identifier \"bar\"\n\tfoo bar)\n\t    ^");
}

// Bad input: bounded time and memory, a message with a place.
TEST(ParserLimits, NestedParentheses) {
  const std::string text = std::string(10'000, '(') + "1" + std::string(10'000, ')');
  const auto result = Parse(text);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "1:1001: parse error: expression is nested deeper than 1000 levels");
  EXPECT_TRUE(Parse(std::string(900, '(') + "1" + std::string(900, ')')).ok());
}

TEST(ParserLimits, LongChains) {
  std::string text = "a";
  for (int i = 0; i < 200'000; ++i) text += "+a";
  EXPECT_FALSE(Parse(text).ok());
  // Chains within chains: each short enough, the tree not.
  text = "a";
  for (int i = 0; i < 300; ++i) text = "(" + text + "+a+a+a+a)";
  EXPECT_FALSE(Parse(text).ok());
  EXPECT_FALSE(Parse(std::string(100'000, '-') + "a").ok());
  text = "a";
  for (int i = 0; i < 5000; ++i) text += "[1h:1m]";
  EXPECT_FALSE(Parse(text).ok());
}

TEST(ParserLimits, OneMegabyte) {
  std::string text = "foo{a=\"" + std::string(1'000'000, 'x') + "\"}";
  EXPECT_TRUE(Parse(text).ok());
  text += std::string(100'000, ' ');
  const auto result = Parse(text);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("the limit is 1048576"), std::string::npos) << result.error().message;
}

TEST(ParserLimits, RegexBombs) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(Parse("foo{a=~\"((((x{1000}){1000}){1000}){1000})\"}").ok());
  EXPECT_FALSE(Parse("foo{a=~\"(" + std::string(100'000, '(') + "\"}").ok());
  const auto slow_elsewhere = Parse("foo{a=~\"(a*)*b\"}");
  ASSERT_TRUE(slow_elsewhere.ok());
  const auto& matcher = std::get<VectorSelector>((*slow_elsewhere)->node).matchers[0];
  EXPECT_FALSE(matcher.Matches(std::string(100'000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(ParserLimits, EveryByteInALabel) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("foo{a=\"x") + static_cast<char>(byte) + "y\"}";
    const auto expr = Parse(text);  // must not crash; what parses prints and parses again
    if (!expr.ok()) continue;
    const auto again = Parse(Format(**expr));
    ASSERT_TRUE(again.ok()) << byte;
    EXPECT_EQ(Format(**again), Format(**expr));
  }
  // Written as escapes every byte can stand in a value.
  for (int byte = 0; byte < 256; ++byte) {
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\x%02x", byte);
    const auto expr = Parse(std::string("foo{a=\"") + escape + "\"}");
    ASSERT_TRUE(expr.ok()) << byte;
    EXPECT_EQ(std::get<VectorSelector>((*expr)->node).matchers[0].value(),
              std::string(1, static_cast<char>(byte)));
    EXPECT_TRUE(Parse(Format(**expr)).ok()) << byte;
  }
}

TEST(PromDuration, ReadsAndWrites) {
  const std::pair<const char*, int64_t> kForms[] = {
      {"0", 0},           {"1ms", 1},          {"5m", 300'000},        {"1h30m", 5'400'000},
      {"1d", 86'400'000}, {"1w", 604'800'000}, {"1y", 31'536'000'000}, {"1y2w3d4h5m6s7ms", 33'019'506'007}};
  for (const auto& [text, ms] : kForms) {
    const auto d = ParsePromDuration(text);
    ASSERT_TRUE(d.ok()) << text;
    EXPECT_EQ(*d, Duration(milliseconds(ms))) << text;
    EXPECT_EQ(*ParsePromDuration(FormatPromDuration(*d)), *d) << text;
  }
  for (const char* text :
       {"", "5", "m", "5x", "1.5h", "-1m", "1m1h", "1h1h", "5 m", "99999999999999999999s", "300000y"}) {
    EXPECT_FALSE(ParsePromDuration(text).ok()) << text;
  }
  EXPECT_EQ(FormatPromDuration(std::chrono::hours(24 * 90)), "90d");
  EXPECT_EQ(FormatPromDuration(std::chrono::hours(24 * 14)), "2w");
  EXPECT_EQ(FormatPromDuration(Duration(0)), "0s");
}

TEST(ParseMetric, ReadsSeries) {
  const auto labels = ParseMetric("up{job=\"a, b\", x=''}");
  ASSERT_TRUE(labels.ok()) << labels.error().message;
  EXPECT_EQ(*labels, (model::Labels{{"__name__", "up"}, {"job", "a, b"}}));
  EXPECT_TRUE(ParseMetric("{}").ok());
  EXPECT_FALSE(ParseMetric("up{job=~\"a\"}").ok());
  EXPECT_FALSE(ParseMetric("up[5m]").ok());
}

TEST(ParseSelector, RefusesExpressions) {
  EXPECT_TRUE(ParseSelector("up{job=\"a\"}").ok());
  EXPECT_FALSE(ParseSelector("up + 1").ok());
  EXPECT_FALSE(ParseSelector("up[5m]").ok());
  EXPECT_FALSE(ParseSelector("{}").ok());
}

}  // namespace
}  // namespace belfry::promql
