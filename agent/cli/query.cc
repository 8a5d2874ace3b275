#include "agent/cli/query.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/cli/cron_next.h"
#include "agent/cli/dialect.h"
#include "agent/cli/table.h"
#include "agent/cli/terminal.h"
#include "exporters/model/labels.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace belfry::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kApi = "/prometheus/api/v1/";
constexpr int64_t kDefaultPoints = 250;
constexpr uint64_t kMaxAnswerBytes = 1ULL << 30;

void Add(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += std::string(name) + "=" + http::PercentEncode(value);
}

std::string TextOf(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// The place in the expression, if that is what the agent's message is about. Which dialect it speaks is not
// known here, so the one that gives the same message counts.
std::string WithPlace(const std::string& expression, const std::string& message) {
  for (const auto dialect : {promql::Dialect::kPrometheus3, promql::Dialect::kPrometheus2}) {
    const auto parsed = promql::ParseDetailed(expression, {.dialect = dialect});
    const auto* failure = std::get_if<promql::ParseFailure>(&parsed);
    if (failure != nullptr && message.find(failure->ToString()) != std::string::npos) {
      return failure->WithCaret(expression);
    }
  }
  return message;
}

// The `data` of an answer.
Result<Json> DataOf(const Result<http::Response>& response, const std::string& expression) {
  if (!response.ok()) return response.error();
  const Json json = Json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.value("status", "") == "success" && json.contains("data")) return json["data"];
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    const bool bad = json.value("errorType", "") == "bad_data";
    return Error{bad ? Code::kInvalid : Code::kFailedPrecondition, WithPlace(expression, json["error"])};
  }
  const std::string body = response->body.substr(0, response->body.find('\n'));
  return Error{Code::kUnavailable,
               fmt::format("the server answered {}: {}", response->status, Printable(body.substr(0, 200)))};
}

std::string MetricText(const Json& metric) {
  model::Labels labels;
  for (const auto& [name, value] : metric.items()) labels.Set(name, value.get<std::string>());
  return labels.ToString();
}

std::string PointText(const Json& point) {
  return fmt::format("{} @[{}]", point.at(1).get<std::string>(), TextOf(point.at(0)));
}

std::string ResultText(const Json& data) {
  const std::string type = data.at("resultType");
  const Json& result = data.at("result");
  if (type == "scalar") return "scalar: " + PointText(result) + "\n";
  if (type == "string") return result.at(1).get<std::string>() + "\n";
  std::string out;
  for (const Json& series : result) {
    if (type == "vector") {
      out += fmt::format("{} => {}\n", MetricText(series.at("metric")), PointText(series.at("value")));
      continue;
    }
    out += MetricText(series.at("metric")) + " =>\n";
    for (const Json& point : series.at("values")) out += PointText(point) + "\n";
  }
  return out;
}

// Runs `read` over an answer; one that is not as it should be becomes an error.
template <class F>
Result<std::string> Reading(F read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    return Error{Code::kUnavailable, fmt::format("the server's answer cannot be read: {}", error.what())};
  }
}

Result<Instant> TimeOf(const std::string& option, const std::string& text, Instant now) {
  auto time = ParseTimeArgument(text, now);
  if (!time.ok()) return Annotate(std::move(time).error(), option);
  return time;
}

Result<std::string> RangeForm(const QueryCommand& command, Instant now) {
  ASSIGN_OR_RETURN(const Instant end, TimeOf("--end", command.end.empty() ? "now" : command.end, now));
  Instant start = end - hours(1);
  if (!command.start.empty()) {
    ASSIGN_OR_RETURN(start, TimeOf("--start", command.start, now));
  }
  if (end < start) return Error{Code::kInvalid, "--end is before --start"};
  Duration step = std::max<Duration>(seconds(1), (end - start) / kDefaultPoints);
  if (!command.step.empty()) {
    auto given = ParseDuration(command.step);
    if (!given.ok()) return Annotate(std::move(given).error(), "--step");
    step = *given;
  }
  std::string form;
  Add(form, "query", command.expression);
  Add(form, "start", FormatRfc3339(start));
  Add(form, "end", FormatRfc3339(end));
  Add(form, "step", fmt::format("{}", ToSeconds(step)));
  return form;
}

Result<std::string> InstantForm(const QueryCommand& command, Instant now) {
  std::string form;
  Add(form, "query", command.expression);
  if (command.time.empty()) return form;
  ASSIGN_OR_RETURN(const Instant at, TimeOf("--time", command.time, now));
  Add(form, "time", FormatRfc3339(at));
  return form;
}

std::string AlertTable(const Json& alerts, Instant now) {
  Table table({"STATE", "SINCE", "VALUE", "ALERT"});
  for (const Json& alert : alerts) {
    const auto since = ParseRfc3339(alert.at("activeAt").get<std::string>());
    const Duration age = since.ok() ? std::chrono::floor<seconds>(now - *since) : Duration(0);
    table.Add({alert.at("state"), FormatDuration(age), alert.at("value"),
               Printable(MetricText(alert.at("labels")))});
  }
  return alerts.empty() ? "no alerts\n" : table.Render();
}

}  // namespace

Ask AskThrough(const AgentAddress& agent) {
  return [agent](const std::string& path, const std::string& form) -> Result<http::Response> {
    http::ClientRequest request{
        .url = path, .body = form, .timeout = minutes(2), .max_response_bytes = kMaxAnswerBytes};
    if (!form.empty()) {
      request.method = "POST";
      request.headers.emplace("Content-Type", "application/x-www-form-urlencoded");
    }
    ASSIGN_OR_RETURN(const AgentLink link, Connect(agent));
    return link.Send(std::move(request));
  };
}

Result<std::string> FormatQuery(const QueryCommand& command) {
  const auto parsed =
      promql::ParseDetailed(command.expression, {.dialect = DialectOf(command.promql_compat)});
  if (const auto* failure = std::get_if<promql::ParseFailure>(&parsed)) {
    return Error{Code::kInvalid, failure->WithCaret(command.expression)};
  }
  return promql::FormatPretty(*std::get<promql::ExprPtr>(parsed)) + "\n";
}

Result<std::string> Query(const QueryCommand& command, const Ask& ask, Instant now) {
  const bool range = !command.start.empty() || !command.end.empty() || !command.step.empty();
  ASSIGN_OR_RETURN(const std::string form, range ? RangeForm(command, now) : InstantForm(command, now));
  ASSIGN_OR_RETURN(const Json data, DataOf(ask(kApi + std::string(range ? "query_range" : "query"), form),
                                           command.expression));
  if (command.output == Output::kJson) return TextOf(data) + "\n";
  return Reading([&] { return ResultText(data); });
}

Result<std::string> ListAlerts(const AlertsCommand& command, const Ask& ask, Instant now) {
  ASSIGN_OR_RETURN(const Json data, DataOf(ask(kApi + std::string("alerts"), ""), ""));
  if (command.output == Output::kJson) return TextOf(data) + "\n";
  return Reading([&] { return AlertTable(data.at("alerts"), now); });
}

}  // namespace belfry::cli
