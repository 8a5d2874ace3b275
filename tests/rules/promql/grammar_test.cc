// The whole grammar of Prometheus 3's query language, form by form: what is accepted is printed and parsed
// back; what is refused on purpose has one message. Source: Prometheus 3.14's documentation of querying and
// its grammar. What else can be wrong with a text is in parser_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "rules/promql/functions.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace belfry::promql {
namespace {

std::string TestName(std::string text) {
  for (char& c : text) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return text;
}

struct Form {
  const char* name;
  const char* text;
  const char* printed = nullptr;  // nullptr: as it was written
  bool experimental = false;      // refused unless experimental functions are allowed
};

constexpr Form kForms[] = {
    // Numbers.
    {"decimal", "1234.5"},
    {"fraction without zero", ".5", "0.5"},
    {"fraction without digits", "5.", "5"},
    {"exponent", "1.5e3", "1500"},
    {"negative exponent", "2E-3", "0.002"},
    {"hexadecimal", "0x1F", "31"},
    {"octal", "017", "15"},
    {"underscores in an integer", "1_000_000", "1000000"},
    {"underscores in a fraction", "1_000.000_5", "1000.0005"},
    {"underscores in an exponent", "1e1_0", "10000000000"},
    {"underscores in a hexadecimal number", "0x_ff_ff", "65535"},
    {"infinity in any case", "iNf", "Inf"},
    {"not a number in any case", "nan", "NaN"},
    {"negative number", "-1", "-1"},
    {"plus before a number", "+1", "1"},
    {"several signs", "--1", "1"},
    // Durations as numbers.
    {"every unit of a duration", "1y2w3d4h5m6s7ms", "382d4h5m6s7ms"},
    {"duration in arithmetic", "1h * 2"},
    {"duration as an argument", "vector(5m)"},
    {"duration compared", "time() - a > 1h30m"},
    {"negative duration", "-5m"},
    // Strings.
    {"double quotes", R"("a\n\"b\"")"},
    {"single quotes", R"('a"b')", R"("a\"b")"},
    {"backticks", R"(`a\nb`)", R"("a\\nb")"},
    {"octal escape", R"("\101")", R"("A")"},
    {"hexadecimal escape", R"("\x41")", R"("A")"},
    {"unicode escapes", R"("\u00e9\U0001F514")", "\"é🔔\""},
    // Comments and space.
    {"comment to the end", "a # b", "a"},
    {"comment between", "a # b\n + c", "a + c"},
    {"line ends", "a\r\n+\tb", "a + b"},
    // Selectors.
    {"metric name", "foo"},
    {"metric name with colons", "job:foo:rate5m"},
    {"name beginning with a colon", ":foo"},
    {"equal matcher", "foo{a=\"b\"}"},
    {"every matcher", "foo{a=\"b\",c!=\"d\",e=~\"f\",g!~\"h\"}"},
    {"matchers are sorted", "foo{c=\"d\",a=\"b\"}", "foo{a=\"b\",c=\"d\"}"},
    {"trailing comma", "foo{a=\"b\",}", "foo{a=\"b\"}"},
    {"empty braces after a name", "foo{}", "foo"},
    {"no name", "{a=\"b\"}"},
    {"one label twice", "foo{a!=\"b\",a!=\"c\"}"},
    {"name as a label", "{__name__=\"foo\"}"},
    {"name by a regular expression", "{__name__=~\"foo|bar\"}"},
    {"quoted name", "{\"foo.bar\"}", "{__name__=\"foo.bar\"}"},
    {"quoted name in single quotes", "{'foo bar'}", "{__name__=\"foo bar\"}"},
    {"quoted name and matchers", "{\"foo.bar\",le=\"1\"}", "{__name__=\"foo.bar\",le=\"1\"}"},
    {"quoted name after matchers", "{le=\"1\",\"foo.bar\"}", "{__name__=\"foo.bar\",le=\"1\"}"},
    {"quoted label name", "foo{\"a.b\"=\"c\"}"},
    {"quoted label name with every matcher", "foo{\"a.b\"!=\"c\",\"d e\"=~\"f\",\"g-h\"!~\"i\"}"},
    {"quoted label name that needs no quotes", "foo{\"a\"=\"b\"}", "foo{a=\"b\"}"},
    {"label name beyond ASCII", "{\"größe\"=\"1\"}"},
    {"label named as a keyword", "foo{by=\"a\",sum=\"b\",offset=\"c\"}",
     "foo{by=\"a\",offset=\"c\",sum=\"b\"}"},
    // Words with a meaning as metric names.
    {"aggregator as a name", "sum + avg + limitk"},
    {"keyword as a name", "by + without + offset"},
    {"set operator as a name", "and + or + unless"},
    {"start and end as names", "start + end"},
    {"newer keywords as names", "fill + fill_left + fill_right + anchored + smoothed"},
    {"step and range as names", "step + range + max_of + min_of"},
    {"newer keyword as a name with matchers", "smoothed{a=\"b\"}"},
    // Ranges, offset and @.
    {"range", "foo[5m]"},
    {"range with space", "foo [ 5m ]", "foo[5m]"},
    {"range in seconds", "foo[300]", "foo[5m]"},
    {"range in a fraction of a second", "foo[0.5]", "foo[500ms]"},
    {"range with plus", "foo[+5m]", "foo[5m]"},
    {"range of compound duration", "foo[1h30m]"},
    {"range in hexadecimal seconds", "foo[0x3C]", "foo[1m]"},
    {"offset", "foo offset 5m"},
    {"negative offset", "foo offset -5m"},
    {"offset with plus", "foo offset +5m", "foo offset 5m"},
    {"offset in seconds", "foo offset 60", "foo offset 1m"},
    {"offset with two signs", "foo offset --5m", "foo offset 5m"},
    {"offset of a range", "foo[5m] offset 1h"},
    {"offset binds tighter than an operator", "foo offset -2s ^ 2"},
    {"at a time", "foo @ 1609746000", "foo @ 1609746000.000"},
    {"at a fraction", "foo @ 1.5", "foo @ 1.500"},
    {"at a negative time", "foo @ -10", "foo @ -10.000"},
    {"at a duration", "foo @ 1h", "foo @ 3600.000"},
    {"at the start", "foo @ start()"},
    {"at the end", "foo @ end( )", "foo @ end()"},
    {"at of a range", "foo[5m] @ end()"},
    {"at before offset", "foo @ 1 offset 1m", "foo @ 1.000 offset 1m"},
    {"offset before at", "foo offset 1m @ 1", "foo @ 1.000 offset 1m"},
    // Subqueries.
    {"subquery", "foo[1h:5m]"},
    {"subquery with the default step", "foo[1h:]"},
    {"subquery in seconds", "foo[3600:60]", "foo[1h:1m]"},
    {"subquery of a call", "rate(foo[5m])[1h:]"},
    {"subquery of a group", "(foo + bar)[1h:1m]"},
    {"subquery of a subquery", "max_over_time(foo[1h:1m])[1d:1h]"},
    {"subquery with modifiers", "foo[1h:1m] @ start() offset -5m"},
    // Operators.
    {"every arithmetic operator", "a + b - c * d / e % f ^ g atan2 h"},
    {"every comparison", "a == b != c > d < e >= f <= g"},
    {"every set operator", "a and b or c unless d"},
    {"comparison with bool", "a == bool b"},
    {"scalars compared", "1 < bool 2"},
    {"scalar and vector", "1 + a"},
    {"matching on", "a + on (x) b"},
    {"matching on nothing", "a + on () b"},
    {"matching with a trailing comma", "a + on (x, y, ) b", "a + on (x, y) b"},
    {"ignoring", "a + ignoring (x) b"},
    {"bool and matching", "a == bool on (x) b"},
    {"group left", "a + on (x) group_left () b"},
    {"group left without list", "a + on (x) group_left b", "a + on (x) group_left () b"},
    {"group left with labels", "a + on (x) group_left (y, z) b"},
    {"group right", "a + ignoring (x) group_right (y) b"},
    {"set operator with matching", "a and ignoring (x) b"},
    {"quoted labels in on", "a + on (\"x.y\") b"},
    {"quoted labels in ignoring", "a + ignoring (\"x y\", z) b"},
    {"quoted labels in group left", "a + on (x) group_left (\"y.z\") b"},
    {"keywords as labels of on", "a + on (by, on, start, anchored, fill, step) b"},
    {"words of operators in any case", "a AND b OR c UNLESS d", "a and b or c unless d"},
    {"unary minus", "-a"},
    {"unary plus", "+a"},
    {"unary minus binds weaker than power", "-a ^ 2"},
    {"unary minus binds as multiplication", "-a * b"},
    {"unary minus of a group", "-(a + b)"},
    {"power to the right", "2 ^ 3 ^ 2"},
    {"power of a negative number", "a ^ -1"},
    {"parentheses", "((a))"},
    // Aggregations.
    {"by before", "sum by (a, b) (foo)"},
    {"by after", "sum(foo) by (a, b)", "sum by (a, b) (foo)"},
    {"by nothing", "sum by () (foo)", "sum(foo)"},
    {"without", "sum without (a) (foo)"},
    {"without nothing", "sum without () (foo)"},
    {"quoted labels in by", "sum by (\"a.b\", c) (foo)"},
    {"keywords as labels of by", "sum by (by, bool, offset, group_left, atan2) (foo)"},
    {"aggregator in any case", "SUM BY (a) (foo)", "sum by (a) (foo)"},
    {"avg", "avg(foo)"},
    {"count", "count(foo)"},
    {"min", "min(foo)"},
    {"max", "max(foo)"},
    {"group", "group(foo)"},
    {"stddev", "stddev(foo)"},
    {"stdvar", "stdvar(foo)"},
    {"topk", "topk by (a) (3, foo)"},
    {"bottomk", "bottomk(scalar(a), foo)"},
    {"count values", "count_values without (a) (\"v\", foo)"},
    {"quantile", "quantile(0.9, foo)"},
    {"limitk", "limitk by (a) (3, foo)", nullptr, true},
    {"limit ratio", "limit_ratio(-0.5, foo)", nullptr, true},
    // Calls that are more than a name and arguments.
    {"start and end as functions", "start() + end()", nullptr, true},
    {"step and range as functions", "step() + range()", nullptr, true},
    {"argument in parentheses", "rate((foo[5m]))"},
};

class GrammarForm : public ::testing::TestWithParam<Form> {};

TEST_P(GrammarForm, ParsesPrintsAndParsesBack) {
  const auto& [name, text, want, experimental] = GetParam();
  const std::string printed = want == nullptr ? text : want;
  const ParseOptions options{.experimental_functions = experimental};
  const auto expr = Parse(text, options);
  ASSERT_TRUE(expr.ok()) << text << ": " << expr.error().message;
  EXPECT_EQ(Format(**expr), printed);
  for (const std::string& form : {printed, FormatPretty(**expr)}) {
    const auto again = Parse(form, options);
    ASSERT_TRUE(again.ok()) << form << ": " << again.error().message;
    EXPECT_EQ(Format(**again), printed) << form;
  }
  EXPECT_EQ(Parse(text).ok(), !experimental);
}

INSTANTIATE_TEST_SUITE_P(Table, GrammarForm, ::testing::ValuesIn(kForms),
                         [](const auto& info) { return TestName(info.param.name); });

struct Refusal {
  const char* name;
  const char* text;
  const char* error;
};

// Deliberately: docs/promql.md lists them.
constexpr Refusal kRefused[] = {
    {"duration added", "foo[5m + 1m]", "1:5: parse error: experimental duration expression is not enabled"},
    {"duration subtracted", "foo[5m - 1m]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"duration multiplied", "foo[5m*2]", "1:5: parse error: experimental duration expression is not enabled"},
    {"duration divided", "foo[5m/2]", "1:5: parse error: experimental duration expression is not enabled"},
    {"duration remainder", "foo[5m%2]", "1:5: parse error: experimental duration expression is not enabled"},
    {"duration power", "foo[2^8]", "1:5: parse error: experimental duration expression is not enabled"},
    {"duration in parentheses", "foo[(5m)]",
     "1:6: parse error: experimental duration expression is not enabled"},
    {"duration of the step", "foo[step()]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"duration of the range", "foo[range()]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"greater duration", "foo[max_of(1m, step())]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"smaller duration", "foo[MIN_OF(1m, 2m)]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"duration expression as subquery step", "foo[1h:5m*2]",
     "1:8: parse error: experimental duration expression is not enabled"},
    {"duration expression as subquery range", "foo[1h*2:5m]",
     "1:5: parse error: experimental duration expression is not enabled"},
    {"offset in parentheses", "foo offset (5m)",
     "1:13: parse error: experimental duration expression is not enabled"},
    {"offset by the step", "foo offset step()",
     "1:12: parse error: experimental duration expression is not enabled"},
    {"offset by minus the range", "foo offset -range()",
     "1:13: parse error: experimental duration expression is not enabled"},
    {"anchored", "rate(foo[5m] anchored)",
     "1:6: parse error: anchored modifier is experimental and not enabled"},
    {"anchored instant selector", "foo anchored",
     "1:1: parse error: anchored modifier is experimental and not enabled"},
    {"smoothed", "rate(foo[5m] SMOOTHED)",
     "1:6: parse error: smoothed modifier is experimental and not enabled"},
    {"fill", "a + fill(0) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"},
    {"fill left", "a + on(x) fill_left(0) b",
     "1:1: parse error: binop fill modifiers are experimental and not enabled"},
    {"fill right", "a == bool on(x) group_left fill_right (0) b",
     "1:1: parse error: binop fill modifiers are experimental and not enabled"},
    {"info", "info(foo)", "1:1: parse error: function \"info\" is not enabled"},
    {"info with a selector", "info(foo, {a=\"b\"})", "1:1: parse error: function \"info\" is not enabled"},
    {"start timestamp", "start_timestamp(foo)",
     "1:1: parse error: function \"start_timestamp\" is not enabled"},
    {"trim upper", "a </ 1",
     "1:3: parse error: operator \"</\" is not supported: it is for native histograms"},
    {"trim lower", "a >/ b",
     "1:3: parse error: operator \">/\" is not supported: it is for native histograms"},
    {"group named without a P", "a{b=~\"(?<n>x)\"}",
     "1:3: parse error: error parsing regexp: invalid perl operator: (?<"},
    {"holt winters", "holt_winters(a[5m], 0.1, 0.1)",
     "1:1: parse error: unknown function with name \"holt_winters\""},
    {"an experimental function", "mad_over_time(a[5m])",
     "1:1: parse error: function \"mad_over_time\" is not enabled"},
    {"an experimental aggregation", "limit_ratio(0.1, a)",
     "1:1: parse error: limit_ratio() is experimental and is not enabled"},
    // What Prometheus refuses as well, of the same forms.
    {"two signs of a time", "foo @ --5", "1:8: parse error: unexpected <op:-> in @, expected timestamp"},
    {"at in parentheses", "foo @ (5)", "1:7: parse error: unexpected \"(\" in @, expected timestamp"},
    {"two quoted names are one too many for what is outside", "foo{\"bar\"}",
     "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
    {"doubled underscore", "1__0", "1:1: parse error: bad number or duration syntax: \"1__0\""},
    {"binary number", "0b11", "1:1: parse error: bad number or duration syntax: \"0b11\""},
    {"empty quoted label of by", "sum by (\"\") (a)",
     "1:9: parse error: invalid label name for grouping: \"\""},
};

class GrammarRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(GrammarRefusal, HasOneClearError) {
  const auto expr = Parse(GetParam().text);
  ASSERT_FALSE(expr.ok()) << GetParam().text;
  EXPECT_EQ(expr.error().message, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(Table, GrammarRefusal, ::testing::ValuesIn(kRefused),
                         [](const auto& info) { return TestName(info.param.name); });

// What 2.42 knows nothing of is refused in its dialect with its words.
TEST(GrammarOf2, RefusesTheNewerForms) {
  for (const char* text : {"foo offset --5m", "foo offset +5m", "foo[+5m]", "foo[-5m]", "1_000", "foo[5m*2]",
                           "foo offset (5m)", "foo </ 1", "foo anchored", "a + fill(1) b", "info(foo)",
                           "foo @ --5", "histogram_quantiles(foo, \"q\", 0.5)"}) {
    EXPECT_FALSE(Parse(text, {.dialect = Dialect::kPrometheus2}).ok()) << text;
  }
  for (const char* text : {"foo offset -5m", "foo @ -5", "foo @ +5", "0x1F"}) {
    EXPECT_TRUE(Parse(text, {.dialect = Dialect::kPrometheus2}).ok()) << text;
  }
}

enum class Known { kStable, kExperimental, kOf2, kRefused };

// A function of the documentation, its arguments as letters: vector, matrix, scalar, text.
struct Documented {
  const char* name;
  const char* args;
  Known known = Known::kStable;
};

constexpr Documented kDocumented[] = {
    {"abs", "v"},
    {"absent", "v"},
    {"absent_over_time", "m"},
    {"acos", "v"},
    {"acosh", "v"},
    {"asin", "v"},
    {"asinh", "v"},
    {"atan", "v"},
    {"atanh", "v"},
    {"avg_over_time", "m"},
    {"ceil", "v"},
    {"changes", "m"},
    {"clamp", "vss"},
    {"clamp_max", "vs"},
    {"clamp_min", "vs"},
    {"cos", "v"},
    {"cosh", "v"},
    {"count_over_time", "m"},
    {"day_of_month", "v"},
    {"day_of_month", ""},
    {"day_of_week", "v"},
    {"day_of_week", ""},
    {"day_of_year", "v"},
    {"day_of_year", ""},
    {"days_in_month", "v"},
    {"days_in_month", ""},
    {"deg", "v"},
    {"delta", "m"},
    {"deriv", "m"},
    {"double_exponential_smoothing", "mss", Known::kExperimental},
    {"end", "", Known::kExperimental},
    {"exp", "v"},
    {"first_over_time", "m"},
    {"floor", "v"},
    {"histogram_avg", "v"},
    {"histogram_count", "v"},
    {"histogram_fraction", "ssv"},
    {"histogram_quantile", "sv"},
    {"histogram_quantiles", "vts", Known::kExperimental},
    {"histogram_quantiles", "vtssssssssss", Known::kExperimental},
    {"histogram_stddev", "v"},
    {"histogram_stdvar", "v"},
    {"histogram_sum", "v"},
    {"holt_winters", "mss", Known::kOf2},
    {"hour", "v"},
    {"hour", ""},
    {"idelta", "m"},
    {"increase", "m"},
    {"info", "v", Known::kRefused},
    {"irate", "m"},
    {"label_join", "vtt"},
    {"label_join", "vttttt"},
    {"label_replace", "vtttt"},
    {"last_over_time", "m"},
    {"ln", "v"},
    {"log10", "v"},
    {"log2", "v"},
    {"mad_over_time", "m", Known::kExperimental},
    {"max_of", "ss", Known::kExperimental},
    {"max_over_time", "m"},
    {"min_of", "ss", Known::kExperimental},
    {"min_over_time", "m"},
    {"minute", "v"},
    {"minute", ""},
    {"month", "v"},
    {"month", ""},
    {"pi", ""},
    {"predict_linear", "ms"},
    {"present_over_time", "m"},
    {"quantile_over_time", "sm"},
    {"rad", "v"},
    {"range", "", Known::kExperimental},
    {"rate", "m"},
    {"resets", "m"},
    {"round", "v"},
    {"round", "vs"},
    {"scalar", "v"},
    {"sgn", "v"},
    {"sin", "v"},
    {"sinh", "v"},
    {"sort", "v"},
    {"sort_by_label", "v", Known::kExperimental},
    {"sort_by_label", "vtt", Known::kExperimental},
    {"sort_by_label_desc", "v", Known::kExperimental},
    {"sort_by_label_desc", "vt", Known::kExperimental},
    {"sort_desc", "v"},
    {"sqrt", "v"},
    {"start", "", Known::kExperimental},
    {"start_timestamp", "v", Known::kRefused},
    {"stddev_over_time", "m"},
    {"stdvar_over_time", "m"},
    {"step", "", Known::kExperimental},
    {"sum_over_time", "m"},
    {"tan", "v"},
    {"tanh", "v"},
    {"time", ""},
    {"timestamp", "v"},
    {"ts_of_first_over_time", "m", Known::kExperimental},
    {"ts_of_last_over_time", "m", Known::kExperimental},
    {"ts_of_max_over_time", "m", Known::kExperimental},
    {"ts_of_min_over_time", "m", Known::kExperimental},
    {"vector", "s"},
    {"year", "v"},
    {"year", ""},
};

std::string CallOf(const Documented& function) {
  std::string text = std::string(function.name) + "(";
  for (const char* arg = function.args; *arg != '\0'; ++arg) {
    if (arg != function.args) text += ", ";
    text += *arg == 'v' ? "foo" : *arg == 'm' ? "foo[5m]" : *arg == 's' ? "0.5" : "\"t\"";
  }
  return text + ")";
}

TEST(GrammarFunctions, EveryDocumentedOneIsKnownOrRefusedByName) {
  for (const Documented& function : kDocumented) {
    const std::string text = CallOf(function);
    const Known known = function.known;
    const auto plain = Parse(text);
    EXPECT_EQ(plain.ok(), known == Known::kStable) << text;
    const auto experimental = Parse(text, {.experimental_functions = true});
    EXPECT_EQ(experimental.ok(), known == Known::kStable || known == Known::kExperimental) << text;
    if (experimental.ok()) {
      EXPECT_EQ(Format(**experimental), text);
    }
    if (known == Known::kOf2) {
      EXPECT_TRUE(Parse(text, {.dialect = Dialect::kPrometheus2}).ok()) << text;
    }
    if (known == Known::kExperimental || known == Known::kRefused) {
      EXPECT_EQ(plain.error().message,
                "1:1: parse error: function \"" + std::string(function.name) + "\" is not enabled");
    }
    // One argument more, or of another type, is refused.
    EXPECT_FALSE(Parse(CallOf({function.name, "vvvvvvvvvvvvvvvv"}), {.experimental_functions = true}).ok())
        << text;
  }
}

TEST(GrammarFunctions, NoneIsKnownThatIsNotDocumented) {
  std::set<std::string_view> documented;
  for (const Documented& function : kDocumented) documented.insert(function.name);
  for (const FunctionInfo& function : AllFunctions())
    EXPECT_TRUE(documented.contains(function.name)) << function.name;
}

}  // namespace
}  // namespace belfry::promql
