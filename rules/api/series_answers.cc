// Which series there are: series, labels, label values, metadata.
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>

#include "rules/api/answer.h"
#include "rules/api/json_text.h"
#include "rules/api/parameters.h"
#include "rules/api/queries.h"
#include "rules/promql/parser.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

// The labels of all series that one of `match[]` selects within start and end, or an answer that says why
// not.
std::variant<std::set<model::Labels>, http::Response> SelectSeries(const Call& call) {
  const http::Request& request = call.request;
  const ApiSources& sources = call.sources;
  const auto from = TimeOr(request, "start", call.now - sources.eval.lookback);
  if (!from.ok()) return BadParameter("start", from.error().message);
  const auto to = TimeOr(request, "end", call.now);
  if (!to.ok()) return BadParameter("end", to.error().message);
  std::vector<std::string> selectors = request.QueryValues("match[]");
  if (selectors.empty()) selectors.push_back("{__name__!=\"\"}");
  const auto data = sources.data(*to);
  std::set<model::Labels> found;
  for (const std::string& selector : selectors) {
    const auto matchers = promql::ParseSelector(selector, {.dialect = sources.eval.dialect});
    if (!matchers.ok()) return BadParameter("match[]", matchers.error().message);
    const auto ms = [](Instant t) { return std::chrono::floor<milliseconds>(t.time_since_epoch()).count(); };
    const auto set =
        data->Select({.matchers = *matchers, .from_ms = ms(*from), .to_ms = ms(*to), .newest_only = true});
    if (!set.ok()) return EvaluationError(set.error());
    for (const storage::SelectedSeries& series : set->series) found.insert(series.labels);
  }
  return found;
}

void Append(const model::Labels& labels, std::string& out) { AppendLabels(labels, out); }
void Append(const std::string& text, std::string& out) { AppendString(text, out); }

// The first `limit` of a list, and a word about it if that leaves something out.
template <class Element>
Reply Limited(const std::set<Element>& all, const Call& call) {
  const auto limit = ParseLimit(call.request.QueryValue("limit").value_or(""));
  if (!limit.ok()) return BadParameter("limit", limit.error().message);
  std::string close = "]";
  auto list = std::make_shared<std::vector<Element>>(all.begin(), all.end());
  if (*limit > 0 && list->size() > *limit) {
    list->resize(*limit);
    close += R"(,"warnings":[")" + std::string(kTruncatedWarning) + R"("])";
  }
  const size_t count = list->size();
  return ListReply(R"({"status":"success","data":[)", count,
                   [list = std::move(list)](size_t i, std::string& out) { Append((*list)[i], out); },
                   close + "}");
}

std::string_view TypeName(model::MetricType type) {
  switch (type) {
    case model::MetricType::kCounter:
      return "counter";
    case model::MetricType::kGauge:
      return "gauge";
    case model::MetricType::kHistogram:
      return "histogram";
    case model::MetricType::kSummary:
      return "summary";
    case model::MetricType::kInfo:
      return "info";
    case model::MetricType::kUnknown:
      return "unknown";
  }
  return "unknown";
}

// The family's name in a query: OpenMetrics' suffixes belong to it there.
std::string SampleName(const model::Family& family) {
  if (family.type == model::MetricType::kCounter) return family.name + "_total";
  return family.type == model::MetricType::kInfo ? family.name + "_info" : family.name;
}

}  // namespace

Reply Series(const Call& call) {
  if (call.request.QueryValues("match[]").empty()) return BadData("no match[] parameter provided");
  auto selected = SelectSeries(call);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  return Limited(std::get<0>(selected), call);
}

Reply LabelNames(const Call& call) {
  auto selected = SelectSeries(call);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  std::set<std::string> names;
  for (const model::Labels& labels : std::get<0>(selected)) {
    for (const model::Label& label : labels) names.insert(label.name);
  }
  return Limited(names, call);
}

Reply LabelValues(const Call& call) {
  auto selected = SelectSeries(call);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  const auto name = call.request.params.find("name");
  std::set<std::string> values;
  for (const model::Labels& labels : std::get<0>(selected)) {
    const std::string_view value =
        name == call.request.params.end() ? std::string_view() : labels.Get(name->second);
    if (!value.empty()) values.emplace(value);
  }
  return Limited(values, call);
}

Reply Metadata(const Call& call) {
  const http::Request& request = call.request;
  // Unlike elsewhere 0 is none, and less than none is all of them.
  const std::string asked = request.QueryValue("limit").value_or("");
  const auto limit = ParseInteger(asked.empty() ? "-1" : asked);
  if (!limit.ok()) return BadData("limit must be a number");
  const std::string wanted = request.QueryValue("metric").value_or("");
  Json data = Json::object();
  for (const auto& snapshot : call.sources.families()) {
    for (const model::Family& family : snapshot->families()) {
      const std::string name = SampleName(family);
      if ((!wanted.empty() && name != wanted) || data.contains(name)) continue;
      if (*limit >= 0 && data.size() >= static_cast<size_t>(*limit)) return Success(data);
      data[name] =
          Json::array({{{"type", TypeName(family.type)}, {"help", family.help}, {"unit", family.unit}}});
    }
  }
  return Success(data);
}

}  // namespace belfry::rules_api
