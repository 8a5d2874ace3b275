#include "agent/apiserver/body.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/manifest/parse.h"

namespace belfry::apiserver {
namespace {

using manifest::UnknownFields;

bool IsStrictness(const manifest::Problem& problem) {
  return problem.message.starts_with("unknown field") || problem.message.starts_with("duplicate field");
}

manifest::Parsed Parse(const http::Request& request, const Target& target, UnknownFields unknown) {
  return manifest::ParseManifests("", request.body,
                                  {.default_namespace = target.ns,
                                   .allow_generate_name = true,
                                   .unknown_fields = unknown,
                                   .validate = false});
}

// `field: message`, without place: clients sent a value, not a text of lines.
std::string Text(const manifest::Problem& problem) {
  if (problem.field.empty() || problem.message.find(problem.field) != std::string::npos)
    return problem.message;
  return problem.field + ": " + problem.message;
}

// What cannot be decoded at all counts before what strictness refuses; of that, everything is told.
http::Response Unreadable(const Target& target, const std::vector<manifest::Problem>& problems) {
  const std::string kind(api::KindName(target.resource->kind));
  const auto other = std::ranges::find_if_not(problems, IsStrictness);
  std::string why;
  if (other != problems.end()) {
    why = Text(*other);
  } else {
    for (const manifest::Problem& problem : problems)
      why += (why.empty() ? "strict decoding error: " : ", ") + Text(problem);
  }
  return BadRequest(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}", kind,
                                target.resource->version, kind, why));
}

// The one object of the text, if it is of the path's kind and namespace.
std::variant<Body, http::Response> Accept(manifest::Parsed parsed, const Target& target) {
  const std::string wanted(api::KindName(target.resource->kind));
  if (!parsed.errors.empty()) return Unreadable(target, parsed.errors);
  if (parsed.objects.size() != 1) {
    return BadRequest(fmt::format("the object provided is unrecognized (must be of type {})", wanted));
  }
  Body body{.object = parsed.objects[0].object, .warnings = {}};
  const std::string kind(api::KindName(api::KindOf(body.object)));
  if (kind != wanted) {
    return BadRequest(fmt::format("{} in version \"{}\" cannot be handled as a {}", kind,
                                  target.resource->version, wanted));
  }
  const api::ObjectMeta& meta = api::MetaOf(body.object);
  if (meta.ns != target.ns) {
    return BadRequest(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  for (const manifest::Problem& warning : parsed.warnings) body.warnings.push_back(Text(warning));
  return body;
}

}  // namespace

bool HasKnownMediaType(const http::Request& request) {
  std::string_view type = http::Find(request.headers, "Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type.empty() || type == "application/json" || type == "application/yaml";
}

std::variant<Body, http::Response> ReadBody(const http::Request& request, const Target& target) {
  if (!HasKnownMediaType(request)) return UnsupportedMediaType();
  const std::string validation = request.QueryValue("fieldValidation").value_or("Warn");
  if (validation != "Strict" && validation != "Warn" && validation != "Ignore") {
    return BadRequest(
        fmt::format("fieldValidation: Unsupported value: \"{}\": supported values: \"\", "
                    "\"Ignore\", \"Strict\", \"Warn\"",
                    validation));
  }
  manifest::Parsed strict = Parse(request, target, UnknownFields::kError);
  if (validation == "Strict" || !std::ranges::all_of(strict.errors, IsStrictness) || strict.errors.empty())
    return Accept(std::move(strict), target);
  auto lenient = Accept(Parse(request, target, UnknownFields::kIgnore), target);
  if (auto* body = std::get_if<Body>(&lenient); body != nullptr && validation == "Warn") {
    for (const manifest::Problem& problem : strict.errors) body->warnings.push_back(Text(problem));
  }
  return lenient;
}

void AddWarnings(const std::vector<std::string>& warnings, http::Response& response) {
  for (const std::string& warning : warnings) {
    std::string quoted;
    for (const char c : warning) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c >= 0 && c < 0x20 ? ' ' : c;
    }
    response.headers.emplace("Warning", fmt::format("299 - \"{}\"", quoted));
  }
}

}  // namespace belfry::apiserver
