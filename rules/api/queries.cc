#include "rules/api/queries.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>

#include "exporters/model/number.h"
#include "rules/api/answer.h"
#include "rules/api/parameters.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

// As Prometheus: more would be no graph.
constexpr int64_t kMaxPointsPerSeries = 11'000;
constexpr std::string_view kTruncated = "results truncated due to limit";

// Seconds with at most three decimals, whole ones without a point.
Json TimeJson(int64_t ms) {
  if (ms % 1000 == 0) return ms / 1000;
  return static_cast<double>(ms) / 1000;
}

Json PointJson(int64_t ms, double value) { return Json::array({TimeJson(ms), model::FormatNumber(value)}); }

Json ValueJson(const promql::Scalar& scalar) {
  return {{"resultType", "scalar"}, {"result", PointJson(scalar.time_ms, scalar.value)}};
}

Json ValueJson(const promql::String& string) {
  return {{"resultType", "string"}, {"result", Json::array({TimeJson(string.time_ms), string.value})}};
}

Json ValueJson(const promql::Vector& vector) {
  Json result = Json::array();
  for (const promql::VectorSample& sample : vector) {
    result.push_back(
        {{"metric", LabelsJson(sample.labels)}, {"value", PointJson(sample.time_ms, sample.value)}});
  }
  return {{"resultType", "vector"}, {"result", std::move(result)}};
}

Json ValueJson(const promql::Matrix& matrix) {
  Json result = Json::array();
  for (const promql::MatrixSeries& series : matrix) {
    Json values = Json::array();
    for (const storage::Sample& sample : series.samples)
      values.push_back(PointJson(sample.time_ms, sample.value));
    result.push_back({{"metric", LabelsJson(series.labels)}, {"values", std::move(values)}});
  }
  return {{"resultType", "matrix"}, {"result", std::move(result)}};
}

template <class T>
void Truncate(T&, size_t, promql::Annotations&) {}
template <class Element>
void Truncate(std::vector<Element>& result, size_t limit, promql::Annotations& notes) {
  if (limit == 0 || result.size() <= limit) return;
  result.resize(limit);
  notes.warnings.emplace_back(kTruncated);
}

// What a query asks besides the expression and its time.
struct QueryForm {
  promql::ExprPtr expr;
  size_t limit = 0;
  promql::EvalOptions options;
  promql::Annotations notes;
};

std::variant<QueryForm, http::Response> ReadForm(const ApiSources& sources, const http::Request& request) {
  QueryForm form{.options = sources.eval};
  const auto limit = ParseLimit(request.QueryValue("limit").value_or(""));
  if (!limit.ok()) return BadParameter("limit", limit.error().message);
  form.limit = *limit;
  for (const std::string name : {"timeout", "lookback_delta"}) {
    const std::string text = request.QueryValue(name).value_or("");
    if (text.empty()) continue;
    const auto duration = ParseStep(text);
    if (!duration.ok()) return BadParameter(name, duration.error().message);
    if (name == "lookback_delta" && *duration > Duration(0)) form.options.lookback = *duration;
  }
  auto expr = promql::Parse(request.QueryValue("query").value_or(""), {.dialect = sources.eval.dialect});
  if (!expr.ok()) return BadParameter("query", expr.error().message);
  form.expr = *std::move(expr);
  return form;
}

http::Response Answer(Result<promql::Value> value, QueryForm& form) {
  if (!value.ok()) return EvaluationError(value.error());
  std::visit([&](auto& v) { Truncate(v, form.limit, form.notes); }, *value);
  return Success(std::visit([](const auto& v) { return ValueJson(v); }, *value), form.notes);
}

Result<Instant> TimeOr(const http::Request& request, std::string_view name, Instant fallback) {
  const auto text = request.QueryValue(name);
  return text && !text->empty() ? ParseTime(*text) : fallback;
}

