// Random series through random alerting rules: this engine and the real promtool agree on every alert at
// every minute: which are pending, which fire, since when, with which labels and annotations.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <set>
#include <sstream>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/rule/engine.h"
#include "rules/rule/rule_file.h"
#include "rules/storage/head.h"
#include "rules/storage/merged_queryable.h"
#include "tests/rules/promtool.h"

namespace belfry::rule {
namespace {

using testing::YamlText;

constexpr int kSeeds = 14;
constexpr int kRules = 12;
constexpr int kMinutes = 60;

class Generator {
 public:
  explicit Generator(uint64_t seed) : engine_(seed) {}

  size_t Pick(size_t count) { return engine_() % count; }
  bool OneIn(size_t n) { return Pick(n) == 0; }
  std::string PickOf(std::initializer_list<const char*> choices) {
    return *(choices.begin() + Pick(choices.size()));
  }

  // Values of `kMinutes` minutes that stay near a threshold for a while, with gaps and ends.
  std::string Values(bool counter) {
    std::string text;
    int64_t value = static_cast<int64_t>(Pick(40));
    for (int i = 0; i <= kMinutes; ++i) {
      if (OneIn(5))
        value = counter ? value + static_cast<int64_t>(Pick(90)) : static_cast<int64_t>(Pick(60)) - 10;
      if (counter && OneIn(25)) value = 0;
      if (OneIn(25)) {
        text += OneIn(2) ? "stale " : "_ ";
      } else {
        text += (!counter && OneIn(60) ? PickOf({"NaN", "Inf", "-Inf"}) : std::to_string(value)) + " ";
      }
    }
    return text;
  }

  std::string Selector() {
    return PickOf({"g", "g", "h", "g{a=\"1\"}", "h{b!=\"x\"}", "g{a=~\"1|3\"}", "h{b=\"y\"}", "c_total"}) +
           (OneIn(8) ? " offset 2m" : "");
  }

  std::string Expression(int rule) {
    const std::string bound = PickOf({"0", "10", "20", "30", "45"});
    const std::string compare = PickOf({" > ", " >= ", " < ", " == ", " != ", " <= "}) + bound;
    switch (Pick(14)) {
      case 0:
        return PickOf({"rate", "increase", "delta"}) + "(c_total[" + PickOf({"3m", "5m"}) + "]) > " +
               PickOf({"0", "0.2", "1"});
      case 1:
        return PickOf({"sum", "max", "min", "count"}) +
               PickOf({" by (a) ", " by (b) ", " without (b) ", " "}) + "(" + Selector() + ")" + compare;
      case 2:
        return "absent(" + PickOf({"g{a=\"1\"}", "h{b=\"y\", a=\"2\"}", "nothing{x=\"1\"}"}) + ")";
      case 3:
        return "g > on (a, b) h";
      case 4:
        return PickOf({"changes", "resets", "max_over_time", "min_over_time", "avg_over_time",
                       "count_over_time"}) +
               "(" + PickOf({"g", "h"}) + "[" + PickOf({"4m", "10m"}) + "])" + compare;
      case 5:
        return "g" + PickOf({" unless on (a, b) ", " and on (a) ", " or "}) + "(h" + compare + ")";
      case 6:
        return "time() - timestamp(" + Selector() + ") >= " + PickOf({"0", "60"});
      case 7:
        return "g * on (a) group_left (team) info" + compare;
      case 8:
        return "g == bool " + bound;
      case 9:
        return rule == 0 ? "vector(1)"
                         : "ALERTS{alertname=\"R" + std::to_string(Pick(static_cast<size_t>(rule))) + "\"}";
      case 10:
        return "recorded:g" + compare;
      default:
        return Selector() + compare;
    }
  }

  std::string Template() {
    return PickOf(
        {"{{ $labels.a }} is {{ $value }}", "{{ $value | humanize }} of {{ $labels }}",
         "{{ printf \"%.3f\" $value }}", "{{ if gt $value 20.0 }}high{{ else }}low{{ end }}",
         "{{ $labels.nope }}", "{{ $value | humanizeDuration }}",
         "at {{ $externalLabels.cluster }} {{ $externalURL }}",
         "{{ with query \"count(g)\" }}{{ . | first | value }}{{ end }}",
         "{{ range query \"max by (a) (h)\" | sortByLabel \"a\" }}{{ .Labels.a }}={{ .Value }};{{ end }}",
         "{{ $labels.b | toUpper }}-{{ $value | humanizePercentage }}", "plain text"});
  }

