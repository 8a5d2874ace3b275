#include "rules/unittest/outcome.h"

#include <algorithm>
#include <map>

#include "exporters/model/number.h"
#include "rules/promql/text.h"

namespace belfry::unittest {
namespace {

constexpr size_t kMaxComparisons = 100'000;  // beyond, alike alerts are not looked for
const std::string kIndent(10, ' ');

bool IsLegacyName(std::string_view name) { return promql::IsPlainLabelName(name); }

std::string ShowLabel(const model::Label& label) {
  const std::string name = IsLegacyName(label.name) ? label.name : promql::Quote(label.name);
  return name + "=" + promql::Quote(label.value);
}

size_t CountCommon(const LabelList& a, const LabelList& b) {
  LabelList common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common.size();
}

LabelList Missing(const LabelList& from, const LabelList& in) {
  LabelList missing;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(missing));
  return missing;
}

std::string ShowAlert(const ShownAlert& alert) {
  return "Labels:" + ShowLabels(alert.labels) + " Annotations:" + ShowLabels(alert.annotations);
}

void AddFields(const std::string& mark, const std::string& what, const LabelList& labels, std::string& out) {
  for (const model::Label& label : labels) out += kIndent + "  " + mark + what + ShowLabel(label) + "\n";
}

std::string DiffPair(const ShownAlert& expected, const ShownAlert& got) {
  std::string out = kIndent + "  Labels:" + ShowLabels(expected.labels) + "\n";
  AddFields("- ", "", Missing(expected.labels, got.labels), out);
  AddFields("+ ", "", Missing(got.labels, expected.labels), out);
  AddFields("- ", "annotation ", Missing(expected.annotations, got.annotations), out);
  AddFields("+ ", "annotation ", Missing(got.annotations, expected.annotations), out);
  return out;
}

// The alert of `got` that has most in common with `expected`, apart from the name all share.
size_t MostAlike(const ShownAlert& expected, const std::vector<ShownAlert>& got) {
  size_t best = got.size();
  size_t most = 1;
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t common =
        CountCommon(expected.labels, got[i].labels) + CountCommon(expected.annotations, got[i].annotations);
    if (common <= most) continue;
    best = i;
    most = common;
  }
  return best;
}

std::string Indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

}  // namespace

std::string ShowLabels(const LabelList& labels) {
  std::string out = "{";
  for (const model::Label& label : labels) {
    if (out.size() > 1) out += ", ";
    out += ShowLabel(label);
  }
  return out + "}";
}

std::string ShowValue(double value) {
  std::string text = model::FormatNumberE(value);
  std::replace(text.begin(), text.end(), 'e', 'E');
  return text;
}

std::string ShowSamples(const std::vector<ShownSample>& samples) {
  std::string out;
  for (const ShownSample& sample : samples) {
    if (!out.empty()) out += ", ";
    out += ShowLabels(sample.labels) + " " + ShowValue(sample.value);
  }
  return out.empty() ? "nil" : out;
}

std::string ShowAlerts(const std::vector<ShownAlert>& alerts, const std::string& indent) {
  if (alerts.empty()) return "[]";
  std::string out = "[";
  for (size_t i = 0; i < alerts.size(); ++i) {
    out += (i == 0 ? "\n" : ",\n") + std::to_string(i) + ":\n  Labels:" + ShowLabels(alerts[i].labels) +
           "\n  Annotations:" + ShowLabels(alerts[i].annotations);
  }
  return Indented(out + "\n]", indent);
}

std::string ShowGoDuration(Duration d) {
  const auto total = std::chrono::duration_cast<milliseconds>(d).count();
  const auto whole = total / 1000;
  std::string out;
  if (whole >= 3600) out += std::to_string(whole / 3600) + "h";
  if (whole >= 60) out += std::to_string(whole / 60 % 60) + "m";
  if (whole == 0 && total > 0) return std::to_string(total) + "ms";
  return out + model::FormatNumber(static_cast<double>(total % 60'000) / 1000) + "s";
}

std::string DiffAlerts(const std::vector<ShownAlert>& expected, const std::vector<ShownAlert>& got) {
  std::vector<ShownAlert> missing;
  std::vector<ShownAlert> surplus;
  std::set_difference(expected.begin(), expected.end(), got.begin(), got.end(), std::back_inserter(missing));
  std::set_difference(got.begin(), got.end(), expected.begin(), expected.end(), std::back_inserter(surplus));
  const bool pair = missing.size() * surplus.size() <= kMaxComparisons;
  std::string out;
  for (const ShownAlert& alert : missing) {
    const size_t other = pair ? MostAlike(alert, surplus) : surplus.size();
    if (other == surplus.size()) {
      out += kIndent + "- " + ShowAlert(alert) + "\n";
    } else {
      out += DiffPair(alert, surplus[other]);
      surplus.erase(surplus.begin() + static_cast<std::ptrdiff_t>(other));
    }
  }
  for (const ShownAlert& alert : surplus) out += kIndent + "+ " + ShowAlert(alert) + "\n";
  return out;
}

std::string DiffSamples(const std::vector<ShownSample>& expected, const std::vector<ShownSample>& got) {
  // By labels: lines of the one that the other has not, in both orders.
  std::map<LabelList, std::pair<std::vector<std::string>, std::vector<std::string>>> by_labels;
  for (const ShownSample& s : expected) by_labels[s.labels].first.push_back(ShowValue(s.value));
  for (const ShownSample& s : got) by_labels[s.labels].second.push_back(ShowValue(s.value));
  std::string out;
  for (const auto& [labels, values] : by_labels) {
    if (values.first == values.second && std::ranges::find(values.first, "NaN") == values.first.end())
      continue;
    for (const std::string& value : values.first)
      out += kIndent + "- " + ShowLabels(labels) + " " + value + "\n";
    for (const std::string& value : values.second)
      out += kIndent + "+ " + ShowLabels(labels) + " " + value + "\n";
  }
  return out;
}

}  // namespace belfry::unittest
