// Every function a rule's text may use, with what Prometheus makes of it.
#include <gtest/gtest.h>

#include <set>

#include "rules/template/template.h"

namespace belfry::tmpl {
namespace {

struct Row {
  const char* function;
  const char* text;
  const char* want;
};

// Source: Prometheus' template reference, Go's text/template.
constexpr Row kRows[] = {
    {"query", "{{ range query \"up\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}", "b=21;a=11;"},
    {"first", "{{ (query \"up\" | first).Value }}", "21"},
    {"label", "{{ query \"up\" | first | label \"instance\" }}", "b"},
    {"value", "{{ query \"up\" | first | value }}", "21"},
    {"strvalue", "{{ query \"text\" | first | strvalue }}", "hello"},
    {"sortByLabel", "{{ range query \"up\" | sortByLabel \"instance\" }}{{ .Labels.instance }}{{ end }}",
     "ab"},
    {"args", "{{ define \"x\" }}{{ .arg0 }}{{ .arg1 }}{{ end }}{{ template \"x\" (args \"a\" 2) }}", "a2"},
    {"safeHtml", "{{ safeHtml \"<b>\" }}", "<b>"},
    {"title", "{{ title \"aa bb CC\" }}", "Aa Bb CC"},
    {"toUpper", "{{ toUpper \"aa bb CC\" }}", "AA BB CC"},
    {"toLower", "{{ toLower \"aA bB CC\" }}", "aa bb cc"},
    {"match", "{{ match \"a+\" \"aa\" }} {{ match \"^b\" \"ab\" }}", "true false"},
    {"reReplaceAll", "{{ reReplaceAll \"(a)b\" \"x$1\" \"ab\" }}", "xa"},
    {"reReplaceAll", "{{ reReplaceAll \"(?P<n>a)b\" \"${n}x\" \"ab\" }}", "ax"},
    {"graphLink", "{{ graphLink \"up > 1\" }}", "/graph?g0.expr=up+%3E+1&g0.tab=0"},
    {"tableLink", "{{ tableLink \"up > 1\" }}", "/graph?g0.expr=up+%3E+1&g0.tab=1"},
    {"stripPort", "{{ stripPort \"localhost:9090\" }} {{ stripPort \"[::1]:1\" }}", "localhost ::1"},
    {"stripDomain", "{{ stripDomain \"a.example.org:1\" }} {{ stripDomain \"127.0.0.1\" }}", "a:1 127.0.0.1"},
    {"humanize", "{{ humanize 1234567.0 }} {{ humanize 0.001 }} {{ humanize 1e+30 }}", "1.235M 1m 1e+06Y"},
    {"humanize1024", "{{ humanize1024 1048576.0 }} {{ humanize1024 0.5 }}", "1Mi 0.5"},
    {"humanizeDuration", "{{ humanizeDuration 93784.5 }} {{ humanizeDuration .1 }}", "1d 2h 3m 4s 100ms"},
    {"humanizePercentage", "{{ humanizePercentage 0.1234567 }} {{ humanizePercentage 1.2 }}", "12.35% 120%"},
    {"humanizeTimestamp", "{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"},
    {"toTime", "{{ (toTime \"1435065584.128\").Year }}", "2015"},
    {"toDuration", "{{ toDuration 5400 }}", "1h30m0s"},
    {"now", "{{ now }}", "1.7e+09"},
    {"pathPrefix", "{{ pathPrefix }}", "/path/prefix"},
    {"externalURL", "{{ externalURL }}", "http://testhost:9090/path/prefix"},
    {"parseDuration", "{{ parseDuration \"1h2m10ms\" }}", "3720.01"},
    {"urlQueryEscape", "{{ urlQueryEscape \"a b&c=d/e\" }}", "a+b%26c%3Dd%2Fe"},
    {"and", "{{ and true 0 }}", "0"},
    {"or", "{{ or 0 \"x\" }}", "x"},
    {"not", "{{ not \"\" }}", "true"},
    {"eq", "{{ eq 2 1 2 }}", "true"},
    {"ne", "{{ ne 1.0 2.0 }}", "true"},
    {"lt", "{{ lt \"a\" \"b\" }}", "true"},
    {"le", "{{ le 2 1 }}", "false"},
    {"gt", "{{ gt 2.5 1.5 }}", "true"},
    {"ge", "{{ ge 2 2 }}", "true"},
    {"len", "{{ len \"abc\" }}", "3"},
    {"index", "{{ index $labels \"job\" }}", "etl"},
    {"slice", "{{ slice \"abcd\" 1 3 }}", "bc"},
    {"print", "{{ print \"a\" 1 2 \"b\" }}", "a1 2b"},
    {"printf", "{{ printf \"%.1f|%s|%5d\" 2.25 \"x\" 7 }}", "2.2|x|    7"},
    {"println", "{{ println 1 \"a\" }}", "1 a\n"},
    {"html", "{{ html \"a<b\" }}", "a&lt;b"},
    {"js", "{{ js \"'\" }}", "\\'"},
    {"urlquery", "{{ urlquery \"a b\" }}", "a+b"},
};

// In the order of the reference.
constexpr const char* kAll[] = {
    "query",
    "first",
    "label",
    "value",
    "strvalue",
    "sortByLabel",
    "args",
    "safeHtml",
    "title",
    "toUpper",
    "toLower",
    "match",
    "reReplaceAll",
    "graphLink",
    "tableLink",
    "stripPort",
    "stripDomain",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "toTime",
    "pathPrefix",
    "externalURL",
    "parseDuration",
    "toDuration",
    "now",
    "urlQueryEscape",
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "len",
    "index",
    "slice",
    "print",
    "printf",
    "println",
    "html",
    "js",
    "urlquery",
    "call",
};

std::string Expanded(const char* text) {
  const model::Labels labels{{"job", "etl"}};
  const model::Labels external;
  const QueryFunction query = [](std::string_view expression, Instant) -> Result<std::vector<QuerySample>> {
    if (expression == "text") return std::vector<QuerySample>{{model::Labels{{"__value__", "hello"}}, 0}};
    return std::vector<QuerySample>{{model::Labels{{"instance", "b"}}, 21},
                                    {model::Labels{{"instance", "a"}}, 11}};
  };
  const auto parsed = Parse("__alert_A", text);
  if (!parsed.ok()) return parsed.error().message;
  return Expand(*parsed,
                {.labels = labels,
                 .value = 1,
                 .external_labels = external,
                 .external_url = "http://testhost:9090/path/prefix",
                 .query = query},
                FromUnixSeconds(1'700'000'000));
}

TEST(Functions, GiveWhatPrometheusGives) {
  for (const Row& row : kRows) EXPECT_EQ(Expanded(row.text), row.want) << row.function << ": " << row.text;
}

TEST(Functions, AreAllThere) {
  std::set<std::string> shown;
  for (const Row& row : kRows) shown.insert(row.function);
  for (const std::string name : kAll) {
    EXPECT_TRUE(shown.contains(name) || name == "call") << name << " has no row";
    const auto parsed = Parse("n", "{{ " + name + " }}");
    EXPECT_TRUE(parsed.ok() || parsed.error().message.find("not defined") == std::string::npos) << name;
  }
  EXPECT_EQ(Expanded("{{ tmpl \"x\" . }}"), "template: __alert_A:1: function \"tmpl\" not defined");
}

// No text of a rule has a function among its values: there is nothing to call.
TEST(Functions, CallHasNothingToCall) {
  EXPECT_TRUE(Expanded("{{ call 1 }}").starts_with("<error expanding template: "))
      << Expanded("{{ call 1 }}");
}

TEST(Functions, SayWhatIsWrongInTheText) {
  for (const char* text : {"{{ humanize \"x\" }}",
                           "{{ humanize1024 \"x\" }}",
                           "{{ humanizeDuration \"x\" }}",
                           "{{ humanizePercentage \"x\" }}",
                           "{{ humanizeTimestamp \"x\" }}",
                           "{{ humanizeTimestamp 1e300 }}",
                           "{{ toTime \"x\" }}",
                           "{{ toDuration \"x\" }}",
                           "{{ toDuration \"NaN\" }}",
                           "{{ parseDuration \"x\" }}",
                           "{{ parseDuration \"\" }}",
                           "{{ reReplaceAll \"(\" \"\" \"\" }}",
                           "{{ match \"(\" \"\" }}",
                           "{{ query \"up\" | label \"x\" }}",
                           "{{ first 1 }}",
                           "{{ index \"a\" 7 }}",
                           "{{ slice \"a\" 2 1 }}",
                           "{{ lt 1 \"a\" }}",
                           "{{ len 1 }}",
                           "{{ toUpper }}",
                           "{{ now 1 }}"}) {
    EXPECT_TRUE(Expanded(text).starts_with("<error expanding template: error executing template __alert_A: "))
        << text << " gave " << Expanded(text);
  }
}

}  // namespace
}  // namespace belfry::tmpl