  std::string Rule(int number) {
    if (number == 3)
      return "  - record: recorded:g\n    expr: " + PickOf({"avg by (a) (g)", "g * 2", "max(g)"}) + "\n";
    std::string out =
        "  - alert: R" + std::to_string(number) + "\n    expr: " + YamlText(Expression(number)) + "\n";
    if (!OneIn(3)) out += "    for: " + PickOf({"1m", "2m", "3m", "5m", "90s", "10m"}) + "\n";
    if (OneIn(3)) out += "    keep_firing_for: " + PickOf({"1m", "2m", "4m", "150s"}) + "\n";
    out += "    labels: {severity: " + PickOf({"page", "info"});
    if (OneIn(4)) out += ", class: " + YamlText("{{ if gt $value 25.0 }}a{{ else }}b{{ end }}");
    // Not one that may expand to nothing: Prometheus then shows the template's own text on ALERTS.
    if (OneIn(5)) out += ", a: " + YamlText(PickOf({"", "fixed", "b {{ $labels.b }}"}));
    out +=
        "}\n    annotations: {first: " + YamlText(Template()) + ", second: " + YamlText(Template()) + "}\n";
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

struct InputSeries {
  std::string series;
  std::string values;
};

std::vector<InputSeries> MakeSeries(Generator& random) {
  std::vector<InputSeries> out;
  for (const char* a : {"1", "2", "3"}) {
    for (const char* b : {"x", "y"}) {
      const std::string labels = std::string("{a=\"") + a + "\", b=\"" + b + "\"}";
      for (const char* name : {"g", "h", "c_total"}) {
        if (!random.OneIn(8)) out.push_back({name + labels, random.Values(std::string(name) == "c_total")});
      }
    }
    out.push_back(
        {std::string("info{a=\"") + a + "\", team=\"t" + a + "\"}", "1x" + std::to_string(kMinutes)});
  }
  return out;
}

void Load(const InputSeries& input, storage::Head& head) {
  const auto labels = promql::ParseMetric(input.series);
  if (input.values.starts_with("1x")) {
    for (int64_t m = 0; m <= kMinutes; ++m) head.Append(*labels, m * 60'000, 1);
    return;
  }
  std::istringstream words(input.values);
  int64_t minute = 0;
  for (std::string word; words >> word; ++minute) {
    if (word == "_") continue;
    head.Append(*labels, minute * 60'000,
                word == "stale" ? storage::StaleMarker() : *promql::ParseNumber(word));
  }
}

// What one minute has.
struct Minute {
  std::vector<Alert> alerts;
  promql::Vector state;      // ALERTS
  promql::Vector for_state;  // ALERTS_FOR_STATE
};

struct Outcome {
  std::vector<Minute> minutes;
  std::set<std::string> failed;  // rules that did not evaluate at some minute
};

// From minute 0 on, evaluated on the engine's own slots.
Outcome RunEngine(const std::string& rules, const storage::Head& head) {
  FakeEventLoop loop(FromUnixSeconds(-60));
  FakeFileSystem files;
  Outcome outcome;
  EngineOptions options{.external_labels = model::Labels{{"cluster", "c1"}}, .external_url = "http://h"};
  options.eval.dialect = promql::Dialect::kPrometheus2;
  options.slots = Slots::kInStep;  // promtool's steps
  Minute minute;
  RuleEngine engine(
      loop, files, options,
      [&head](Instant) { return std::shared_ptr<const storage::Queryable>(&head, [](const auto*) {}); },
      [&minute](const GroupAlerts& group) {
        for (const Alert* alert : group.alerts) minute.alerts.push_back(*alert);
      });
  const RuleFile file = ParseRuleFile("rules.yaml", rules, {.dialect = promql::Dialect::kPrometheus2});
  for (const Problem& problem : file.problems) ADD_FAILURE() << problem.ToString() << "\n" << rules;
  EXPECT_TRUE(engine.SetGroups(file.groups).ok());
  engine.Start();
  const auto query = [&](const char* text, Instant at) {
    const auto value = promql::EvaluateInstant(**promql::Parse(text), at, engine.results(), options.eval);
    return std::get<promql::Vector>(*value);
  };
  for (int m = 0; m <= kMinutes; ++m) {
    minute = {};
    const Instant at = FromUnixSeconds(m * 60);
    loop.AdvanceTo(at);
    minute.state = query("ALERTS", at);
    minute.for_state = query("ALERTS_FOR_STATE", at);
    outcome.minutes.push_back(minute);
    for (const RuleStatus& status : engine.Snapshot()->groups.at(0).rules) {
      if (status.health == Health::kError) outcome.failed.insert(status.spec->name());
    }
  }
  return outcome;
}

std::string FlowMap(const std::map<std::string, std::string>& texts) {
  std::string out = "{";
  for (const auto& [name, text] : texts) out += (out.size() > 1 ? ", " : "") + name + ": " + YamlText(text);
  return out + "}";
}

std::string ExpectAlerts(const std::string& name, int minute, const Minute& got) {
  std::string out = "  - {eval_time: " + std::to_string(minute) + "m, alertname: " + name + ", exp_alerts: [";
  bool first = true;
  for (const Alert& alert : got.alerts) {
    if (alert.state != AlertState::kFiring || alert.labels->Get("alertname") != name) continue;
    std::map<std::string, std::string> labels;
    for (const model::Label& label : *alert.labels) {
      if (label.name != "alertname") labels[label.name] = label.value;
    }
    out += std::string(first ? "" : ", ") + "{exp_labels: " + FlowMap(labels) +
           ", exp_annotations: " + FlowMap(alert.annotations) + "}";
    first = false;
  }
  return out + "]}\n";
}

std::string ExpectSeries(const char* name, int minute, const promql::Vector& got) {
  std::string out =
      "  - {expr: " + std::string(name) + ", eval_time: " + std::to_string(minute) + "m, exp_samples: [";
  for (size_t i = 0; i < got.size(); ++i) {
    char value[40];
    const std::string text(value, std::to_chars(value, value + sizeof value, got[i].value).ptr);
    out += std::string(i == 0 ? "" : ", ") + "{labels: " + YamlText(got[i].labels.ToString()) +
           ", value: " + text + "}";
  }
  return out + "]}\n";
}

class PromtoolAlerts : public ::testing::TestWithParam<int> {};

TEST_P(PromtoolAlerts, AgreesOnEveryAlertAtEveryMinute) {
  if (testing::FindPromtool().empty()) GTEST_SKIP() << "promtool is not here (package prometheus)";
  Generator random(static_cast<uint64_t>(GetParam()));
  const std::vector<InputSeries> input = MakeSeries(random);
  storage::Head head({.retention = hours(24)});
  for (const InputSeries& series : input) Load(series, head);
  std::map<std::string, std::string> texts;
  for (int i = 0; i < kRules; ++i) {
    const std::string rule = random.Rule(i);
    texts[i == 3 ? "recorded:g" : "R" + std::to_string(i)] = rule;
  }
  // promtool gives up a whole file for one rule that fails: such rules are left out, and those that read them
  // then see nothing, in both.
  std::string rules;
  Outcome outcome;
  do {
    for (const std::string& name : outcome.failed) texts.erase(name);
    rules = "groups:\n- name: random\n  rules:\n";
    for (const auto& [name, text] : texts) rules += text;
    outcome = RunEngine(rules, head);
  } while (!outcome.failed.empty());
  EXPECT_GE(texts.size(), kRules / 2u) << "most rules evaluate";

  std::string test =
      "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  external_labels: "
      "{cluster: c1}\n"
      "  external_url: http://h\n  input_series:\n";
  for (const InputSeries& series : input)
    test += "  - {series: " + YamlText(series.series) + ", values: " + YamlText(series.values) + "}\n";
  std::string alerts = "  alert_rule_test:\n";
  std::string expressions = "  promql_expr_test:\n";
  size_t firing = 0;
  for (int m = 0; m <= kMinutes; ++m) {
    const Minute& minute = outcome.minutes[static_cast<size_t>(m)];
    for (const auto& [name, text] : texts) {
      if (name.starts_with("R")) alerts += ExpectAlerts(name, m, minute);
    }
    expressions +=
        ExpectSeries("ALERTS", m, minute.state) + ExpectSeries("ALERTS_FOR_STATE", m, minute.for_state);
    for (const Alert& alert : minute.alerts) firing += alert.state == AlertState::kFiring ? 1 : 0;
  }
  EXPECT_GT(firing, 100u) << "the rules have something to say";
  const testing::PromtoolFolder folder("alerts-" + std::to_string(GetParam()));
  folder.Write("rules.yaml", rules);
  folder.Write("test.yaml", test + alerts + expressions);
  const testing::PromtoolRun run = folder.Test("test.yaml");
  EXPECT_EQ(run.status, 0) << "seed " << GetParam() << "\n" << rules << run.output.substr(0, 6000);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PromtoolAlerts, ::testing::Range(1, 1 + kSeeds));

}  // namespace
}  // namespace belfry::rule
