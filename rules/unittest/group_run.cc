// Time runs in steps of the file's evaluation interval. At each step the samples up to then are loaded, the
// groups run once, and the alert tests that fall between this step and the next look at what fires.
// Expressions come last, over everything.
#include "rules/unittest/group_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/rule/group.h"
#include "rules/unittest/outcome.h"
#include "rules/unittest/sample_loader.h"

namespace belfry::unittest {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

storage::HeadOptions KeepEverything() {
  return {.retention = hours(24 * 365 * 200), .max_bytes = std::numeric_limits<uint64_t>::max()};
}

bool SameNumber(double a, double b, bool fuzzy) {
  if (a == b) return true;
  return fuzzy && (std::nextafter(a, b) == b);
}

class GroupRun {
 public:
  GroupRun(const TestGroup& test, const TestFile& file, const GroupRunOptions& options)
      : test_(test),
        file_(file),
        options_(options),
        head_(KeepEverything()),
        external_labels_(LabelsOf(test.external_labels)) {
    eval_.dialect = options.dialect;
    eval_.default_subquery_step = file.evaluation_interval;
    eval_.max_samples = kNoLimit;
  }

  std::vector<std::string> Run(const std::vector<rule::GroupSpec>& rules) {
    auto loader = SampleLoader::Make(test_, options_.dialect, head_);
    if (!loader.ok()) return {loader.error().message};
    if (const auto compiled = Compile(rules); !compiled.ok()) return {compiled.error().message};
    SortAlertTests();
    const Duration last = LastTime();
    for (Duration at{0}; at <= last; at += file_.evaluation_interval) {
      loader->LoadUntil(storage::ToMillis(test_.start + at));
      if (!EvaluateRules(at)) return std::move(failures_);
      CheckAlerts(at);
    }
    for (const ExprTest& test : test_.exprs) CheckExpr(test);
    return std::move(failures_);
  }

 private:
  static model::Labels LabelsOf(const rule::TextMap& texts) {
    model::Labels labels;
    for (const auto& [name, value] : texts) labels.Set(name, value);
    return labels;
  }

  // What is expected, without empty values as in what 3.x has; 2.x compared them too.
  LabelList ListOf(const rule::TextMap& texts) const {
    LabelList list;
    for (const auto& [name, value] : texts) {
      if (!value.empty() || options_.dialect == promql::Dialect::kPrometheus2) list.push_back({name, value});
    }
    return list;
  }

  static LabelList AllOf(const std::map<std::string, std::string>& texts) {
    LabelList list;
    for (const auto& [name, value] : texts) list.push_back({name, value});
    return list;
  }

  Result<void> Compile(const std::vector<rule::GroupSpec>& rules) {
    rule::RuleId next_id = 1;
    for (const rule::GroupSpec& spec : rules) {
      ASSIGN_OR_RETURN(rule::Group group,
                       rule::Group::Make(spec, next_id, options_.dialect, test_.external_url));
      next_id += spec.rules.size();
      groups_.push_back(std::move(group));
    }
    return {};
  }

  void SortAlertTests() {
    for (const AlertTest& test : test_.alerts) alert_tests_.push_back(&test);
    std::stable_sort(alert_tests_.begin(), alert_tests_.end(),
                     [](const AlertTest* a, const AlertTest* b) { return a->eval_time < b->eval_time; });
  }

  Duration LastTime() const {
    Duration last{0};
    for (const AlertTest& test : test_.alerts) last = std::max(last, test.eval_time);
    for (const ExprTest& test : test_.exprs) last = std::max(last, test.eval_time);
    return last;
  }

  // False: a rule failed, the group ends here.
  bool EvaluateRules(Duration at) {
    static const storage::KeepFilter keep_all = [](std::string_view, model::LabelsView) { return true; };
    bool good = true;
    for (rule::Group& group : groups_) {
      group.Evaluate(test_.start + at, {.data = head_,
                                        .results = results_,
                                        .options = eval_,
                                        .external_labels = external_labels_,
                                        .external_url = test_.external_url,
                                        .clock = options_.clock,
                                        .history = &head_,
                                        .keep = keep_all,
                                        .results_in_data = true});
      for (const rule::RuleState& state : group.rules()) {
        if (state.last_error.empty()) continue;
        good = false;
        failures_.push_back("    rule: " + state.rule.spec.name() + ", time: " + ShowGoDuration(at) +
                            ", err: " + state.last_error);
      }
    }
    return good;
  }

  void CheckAlerts(Duration at) {
    while (next_alert_test_ < alert_tests_.size() &&
           alert_tests_[next_alert_test_]->eval_time < at + file_.evaluation_interval) {
      CheckAlert(*alert_tests_[next_alert_test_++]);
    }
  }

  // What fires under a name, whichever rules and groups it comes from.
  std::vector<ShownAlert> Firing(const std::string& name) const {
    std::vector<ShownAlert> firing;
    for (const rule::Group& group : groups_) {
      for (const rule::RuleState& state : group.rules()) {
        if (state.rule.spec.alert != name) continue;
        for (const rule::Alert& alert : *state.alerts) {
          if (alert.state == rule::AlertState::kFiring)
            firing.push_back({alert.labels->list(), AllOf(alert.annotations)});
        }
      }
    }
    std::sort(firing.begin(), firing.end());
    return firing;
  }

