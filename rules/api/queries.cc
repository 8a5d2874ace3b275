#include "rules/api/queries.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "rules/api/answer.h"
#include "rules/api/json_text.h"
#include "rules/api/parameters.h"
#include "rules/api/parse_query.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace belfry::rules_api {
namespace {

// As Prometheus: more would be no graph.
constexpr int64_t kMaxPointsPerSeries = 11'000;
template <class T>
void Truncate(T&, size_t, promql::Annotations&) {}
template <class Element>
void Truncate(std::vector<Element>& result, size_t limit, promql::Annotations& notes) {
  if (limit == 0 || result.size() <= limit) return;
  result.resize(limit);
  notes.warnings.emplace_back(kTruncatedWarning);
}

// What a query asks besides the expression and its time.
struct QueryForm {
  promql::ExprPtr expr;
  size_t limit = 0;
  bool with_stats = false;
  promql::EvalOptions options;
  promql::Annotations notes;
  promql::EvalStats stats;
  bool late = false;
  Duration started{0};
};

// A query holds the rules up, so there is a bound to what a caller may ask for.
void SetDeadline(const Call& call, Duration timeout, QueryForm& form) {
  form.started = call.clock.Monotonic();
  const Duration deadline = form.started + std::min(timeout, call.sources.max_evaluation);
  form.options.cancelled = [&call, &form, deadline] {
    form.late = form.late || call.clock.Monotonic() > deadline;
    return form.late || (call.gone && call.gone());
  };
}

// Fills `form`, which stays where it is; an answer where that cannot be done.
std::optional<http::Response> ReadForm(const Call& call, QueryForm& form) {
  const http::Request& request = call.request;
  form.options = call.sources.eval;
  form.options.annotations = &form.notes;
  form.options.stats = &form.stats;
  form.with_stats = !request.QueryValue("stats").value_or("").empty();
  const auto limit = ParseLimit(request.QueryValue("limit").value_or(""));
  if (!limit.ok()) return BadParameter("limit", limit.error().message);
  form.limit = *limit;
  Duration timeout = call.sources.max_evaluation;
  for (const std::string name : {"timeout", "lookback_delta"}) {
    const std::string text = request.QueryValue(name).value_or("");
    if (text.empty()) continue;
    const auto duration = ParseStep(text);
    if (!duration.ok()) return BadParameter(name, duration.error().message);
    if (name == "timeout") timeout = *duration;
    if (name == "lookback_delta" && *duration > Duration(0)) form.options.lookback = *duration;
  }
  auto expr = promql::Parse(request.QueryValue("query").value_or(""), {.dialect = call.sources.eval.dialect});
  if (!expr.ok()) return BadParameter("query", expr.error().message);
  form.expr = *std::move(expr);
  SetDeadline(call, timeout, form);
  return std::nullopt;
}

// `,"stats":{…}`, or nothing.
std::string StatsText(const Call& call, const QueryForm& form) {
  if (!form.with_stats) return "";
  const double took = ToSeconds(call.clock.Monotonic() - form.started);
  return "," + DumpJson({{"timings",
                          {{"evalTotalTime", took},
                           {"resultSortTime", 0},
                           {"queryPreparationTime", 0},
                           {"innerEvalTime", took},
                           {"execQueueTime", 0},
                           {"execTotalTime", took}}},
                         {"samples",
                          {{"totalQueryableSamples", form.stats.samples_selected},
                           {"peakSamples", form.stats.samples_selected}}}})
                   .insert(0, "\"stats\":");
}

std::string NotesText(const promql::Annotations& notes) {
  std::string out;
  if (!notes.warnings.empty()) out += ",\"warnings\":" + DumpJson(notes.warnings);
  if (!notes.infos.empty()) out += ",\"infos\":" + DumpJson(notes.infos);
  return out;
}

void AppendElement(const promql::VectorSample& sample, std::string& out) {
  out += "{\"metric\":";
  AppendLabels(sample.labels, out);
  out += ",\"value\":";
  AppendPoint(sample.time_ms, sample.value, out);
  out += '}';
}

void AppendElement(const promql::MatrixSeries& series, std::string& out) {
  out += "{\"metric\":";
  AppendLabels(series.labels, out);
  out += ",\"values\":[";
  for (size_t i = 0; i < series.samples.size(); ++i) {
    if (i > 0) out += ',';
    AppendPoint(series.samples[i].time_ms, series.samples[i].value, out);
  }
  out += "]}";
}

std::string Opening(std::string_view type) {
  return R"({"status":"success","data":{"resultType":")" + std::string(type) + R"(","result":)";
}

template <class Element>
Reply ResultReply(std::string_view type, std::vector<Element> result, const std::string& close) {
  const size_t count = result.size();
  const auto shared = std::make_shared<const std::vector<Element>>(std::move(result));
  return ListReply(
      Opening(type) + "[", count, [shared](size_t i, std::string& out) { AppendElement((*shared)[i], out); },
      "]" + close);
}

Reply ResultReply(std::string_view type, const promql::Scalar& scalar, const std::string& close) {
  std::string body = Opening(type);
  AppendPoint(scalar.time_ms, scalar.value, body);
  return http::JsonResponse(200, body + close);
}

Reply ResultReply(std::string_view type, const promql::String& string, const std::string& close) {
  std::string body = Opening(type) + "[";
  AppendTime(string.time_ms, body);
  body += ',';
  AppendString(string.value, body);
  return http::JsonResponse(200, body + "]" + close);
}

Reply Answer(const Call& call, Result<promql::Value> value, QueryForm& form) {
  if (!value.ok() && form.late) {
    return EvaluationError({Code::kTimeout, "query timed out in expression evaluation"});
  }
  if (!value.ok()) return EvaluationError(value.error());
  std::visit([&](auto& v) { Truncate(v, form.limit, form.notes); }, *value);
  const std::string close = StatsText(call, form) + "}" + NotesText(form.notes) + "}";
  const std::string_view type = promql::ValueTypeApiName(promql::TypeOf(*value));
  return std::visit([&](auto& v) { return ResultReply(type, std::move(v), close); }, *value);
}

}  // namespace

