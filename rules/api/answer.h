// The envelope of every answer, and what goes wrong.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/http/message.h"
#include "exporters/model/labels.h"
#include "rules/promql/engine.h"

namespace belfry::rules_api {

inline constexpr std::string_view kTruncatedWarning = "results truncated due to limit";

// `{"status":"success","data":…}`, with the warnings and infos of an evaluation if there are any.
http::Response Success(const nlohmann::ordered_json& data, const promql::Annotations& notes = {});

// errorType and status as Prometheus gives them.
http::Response BadData(std::string_view message);
http::Response BadParameter(std::string_view name, std::string_view why);  // `invalid parameter "query": …`
http::Response EvaluationError(const Error& error);

// Label values are any bytes; what is no UTF-8 is replaced, not refused.
std::string DumpJson(const nlohmann::ordered_json& json);
nlohmann::ordered_json LabelsJson(const model::Labels& labels);

}  // namespace belfry::rules_api