  void CheckAlert(const AlertTest& test) {
    const std::vector<ShownAlert> got = Firing(test.alertname);
    std::vector<ShownAlert> expected;
    for (const ExpectedAlert& alert : test.alerts) {
      rule::TextMap labels = alert.labels;
      labels[std::string(model::kAlertName)] = test.alertname;
      expected.push_back({ListOf(labels), ListOf(alert.annotations)});
    }
    std::sort(expected.begin(), expected.end());
    if (expected == got) return;
    const std::string indent(12, ' ');
    std::string text = test_.name.empty() ? "" : "    name: " + test_.name + ",\n";
    text +=
        "    alertname: " + test.alertname + ", time: " + promql::FormatPromDuration(test.eval_time) + ", ";
    if (options_.text == FailureText::kBothAndDiff) {
      text += "\n        exp:" + ShowAlerts(expected, indent) + ", \n        got:" + ShowAlerts(got, indent);
    }
    failures_.push_back(WithDiff(std::move(text), DiffAlerts(expected, got)));
  }

  static std::string WithDiff(std::string text, std::string diff) {
    if (!diff.empty()) diff.pop_back();
    return text + "\n        diff (- expected, + got):\n" + diff;
  }

  std::string Head(const ExprTest& test) const {
    return "    expr: " + promql::Quote(test.expr) + ", time: " + promql::FormatPromDuration(test.eval_time) +
           ",";
  }

  Result<std::vector<ShownSample>> Evaluate(const ExprTest& test) const {
    ASSIGN_OR_RETURN(const promql::ExprPtr expr, promql::Parse(test.expr, {.dialect = options_.dialect}));
    ASSIGN_OR_RETURN(const promql::Value value,
                     promql::EvaluateInstant(*expr, test_.start + test.eval_time, head_, eval_));
    if (const auto* scalar = std::get_if<promql::Scalar>(&value))
      return std::vector<ShownSample>{{{}, scalar->value}};
    const auto* vector = std::get_if<promql::Vector>(&value);
    if (vector == nullptr) return Error{Code::kInvalid, "rule result is not a vector or scalar"};
    std::vector<ShownSample> samples;
    for (const promql::VectorSample& sample : *vector)
      samples.push_back({sample.labels.list(), sample.value});
    return samples;
  }

  Result<std::vector<ShownSample>> Expected(const ExprTest& test) const {
    std::vector<ShownSample> samples;
    for (const ExpectedSample& sample : test.samples) {
      const auto labels = sample.labels.empty()
                              ? Result<model::Labels>(model::Labels())
                              : promql::ParseMetric(sample.labels, {.dialect = options_.dialect});
      if (!labels.ok())
        return Error{Code::kInvalid,
                     "labels " + promql::Quote(sample.labels) + ": " + labels.error().message};
      samples.push_back({labels->list(), sample.value});
    }
    return samples;
  }

  static void SortByLabels(std::vector<ShownSample>& samples) {
    std::stable_sort(samples.begin(), samples.end(),
                     [](const ShownSample& a, const ShownSample& b) { return a.labels < b.labels; });
  }

  void CheckExpr(const ExprTest& test) {
    auto got = Evaluate(test);
    auto expected = Expected(test);
    for (const auto* one : {&got, &expected}) {
      if (!one->ok()) return failures_.push_back(Head(test) + " err: " + one->error().message);
    }
    SortByLabels(*got);
    SortByLabels(*expected);
    const auto same = [this](const ShownSample& a, const ShownSample& b) {
      return a.labels == b.labels && SameNumber(a.value, b.value, file_.fuzzy_compare);
    };
    if (std::equal(got->begin(), got->end(), expected->begin(), expected->end(), same)) return;
    std::string text = Head(test);
    if (options_.text == FailureText::kBothAndDiff) {
      text += "\n        exp: " + ShowSamples(*expected) + "\n        got: " + ShowSamples(*got);
    }
    failures_.push_back(WithDiff(std::move(text), DiffSamples(*expected, *got)));
  }

  const TestGroup& test_;
  const TestFile& file_;
  const GroupRunOptions& options_;
  storage::Head head_;
  model::Labels external_labels_;
  rule::RuleResults results_;
  promql::EvalOptions eval_;
  std::vector<rule::Group> groups_;
  std::vector<const AlertTest*> alert_tests_;
  size_t next_alert_test_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<std::string> RunTestGroup(const TestGroup& group, const TestFile& file,
                                      const std::vector<rule::GroupSpec>& rules,
                                      const GroupRunOptions& options) {
  return GroupRun(group, file, options).Run(rules);
}

std::vector<rule::GroupSpec> InEvaluationOrder(std::vector<rule::GroupSpec> groups,
                                               const std::vector<std::string>& order) {
  std::map<std::string, size_t> ranks;
  for (size_t i = 0; i < order.size(); ++i) ranks.emplace(order[i], i);
  const auto rank = [&](const rule::GroupSpec& group) {
    const auto found = ranks.find(group.name);
    return found == ranks.end() ? 0 : found->second;
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const rule::GroupSpec& a, const rule::GroupSpec& b) { return rank(a) < rank(b); });
  return groups;
}

}  // namespace belfry::unittest
