#include "agent/apiserver/status.h"

#include <fmt/core.h>

#include "agent/manifest/json.h"
#include "agent/manifest/validate.h"

namespace belfry::apiserver {
namespace {

// `jobs.batch "x"`; in the core group `pods "x"`.
std::string Named(const Subject& about, std::string_view what) {
  const std::string group = about.group.empty() ? std::string() : "." + about.group;
  return fmt::format("{}{} \"{}\"", what, group, about.name);
}

void AppendMember(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  manifest::AppendJsonString(out, name);
  out += ':';
  manifest::AppendJsonString(out, value);
}

std::string Details(const Subject& about, std::string_view kind, std::string_view uid = {}) {
  std::string out = "{";
  AppendMember(out, "name", about.name);
  AppendMember(out, "group", about.group);
  AppendMember(out, "kind", kind);
  AppendMember(out, "uid", uid);
  return out + "}";
}

// `details` is JSON text, or empty.
http::Response Failure(int code, std::string_view reason, std::string_view message,
                       const std::string& details = {}) {
  std::string body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)";
  manifest::AppendJsonString(body, message);
  body += fmt::format(R"(,"reason":"{}")", reason);
  body += fmt::format(R"(,"details":{},"code":{}}})", details.empty() ? "{}" : details, code);
  return http::JsonResponse(code, body + "\n");
}

std::string_view CauseReason(std::string_view message) {
  struct Entry {
    std::string_view begin, reason;
  };
  static constexpr Entry kReasons[] = {
      {"Required value", "FieldValueRequired"},   {"Unsupported value", "FieldValueNotSupported"},
      {"Duplicate value", "FieldValueDuplicate"}, {"Not found", "FieldValueNotFound"},
      {"Forbidden", "FieldValueForbidden"},       {"Too long", "FieldValueTooLong"},
      {"Too many", "FieldValueTooMany"}};
  for (const Entry& entry : kReasons) {
    if (message.starts_with(entry.begin)) return entry.reason;
  }
  return "FieldValueInvalid";
}

std::string Causes(const std::vector<manifest::FieldError>& errors) {
  std::string out;
  for (const manifest::FieldError& error : errors) {
    out += out.empty() ? "{" : ",{";
    AppendMember(out, "reason", CauseReason(error.message));
    AppendMember(out, "message", error.message);
    AppendMember(out, "field", error.field);
    out += '}';
  }
  return "[" + out + "]";
}

}  // namespace

http::Response BadRequest(std::string_view message) { return Failure(400, "BadRequest", message); }

http::Response Forbidden(std::string_view message) { return Failure(403, "Forbidden", message); }

http::Response NoSuchPath() {
  return Failure(404, "NotFound", "the server could not find the requested resource");
}

http::Response NotFound(const Subject& about) {
  return Failure(404, "NotFound", Named(about, about.resource) + " not found",
                 Details(about, about.resource));
}

http::Response MethodNotAllowed() {
  return Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

http::Response AlreadyExists(const Subject& about) {
  return Failure(409, "AlreadyExists", Named(about, about.resource) + " already exists",
                 Details(about, about.resource));
}

http::Response Conflict(const Subject& about, std::string_view why) {
  return Failure(409, "Conflict",
                 fmt::format("Operation cannot be fulfilled on {}: {}", Named(about, about.resource), why),
                 Details(about, about.resource));
}

http::Response UnsupportedMediaType() {
  return Failure(415, "UnsupportedMediaType",
                 "the body of the request was in an unknown format - accepted media types include: "
                 "application/json, application/yaml");
}

http::Response Invalid(const Subject& about, const std::vector<manifest::FieldError>& errors) {
  std::string details = Details(about, about.kind);
  details.back() = ',';
  details += "\"causes\":" + Causes(errors) + "}";
  return Failure(422, "Invalid",
                 fmt::format("{} is invalid: {}", Named(about, about.kind), manifest::Join(errors)), details);
}

http::Response Success(const Subject& about, std::string_view uid) {
  return http::JsonResponse(
      200, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":)" +
               Details(about, about.resource, uid) + "}\n");
}

http::Response FromError(const Subject& about, const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      return NotFound(about);
    case Code::kAlreadyExists:
      return AlreadyExists(about);
    case Code::kConflict:
    case Code::kFailedPrecondition:
      return Conflict(about, error.message);
    case Code::kInvalid:
      return BadRequest(error.message);
    case Code::kPermissionDenied:
      return Forbidden(error.message);
    case Code::kTooLarge:
      return Failure(413, "RequestEntityTooLarge", error.message);
    case Code::kResourceExhausted:
      return Failure(507, "InsufficientStorage", error.message);
    case Code::kUnavailable:
      return Failure(503, "ServiceUnavailable", error.message);
    case Code::kTimeout:
      return Failure(504, "Timeout", "Timeout: " + error.message);
    default:
      return Failure(500, "InternalError", "Internal error occurred: " + error.message);
  }
}

}  // namespace belfry::apiserver
