#include "rules/template/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace belfry::tmpl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr double kInf = std::numeric_limits<double>::infinity();

struct World {
  model::Labels labels{{"job_name", "etl"}, {"namespace", "batch"}, {"instance", "db1.example.org:9100"}};
  model::Labels external_labels{{"cluster", "c1"}};
  QueryFunction query = [](std::string_view expression, Instant) -> Result<std::vector<QuerySample>> {
    if (expression == "none") return std::vector<QuerySample>{};
    if (expression == "bad") return Error{Code::kInvalid, "1:1: parse error: bad"};
    return std::vector<QuerySample>{{model::Labels{{"__name__", "up"}, {"instance", "b"}}, 21},
                                    {model::Labels{{"__name__", "up"}, {"instance", "a"}}, 11}};
  };
  Instant now = FromUnixSeconds(1'700'000'000);

  std::string Expand(std::string_view text, double value = 1) const {
    auto parsed = Parse("__alert_A", text);
    if (!parsed.ok()) return "parse error: " + parsed.error().message;
    const TemplateData data{.labels = labels,
                            .value = value,
                            .external_labels = external_labels,
                            .external_url = "http://belfry:2353/prometheus",
                            .query = query};
    return tmpl::Expand(*parsed, data, now);
  }
};

struct Case {
  const char* text;
  double value;
  const char* want;
};

void Check(const std::vector<Case>& cases) {
  const World world;
  for (const Case& c : cases) EXPECT_EQ(world.Expand(c.text, c.value), c.want) << c.text;
}

TEST(Template, ShowsLabelsValueAndExternals) {
  Check({
      {"", 1, ""},
      {"plain {text} }}", 1, "plain {text} }}"},
      {"Job {{ $labels.job_name }} in {{ $labels.namespace }}", 1, "Job etl in batch"},
      {"{{ .Labels.job_name }}", 1, "etl"},
      {"[{{ $labels.missing }}]", 1, "[]"},
      {"{{ index $labels \"job_name\" }}", 1, "etl"},
      {"{{ index .Labels \"nope\" }}", 1, ""},
      {"{{ $value }}", 12, "12"},
      {"{{ .Value }}", 0.5, "0.5"},
      {"{{ $externalLabels.cluster }}/{{ .ExternalLabels.cluster }}", 1, "c1/c1"},
      {"{{ $externalURL }} {{ .ExternalURL }}", 1,
       "http://belfry:2353/prometheus http://belfry:2353/prometheus"},
      {"{{ externalURL }}{{ pathPrefix }}", 1, "http://belfry:2353/prometheus/prometheus"},
      {"{{ $labels }}", 1, "map[instance:db1.example.org:9100 job_name:etl namespace:batch]"},
      {"{{ $.Value }}", 3, "3"},
      {"{{ len $labels }}", 1, "3"},
  });
}

// Text and labels alone are put together without the interpreter that any other action calls for.
TEST(Template, LabelsAloneReadAsWithTheInterpreter) {
  World world;
  world.labels.Set("text", "<{{ $labels.job_name }}> %s \xff");
  world.labels.Set("wide", std::string(600 << 10, 'w'));
  for (const std::string label : {"job_name", "missing", "text", "wide"}) {
    for (const std::string base : {"$labels.", ".Labels."}) {
      const std::string plain = "a {{ " + base + label + " }} b {{- " + base + label + " -}} c{{/* no */}}";
      const std::string interpreted = plain + "{{ \"\" }}";
      EXPECT_EQ(world.Expand(plain), world.Expand(interpreted)) << plain;
    }
  }
  EXPECT_THAT(world.Expand("{{ $labels.wide }}{{ $labels.wide }}"), HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(world.Expand("{{ $value.x }}"), HasSubstr("can't evaluate field x"));
  EXPECT_THAT(world.Expand("{{ .Value.x }}"), HasSubstr("can't evaluate field x"));
  EXPECT_EQ(world.Expand("{{ .ExternalLabels.cluster }}"), "c1");
}

TEST(Template, PrintsFloatsAsGoDoes) {
  Check({
      {"{{ $value }}", 0, "0"},
      {"{{ $value }}", -0.0, "-0"},
      {"{{ $value }}", 100000, "100000"},
      {"{{ $value }}", 1000000, "1e+06"},
      {"{{ $value }}", 12345678, "1.2345678e+07"},
      {"{{ $value }}", 12345.678, "12345.678"},
      {"{{ $value }}", 123456789.5, "1.234567895e+08"},
      {"{{ $value }}", 1e21, "1e+21"},
      {"{{ $value }}", 0.0001, "0.0001"},
      {"{{ $value }}", 0.00001, "1e-05"},
      {"{{ $value }}", kInf, "+Inf"},
      {"{{ $value }}", -kInf, "-Inf"},
      {"{{ $value }}", std::nan(""), "NaN"},
  });
}

TEST(Template, ActionsBranchAndLoop) {
  Check({
      {"{{ if gt $value 10.0 }}big{{ else }}small{{ end }}", 11, "big"},
      {"{{ if gt $value 10.0 }}big{{ else }}small{{ end }}", 9, "small"},
      {"{{ if $labels.missing }}a{{ else if $labels.job_name }}b{{ else }}c{{ end }}", 1, "b"},
      {"{{ if false }}a{{ end }}", 1, ""},
      {"{{ with $labels.job_name }}<{{ . }}>{{ end }}", 1, "<etl>"},
      {"{{ with $labels.missing }}x{{ else }}none{{ end }}", 1, "none"},
      {"{{ with $x := $labels.job_name }}{{ $x }}{{ end }}", 1, "etl"},
      {"{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", 1,
       "instance=db1.example.org:9100;job_name=etl;namespace=batch;"},
      {"{{ range query \"up\" }}{{ .Labels.instance }}={{ .Value }} {{ end }}", 1, "b=21 a=11 "},
      {"{{ range $i, $s := query \"up\" }}{{ $i }}{{ $s.Labels.instance }}{{ end }}", 1, "0b1a"},
      {"{{ range query \"none\" }}x{{ else }}empty{{ end }}", 1, "empty"},
      {"{{ range query \"up\" }}{{ break }}{{ end }}ok", 1, "ok"},
      {"{{ range query \"up\" }}a{{ continue }}b{{ end }}", 1, "aa"},
      {"{{ range $v := query \"up\" }}{{ if eq $v.Value 21.0 }}{{ continue }}{{ end }}{{ value $v }}{{ end "
       "}}",
       1, "11"},
      {"{{ define \"x\" }}[{{ . }}]{{ end }}{{ template \"x\" $value }}", 5, "[5]"},
      {"{{ define \"x\" }}{{ .arg0 }}-{{ .arg1 }}{{ end }}{{ template \"x\" (args 1 \"b\") }}", 1, "1-b"},
      {"{{ block \"b\" $labels.job_name }}({{ . }}){{ end }}", 1, "(etl)"},
      {"{{ template \"later\" }}{{ define \"later\" }}late{{ end }}", 1, "late"},
  });
}

TEST(Template, VariablesCommentsAndTrimMarkers) {
  Check({
      {"{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}", 1, "12"},
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", 1, "2"},
      {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", 1, "21"},
      {"a {{- 1 -}} b", 1, "a1b"},
      {"a\n{{- /* c */ -}}\n b", 1, "ab"},
      {"a{{/* gone */}}b", 1, "ab"},
      {"{{ -3 }} {{-3}}", 1, "-3 -3"},
      {"{{ 0x1f }} {{ 017 }} {{ 1_000 }}", 1, "31 15 1000"},
      {"{{ 0x1f }} {{ 017 }} {{ 0b11 }} {{ 1e3 }} {{ 'a' }}", 1, "31 15 3 1000 97"},
      {"{{ \"q\\\"\\t\\u00e9\" }}{{ `raw\\n` }}", 1, "q\"\t\xc3\xa9raw\\n"},
      {"{{ \"{{\" }}", 1, "{{"},
      {"{{ true }}{{ (index (query \"up\") 0).Value }}", 1, "true21"},
      {"{{ \"a\" | print \"b\" }}", 1, "ba"},
      {"{{ $value | printf \"%.2f\" | len }}", 3.14159, "4"},
  });
}

TEST(Template, ComparesAndDecides) {
  Check({
      {"{{ eq 1 1 }}{{ eq 1 2 3 1 }}{{ ne \"a\" \"b\" }}", 1, "truetruetrue"},
      {"{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge \"b\" \"a\" }}", 1, "truetruefalsetrue"},
      {"{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 \"\" \"x\" }} {{ or 0 \"\" }}", 1, "0 2 x "},
      {"{{ not 0 }}{{ not 1 }}", 1, "truefalse"},
      {"{{ and false (first (query \"none\")) }}", 1, "false"},
      {"{{ or true (first (query \"none\")) }}", 1, "true"},
      {"{{ eq $value 1.0 }}", 1, "true"},
      {"{{ slice \"abcdef\" 1 3 }}{{ slice \"abc\" 1 }}", 1, "bcbc"},
      {"{{ index \"abc\" 1 }}", 1, "98"},
      {"{{ print 1 2 \"a\" \"b\" 3 4 }}", 1, "1 2ab3 4"},
      {"{{ println \"a\" 1 }}", 1, "a 1\n"},
      {"{{ html \"<a href='x'>&\" }}", 1, "&lt;a href=&#39;x&#39;&gt;&amp;"},
      {"{{ js \"it's <b>\" }}", 1, "it\\'s \\u003Cb\\u003E"},
      {"{{ urlquery \"a b&c/d\" }}", 1, "a+b%26c%2Fd"},
  });
}

TEST(Template, PrintfFollowsGo) {
  Check({
      {"{{ printf \"%.2f\" $value }}", 3.14159, "3.14"},
      {"{{ printf \"%5.1f|%-6.1f|%06.2f|%+.1f\" 3.14159 2.5 -1.5 2.0 }}", 1, "  3.1|2.5   |-01.50|+2.0"},
      {"{{ printf \"%d %5d|%-5d|%05d %x %X %o %b %c %U\" 42 42 42 42 255 255 8 5 65 65 }}", 1,
       "42    42|42   |00042 ff FF 10 101 A U+0041"},
      {"{{ printf \"%s|%10s|%-4s|%.2s|%q|%x\" \"ab\" \"ab\" \"ab\" \"abc\" \"a\\\"b\" \"hi\" }}", 1,
       "ab|        ab|ab  |ab|\"a\\\"b\"|6869"},
      {"{{ printf \"%v %v %v %v\" 1 2.5 \"x\" true }}", 1, "1 2.5 x true"},
      {"{{ printf \"%t %T %T %T\" true 1 1.5 \"s\" }}", 1, "true int float64 string"},
      {"{{ printf \"%e %g %G %.3g\" 123456.789 1e-7 1e-7 1234.5678 }}", 1,
       "1.234568e+05 1e-07 1E-07 1.23e+03"},
      {"{{ printf \"%d\" $value }}", 3, "%!d(float64=3)"},
      {"{{ printf \"%s\" 5 }}", 1, "%!s(int=5)"},
      {"{{ printf \"%d\" }}", 1, "%!d(MISSING)"},
      {"{{ printf \"%d\" 1 2 }}", 1, "1%!(EXTRA int=2)"},
      {"{{ printf \"100%%\" }}", 1, "100%"},
      {"{{ printf \"%\" }}", 1, "%!(NOVERB)"},
      {"{{ printf \"%z\" 1 }}", 1, "%!z(int=1)"},
      {"{{ printf \"%[2]s %[1]s\" \"a\" \"b\" }}", 1, "b a"},
      {"{{ printf \"%*d|%-*d|\" 5 42 5 42 }}", 1, "   42|42   |"},
      {"{{ printf \"%.*f\" 2 3.14159 }}", 1, "3.14"},
      {"{{ printf \"%v\" $labels }}", 1, "map[instance:db1.example.org:9100 job_name:etl namespace:batch]"},
      {"{{ printf \"%v\" nil }}", 1, "<nil>"},
      {"{{ printf \"%6.2f%%\" 12.345 }}", 1, " 12.35%"},
  });
}

TEST(Template, HumanizesNumbers) {
  Check({
      {"{{ humanize $value }}", 0, "0"},
      {"{{ humanize $value }}", kInf, "+Inf"},
      {"{{ humanize $value }}", std::nan(""), "NaN"},
      {"{{ humanize $value }}", 1234567, "1.235M"},
      {"{{ humanize $value }}", 999, "999"},
      {"{{ humanize $value }}", -1500, "-1.5k"},
      {"{{ humanize $value }}", 1e27, "1000Y"},
      {"{{ humanize $value }}", 0.0123, "12.3m"},
      {"{{ humanize $value }}", 1.5e-7, "150n"},
      {"{{ humanize \"1000\" }}", 1, "1k"},
      {"{{ humanize 1000 }}", 1, "1k"},
      {"{{ humanize1024 $value }}", 0, "0"},
      {"{{ humanize1024 $value }}", 1, "1"},
      {"{{ humanize1024 $value }}", 1048576, "1Mi"},
      {"{{ humanize1024 $value }}", 1536, "1.5ki"},
      {"{{ humanize1024 $value }}", 0.5, "0.5"},
      {"{{ humanizePercentage $value }}", 0.123456, "12.35%"},
      {"{{ humanizePercentage $value }}", 1, "100%"},
      {"{{ humanizePercentage $value }}", kInf, "+Inf%"},
  });
}

TEST(Template, HumanizesDurations) {
  Check({
      {"{{ humanizeDuration $value }}", 0, "0s"},
      {"{{ humanizeDuration $value }}", 1, "1s"},
      {"{{ humanizeDuration $value }}", 59.5, "59.5s"},
      {"{{ humanizeDuration $value }}", 60, "1m 0s"},
      {"{{ humanizeDuration $value }}", 3600, "1h 0m 0s"},
      {"{{ humanizeDuration $value }}", 86400, "1d 0h 0m 0s"},
      {"{{ humanizeDuration $value }}", 93784.7, "1d 2h 3m 4s"},
      {"{{ humanizeDuration $value }}", -90, "-1m 30s"},
      {"{{ humanizeDuration $value }}", 0.1, "100ms"},
      {"{{ humanizeDuration $value }}", 0.0001, "100us"},
      {"{{ humanizeDuration $value }}", 1.2345678, "1.235s"},
      {"{{ humanizeDuration $value }}", kInf, "+Inf"},
      {"{{ humanizeDuration \"90\" }}", 1, "1m 30s"},
  });
}

TEST(Template, TellsTimes) {
  Check({
      {"{{ humanizeTimestamp $value }}", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ humanizeTimestamp $value }}", 0, "1970-01-01 00:00:00 +0000 UTC"},
      {"{{ humanizeTimestamp $value }}", std::nan(""), "NaN"},
      {"{{ toTime $value }}", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ (toTime $value).Format \"2006-01-02T15:04:05Z07:00\" }}", 1435065584, "2015-06-23T13:19:44Z"},
      {"{{ (toTime $value).Format \"Mon Jan _2 3:04PM 06\" }}", 1435065584, "Tue Jun 23 1:19PM 15"},
      {"{{ (toTime $value).Year }} {{ (toTime $value).Month }} {{ (toTime $value).Weekday }}", 1435065584,
       "2015 June Tuesday"},
      {"{{ (toTime $value).Unix }}", 1435065584.9, "1435065584"},
      {"{{ parseDuration \"1h30m\" }} {{ parseDuration \"2d\" }} {{ parseDuration \"5ms\" }}", 1,
       "5400 172800 0.005"},
      {"{{ now | printf \"%.0f\" }}", 1, "1700000000"},
      {"{{ toDuration 90 }} {{ (toDuration 5400).Hours }}", 1, "1m30s 1.5"},
  });
}

TEST(Template, WorksOnText) {
  Check({
      {"{{ toUpper \"aBc\" }}{{ toLower \"AbC\" }}", 1, "ABCabc"},
      {"{{ title \"hello big-world foo_bar don't\" }}", 1, "Hello Big-World Foo_bar Don't"},
      {"{{ toUpper \"\xc3\xa9\xce\xb1\xd0\xb6\" }}", 1, "\xc3\x89\xce\x91\xd0\x96"},
      {"{{ reReplaceAll \"(a+)b\" \"<$1>\" \"aab ab\" }}", 1, "<aa> <a>"},
      {"{{ reReplaceAll \"(?P<n>a)(b)\" \"${n}-${2}$$$1x\" \"ab\" }}", 1, "a-b$"},
      {"{{ reReplaceAll \"\" \"-\" \"abc\" }}", 1, "-a-b-c-"},
      {"{{ reReplaceAll \"b*\" \"-\" \"abc\" }}", 1, "-a-c-"},
      {"{{ reReplaceAll \":.*\" \"\" $labels.instance }}", 1, "db1.example.org"},
      {"{{ match \"^e.l$\" $labels.job_name }}{{ match \"x\" \"abc\" }}", 1, "truefalse"},
      {"{{ stripPort $labels.instance }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"x\" }} {{ stripPort "
       "\"::1\" }}",
       1, "db1.example.org ::1 x ::1"},
      {"{{ stripDomain $labels.instance }} {{ stripDomain \"a.b.c\" }} {{ stripDomain \"10.0.0.1:80\" }}", 1,
       "db1:9100 a 10.0.0.1:80"},
      {"{{ graphLink \"up == 0\" }}", 1, "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"},
      {"{{ tableLink \"sum(x)\" }}", 1, "/graph?g0.expr=sum%28x%29&g0.tab=1"},
      {"{{ urlQueryEscape \"a b\" }}{{ safeHtml \"<b>\" }}", 1, "a+b<b>"},
  });
}

TEST(Template, QueriesTheEngine) {
  Check({
      {"{{ query \"up\" | first | value }}", 1, "21"},
      {"{{ query \"up\" | first | label \"instance\" }}", 1, "b"},
      {"{{ query \"up\" | sortByLabel \"instance\" | first | value }}", 1, "11"},
      {"{{ with query \"none\" }}x{{ else }}-{{ end }}", 1, "-"},
      {"{{ len (query \"up\") }}", 1, "2"},
      {"[{{ query \"up\" | first | strvalue }}]", 1, "[]"},
      {"{{ printf \"%.1f\" (query \"up\" | first | value) }}", 1, "21.0"},
  });
}

// Go's words; the column counts the declarations that stand before every alert text.
TEST(Template, ShowsErrorsInTheText) {
  const World world;
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {"{{ .Foo }}", "can't evaluate field Foo in type struct {"},
      {"{{ humanize \"x\" }}", "error calling humanize: strconv.ParseFloat: parsing \"x\": invalid syntax"},
      {"{{ query \"none\" | first }}", "error calling first: first() called on vector with no elements"},
      {"{{ query \"bad\" }}", "error calling query: 1:1: parse error: bad"},
      {"{{ eq $value 1 }}", "error calling eq: incompatible types for comparison"},
      {"{{ index \"abc\" 5 }}", "error calling index: index out of range: 5"},
      {"{{ template \"nope\" }}", "template \"nope\" not defined"},
      {"{{ reReplaceAll \"(\" \"\" \"a\" }}", "error parsing regexp: missing closing )"},
      {"{{ toUpper 1 }}", "expected string; found 1"},
      {"{{ toUpper $value }}", "wrong type for value; expected string; got float64"},
      {"{{ toUpper }}", "wrong number of args for toUpper: want 1 got 0"},
      {"{{ printf }}", "wrong number of args for printf: want at least 1 got 0"},
      {"{{ range $value }}{{ end }}", "range can't iterate over 1"},
      {"{{ \"a\" \"b\" }}", "can't give argument to non-function \"a\""},
      {"{{ parseDuration \"5 minutes\" }}", "not a valid duration string: \"5 minutes\""},
      {"{{ toTime \"NaN\" }}", "error calling toTime: value is NaN or Inf"},
      {"{{ len 5 }}", "error calling len: len of type int"},
      {"{{ nil }}", "nil is not a command"},
  };
  for (const auto& c : cases) {
    const std::string out = world.Expand(c.text);
    EXPECT_THAT(
        out,
        StartsWith("<error expanding template: error executing template __alert_A: template: __alert_A:1:"))
        << c.text;
    EXPECT_THAT(out, HasSubstr(c.part)) << c.text;
  }
}

TEST(Template, AnErrorLeavesNothingOfTheText) {
  EXPECT_THAT(World().Expand("before {{ .Foo }}"), StartsWith("<error"));
}

TEST(Parse, RefusesWhatIsNoTemplate) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"{{", "template: n:1: unclosed action"},
      {"a\n{{ $labels.x", "template: n:2: unclosed action"},
      {"{{ foo }}", "template: n:1: function \"foo\" not defined"},
      {"{{ tmpl \"x\" . }}", "template: n:1: function \"tmpl\" not defined"},
      {"{{ $x }}", "template: n:1: undefined variable \"$x\""},
      {"{{ }}", "template: n:1: missing value for command"},
      {"{{ if }}a{{ end }}", "template: n:1: missing value for if"},
      {"{{ if true }}a", "template: n:1: unexpected EOF"},
      {"{{ end }}", "template: n:1: unexpected {{end}}"},
      {"{{ else }}", "template: n:1: unexpected {{else}}"},
      {"{{ break }}", "template: n:1: {{break}} outside {{range}}"},
      {"{{ \"abc }}", "template: n:1: unterminated quoted string"},
      {"{{ `abc }}", "template: n:1: unterminated raw quoted string"},
      {"{{/* abc }}", "template: n:1: unclosed comment"},
      {"{{/* a */ b}}", "template: n:1: comment ends before closing delimiter"},
      {"{{ (print 1 }}", "template: n:1: unclosed left paren"},
      {"{{ print 1) }}", "template: n:1: unexpected right paren"},
      {"{{ # }}", "template: n:1: unrecognized character in action: U+0023 '#'"},
      {"{{ $labels.a/b }}", "template: n:1: bad character U+002F '/'"},
      {"{{ 1 | 2 }}", "template: n:1: non executable command in pipeline stage 2"},
      {"{{ print 1 | }}", "template: n:1: missing value for command"},
      {"{{ template }}", "template: n:1: unexpected \"}}\" in template clause"},
      {"{{ 99999999999999999999 }}", "template: n:1: bad number syntax: \"99999999999999999999\""},
      {"{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
       "template: n:1: multiple definition of template \"a\""},
      {"{{ range $a, $b, $c := $labels }}{{ end }}", "template: n:1: too many declarations in range"},
  };
  for (const auto& c : cases) {
    auto parsed = Parse("n", c.text);
    ASSERT_FALSE(parsed.ok()) << c.text;
    EXPECT_EQ(parsed.error().message, c.error) << c.text;
  }
}

