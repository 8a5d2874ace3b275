// Objects in request bodies.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "agent/api/object.h"
#include "agent/apiserver/resource.h"
#include "agent/apiserver/status.h"

namespace belfry::apiserver {

// JSON or YAML, or nothing said.
bool HasKnownMediaType(const http::Request& request);

struct Body {
  api::Object object;  // with defaults; status and what servers write are dropped
  std::vector<std::string> warnings;
};

// The object that a POST to `target` brings. Unknown fields are an error, a warning or nothing, as the query
// parameter fieldValidation says (Strict, Warn, Ignore; Warn where it is silent). Else the answer that
// refuses.
std::variant<Body, http::Response> ReadBody(const http::Request& request, const Target& target);

// `Warning: 299 - "text"` for each.
void AddWarnings(const std::vector<std::string>& warnings, http::Response& response);

}  // namespace belfry::apiserver