Reply Query(const Call& call) {
  const auto at = TimeOr(call.request, "time", call.now);
  if (!at.ok()) return BadParameter("time", at.error().message);
  QueryForm form;
  if (auto failure = ReadForm(call, form)) return *std::move(failure);
  return Answer(call, promql::EvaluateInstant(*form.expr, *at, *call.sources.data(*at), form.options), form);
}

Reply QueryRange(const Call& call) {
  const http::Request& request = call.request;
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
  QueryForm form;
  if (auto failure = ReadForm(call, form)) return *std::move(failure);
  return Answer(call,
                promql::EvaluateRange(*form.expr, *from, *to, *step, *call.sources.data(*to), form.options),
                form);
}

namespace {

// The expression of a request, or an answer that says what is wrong with it.
std::variant<promql::ExprPtr, http::Response> ReadQuery(const Call& call) {
  auto expr =
      promql::Parse(call.request.QueryValue("query").value_or(""), {.dialect = call.sources.eval.dialect});
  if (!expr.ok()) return BadParameter("query", expr.error().message);
  return *std::move(expr);
}

}  // namespace

Reply FormatQuery(const Call& call) {
  auto read = ReadQuery(call);
  if (auto* failure = std::get_if<http::Response>(&read)) return std::move(*failure);
  return Success(promql::FormatPretty(*std::get<promql::ExprPtr>(read)));
}

Reply ParseQuery(const Call& call) {
  auto read = ReadQuery(call);
  if (auto* failure = std::get_if<http::Response>(&read)) return std::move(*failure);
  return Success(TreeJson(*std::get<promql::ExprPtr>(read)));
}

}  // namespace belfry::rules_api