TEST(Template, IsBoundedAgainstBombs) {
  const World world;
  EXPECT_THAT(world.Expand("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}"),
              HasSubstr("exceeded maximum template depth (100)"));
  EXPECT_THAT(
      world.Expand("{{ define \"r\" }}{{ template \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}"),
      HasSubstr("exceeded maximum template depth"));
  std::string doubling = "{{ $x := \"0123456789\" }}";
  for (int i = 0; i < 40; ++i) doubling += "{{ $x = print $x $x }}";
  EXPECT_THAT(world.Expand(doubling), HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(world.Expand("{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}{{ end }}"),
              HasSubstr("more than 1000000 steps"));
  EXPECT_THAT(world.Expand("{{ range 2000000 }}{{ printf \"%100000d\" 1 }}{{ end }}"),
              HasSubstr("longer than"));
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "(";
  EXPECT_FALSE(Parse("n", "{{ " + nested).ok());
  std::string balanced = "{{ " + nested + "1";
  for (int i = 0; i < 100000; ++i) balanced += ")";
  auto deep = Parse("n", balanced + " }}");
  ASSERT_FALSE(deep.ok());
  EXPECT_THAT(deep.error().message, HasSubstr("nested more than 100 levels deep"));
  std::string ifs;
  for (int i = 0; i < 10000; ++i) ifs += "{{ if true }}x{{ else if true }}";
  EXPECT_FALSE(Parse("n", ifs).ok());
  EXPECT_FALSE(Parse("n", std::string(2 << 20, 'x')).ok());
}

TEST(Template, SurvivesAnyBytes) {
  const World world;
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(world.Expand(all), all);
  for (int i = 0; i < 256; ++i) {
    const std::string byte(1, static_cast<char>(i));
    for (const std::string& text :
         {"{{" + byte, "{{ " + byte + " }}", "{{ \"" + byte + "\" }}", "{{ $" + byte + " }}",
          "{{ ." + byte + " }}", "{{ printf \"%" + byte + "\" 1 }}"}) {
      world.Expand(text);
    }
  }
  // Every prefix of a template that uses everything ends in an error or a text, never worse.
  const std::string rich =
      "{{- define \"a\" -}}{{ .arg0 | printf \"%[1]*d\" 3 }}{{ end }}{{ range $i, $s := query \"up\" | "
      "sortByLabel `x` -}}"
      "{{ if and (gt $s.Value 1e3) (not false) }}{{ template \"a\" (args $i 'c') }}{{ else }}{{ break }}{{ "
      "end }}{{ end }}";
  for (size_t i = 0; i <= rich.size(); ++i) world.Expand(rich.substr(0, i));
}

}  // namespace
}  // namespace belfry::tmpl
