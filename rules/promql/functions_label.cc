// Functions that rewrite labels.
#include <re2/re2.h>

#include "rules/promql/evaluator.h"
#include "rules/promql/functions.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

bool IsValidLabelName(const Evaluator& evaluator, std::string_view name) {
  if (evaluator.Is2()) return IsPlainLabelName(name);
  return !name.empty() && IsValidUtf8(name);
}

// Go's Regexp.Expand: `$1`, `${1}`, `$name`, `${name}`, `$$`; what names no group stands for nothing.
class Template {
 public:
  Template(std::string_view text, const re2::RE2& regex) {
    for (size_t at = 0; at < text.size();) {
      const size_t dollar = std::min(text.find('$', at), text.size());
      AddText(text.substr(at, dollar - at));
      if (dollar == text.size()) break;
      at = dollar + AddReference(text.substr(dollar), regex);
    }
  }

  std::string Expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    for (const Part& part : parts_) {
      out += part.text;
      if (part.group < 0 || static_cast<size_t>(part.group) >= groups.size()) continue;
      const re2::StringPiece& group = groups[static_cast<size_t>(part.group)];
      if (group.data() != nullptr) out.append(group.data(), group.size());
    }
    return out;
  }

 private:
  struct Part {
    std::string text;
    int group = -1;
  };

  void AddText(std::string_view text) {
    if (!text.empty()) parts_.push_back({std::string(text), -1});
  }
  // `text` begins with a dollar; returns how much of it was read.
  size_t AddReference(std::string_view text, const re2::RE2& regex) {
    if (text.substr(1, 1) == "$") return AddText("$"), 2;
    const bool braced = text.substr(1, 1) == "{";
    const size_t start = braced ? 2 : 1;
    size_t end = start;
    while (end < text.size() && IsAlphaNumeric(text[end])) ++end;
    const bool closed = !braced || text.substr(end, 1) == "}";
    if (end == start || !closed) return AddText("$"), 1;  // not a reference: the dollar stands for itself
    AddGroup(text.substr(start, end - start), regex);
    return end + (braced ? 1 : 0);
  }
  void AddGroup(std::string_view name, const re2::RE2& regex) {
    int number = 0;
    bool numeric = true;
    for (const char c : name) {
      numeric = numeric && IsDigit(c) && number < 100'000'000;
      if (numeric) number = number * 10 + (c - '0');
    }
    if (!numeric) {
      const auto& names = regex.NamedCapturingGroups();
      const auto at = names.find(std::string(name));
      number = at == names.end() ? -1 : at->second;
    }
    parts_.push_back({{}, number});
  }

  std::vector<Part> parts_;
};

Result<Evaluated> LabelReplace(Evaluator& evaluator, const Call& call, const Steps& steps) {
  const std::string& target = TextArgument(call, 1);
  const std::string& source = TextArgument(call, 3);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(!evaluator.Is2());
  options.set_max_mem(1 << 20);
  const re2::RE2 regex(TextArgument(call, 4), options);
  if (!regex.ok())
    return evaluator.NotPossibleAt(*call.args[4],
                                   "invalid regular expression in label_replace(): " + TextArgument(call, 4));
  if (!IsValidLabelName(evaluator, target)) {
    return evaluator.NotPossibleAt(*call.args[1],
                                   "invalid destination label name in label_replace(): " + target);
  }
  const Template replacement(TextArgument(call, 2), regex);
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  for (size_t row = 0; row < grid.rows(); ++row) {
    const std::string value(grid.labels(row).Get(source));
    if (!regex.Match(value, 0, value.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      continue;
    }
    grid.labels(row).Set(target, replacement.Expand(groups));
  }
  grid.one_name = grid.one_name && target != model::kMetricName;
  ASSIGN_OR_RETURN(Grid merged, evaluator.Merged(std::move(grid)));
  return Evaluated{std::move(merged)};
}

Result<Evaluated> LabelJoin(Evaluator& evaluator, const Call& call, const Steps& steps) {
  const std::string& target = TextArgument(call, 1);
  for (size_t i = 3; i < call.args.size(); ++i) {
    if (!IsValidLabelName(evaluator, TextArgument(call, i))) {
      return evaluator.NotPossibleAt(*call.args[i],
                                     "invalid source label name in label_join(): " + TextArgument(call, i));
    }
  }
  if (!IsValidLabelName(evaluator, target)) {
    return evaluator.NotPossibleAt(*call.args[1],
                                   "invalid destination label name in label_join(): " + target);
  }
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  for (size_t row = 0; row < grid.rows(); ++row) {
    std::string joined;
    for (size_t i = 3; i < call.args.size(); ++i) {
      if (i > 3) joined += TextArgument(call, 2);
      joined += grid.labels(row).Get(TextArgument(call, i));
    }
    grid.labels(row).Set(target, joined);
  }
  grid.one_name = grid.one_name && target != model::kMetricName;
  ASSIGN_OR_RETURN(Grid merged, evaluator.Merged(std::move(grid)));
  return Evaluated{std::move(merged)};
}

}  // namespace

std::vector<FunctionInfo> LabelFunctions() {
  constexpr auto kVector = ValueType::kVector;
  constexpr auto kString = ValueType::kString;
  return {
      {.name = "label_replace", .args = {kVector, kString, kString, kString, kString}, .run = LabelReplace},
      {.name = "label_join", .args = {kVector, kString, kString, kString}, .variadic = -1, .run = LabelJoin},
  };
}

}  // namespace belfry::promql