// The labels of all series that one of `match[]` selects within start and end, or an answer that says why
// not.
std::variant<std::set<model::Labels>, http::Response> SelectSeries(const ApiSources& sources,
                                                                   const http::Request& request,
                                                                   Instant now) {
  const auto from = TimeOr(request, "start", now - sources.eval.lookback);
  if (!from.ok()) return BadParameter("start", from.error().message);
  const auto to = TimeOr(request, "end", now);
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

// The first `limit` of a list, and a word about it if that leaves something out.
http::Response Limited(Json list, const http::Request& request) {
  const auto limit = ParseLimit(request.QueryValue("limit").value_or(""));
  if (!limit.ok()) return BadParameter("limit", limit.error().message);
  promql::Annotations notes;
  if (*limit > 0 && list.size() > *limit) {
    list.erase(list.begin() + static_cast<Json::difference_type>(*limit), list.end());
    notes.warnings.emplace_back(kTruncated);
  }
  return Success(list, notes);
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

http::Response Query(const ApiSources& sources, const http::Request& request, Instant now) {
  const auto at = TimeOr(request, "time", now);
  if (!at.ok()) return BadParameter("time", at.error().message);
  auto read = ReadForm(sources, request);
  if (auto* failure = std::get_if<http::Response>(&read)) return std::move(*failure);
  auto& form = std::get<QueryForm>(read);
  form.options.annotations = &form.notes;
  return Answer(promql::EvaluateInstant(*form.expr, *at, *sources.data(*at), form.options), form);
}

http::Response QueryRange(const ApiSources& sources, const http::Request& request, Instant) {
  const auto from = ParseTime(request.QueryValue("start").value_or(""));
  if (!from.ok()) return BadParameter("start", from.error().message);
  const auto to = ParseTime(request.QueryValue("end").value_or(""));
  if (!to.ok()) return BadParameter("end", to.error().message);
  if (*to < *from) return BadParameter("end", "end timestamp must not be before start time");
  const auto step = ParseStep(request.QueryValue("step").value_or(""));
  if (!step.ok()) return BadParameter("step", step.error().message);
  if (*step <= Duration(0)) {
    return BadParameter(
        "step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if ((*to - *from) / *step > kMaxPointsPerSeries) {
    return BadData(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
        "(?step=XX)");
  }
  auto read = ReadForm(sources, request);
  if (auto* failure = std::get_if<http::Response>(&read)) return std::move(*failure);
  auto& form = std::get<QueryForm>(read);
  form.options.annotations = &form.notes;
  return Answer(promql::EvaluateRange(*form.expr, *from, *to, *step, *sources.data(*to), form.options), form);
}

http::Response Series(const ApiSources& sources, const http::Request& request, Instant now) {
  if (request.QueryValues("match[]").empty()) return BadData("no match[] parameter provided");
  auto selected = SelectSeries(sources, request, now);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  Json list = Json::array();
  for (const model::Labels& labels : std::get<0>(selected)) list.push_back(LabelsJson(labels));
  return Limited(std::move(list), request);
}

http::Response LabelNames(const ApiSources& sources, const http::Request& request, Instant now) {
  auto selected = SelectSeries(sources, request, now);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  std::set<std::string> names;
  for (const model::Labels& labels : std::get<0>(selected)) {
    for (const model::Label& label : labels) names.insert(label.name);
  }
  return Limited(names, request);
}

http::Response LabelValues(const ApiSources& sources, const http::Request& request, Instant now) {
  auto selected = SelectSeries(sources, request, now);
  if (auto* failure = std::get_if<http::Response>(&selected)) return std::move(*failure);
  const auto name = request.params.find("name");
  std::set<std::string> values;
  for (const model::Labels& labels : std::get<0>(selected)) {
    const std::string_view value =
        name == request.params.end() ? std::string_view() : labels.Get(name->second);
    if (!value.empty()) values.emplace(value);
  }
  return Limited(values, request);
}

http::Response Metadata(const ApiSources& sources, const http::Request& request, Instant) {
  const std::string wanted = request.QueryValue("metric").value_or("");
  Json data = Json::object();
  for (const auto& snapshot : sources.families()) {
    for (const model::Family& family : snapshot->families()) {
      const std::string name = SampleName(family);
      if ((!wanted.empty() && name != wanted) || data.contains(name)) continue;
      data[name] =
          Json::array({{{"type", TypeName(family.type)}, {"help", family.help}, {"unit", family.unit}}});
    }
  }
  return Success(data);
}

http::Response FormatQuery(const ApiSources& sources, const http::Request& request, Instant) {
  const auto expr =
      promql::Parse(request.QueryValue("query").value_or(""), {.dialect = sources.eval.dialect});
  if (!expr.ok()) return BadParameter("query", expr.error().message);
  return Success(promql::FormatPretty(**expr));
}

}  // namespace belfry::rules_api
