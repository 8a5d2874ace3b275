#include "rules/api/answer.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

http::Response Failure(int status, std::string_view type, std::string_view message) {
  return http::JsonResponse(status, DumpJson({{"status", "error"}, {"errorType", type}, {"error", message}}));
}

}  // namespace

std::string DumpJson(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

http::Response Success(const Json& data, const promql::Annotations& notes) {
  Json answer = {{"status", "success"}, {"data", data}};
  if (!notes.warnings.empty()) answer["warnings"] = notes.warnings;
  if (!notes.infos.empty()) answer["infos"] = notes.infos;
  return http::JsonResponse(200, DumpJson(answer));
}

http::Response BadData(std::string_view message) { return Failure(400, "bad_data", message); }

http::Response BadParameter(std::string_view name, std::string_view why) {
  return BadData(fmt::format("invalid parameter \"{}\": {}", name, why));
}

http::Response EvaluationError(const Error& error) {
  switch (error.code) {
    case Code::kInvalid:
      return BadData(error.message);
    case Code::kTimeout:
      return Failure(503, "timeout", error.message);
    case Code::kCancelled:
      return Failure(499, "canceled", error.message);
    case Code::kInternal:
      return Failure(500, "internal", error.message);
    default:
      return Failure(422, "execution", error.message);
  }
}

Json LabelsJson(const model::Labels& labels) {
  Json json = Json::object();
  for (const model::Label& label : labels) json[label.name] = label.value;
  return json;
}

}  // namespace belfry::rules_api
