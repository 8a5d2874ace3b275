#include "rules/storage/selection.h"

namespace belfry::storage {
namespace {

std::string_view Find(model::LabelsView labels, std::string_view name) {
  for (const model::LabelView& label : labels)
    if (label.name == name) return label.value;
  return {};
}

}  // namespace

bool MatchesAll(std::span<const Matcher> matchers, std::string_view name, model::LabelsView labels) {
  for (const Matcher& matcher : matchers) {
    const bool on_name = matcher.name() == model::kMetricName;
    if (!matcher.Matches(on_name ? name : Find(labels, matcher.name()))) return false;
  }
  return true;
}

bool MatchesAll(std::span<const Matcher> matchers, const model::Labels& labels) {
  for (const Matcher& matcher : matchers)
    if (!matcher.Matches(labels.Get(matcher.name()))) return false;
  return true;
}

std::string_view RequiredName(std::span<const Matcher> matchers) {
  for (const Matcher& matcher : matchers)
    if (matcher.op() == MatchOp::kEqual && matcher.name() == model::kMetricName) return matcher.value();
  return {};
}

Error TooManySamples() {
  return {Code::kTooLarge, "query processing would load too many samples into memory"};
}

}  // namespace belfry::storage
