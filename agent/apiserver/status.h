// What the API answers when it does not answer with an object: Kubernetes' Status.
// Source: apimachinery pkg/api/errors and meta/v1 Status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/http/message.h"
#include "agent/manifest/field_errors.h"

namespace belfry::apiserver {

// What the request was about. Status names the plural in most answers, the kind in 422.
struct Subject {
  std::string group = {};
  std::string resource = {};  // "jobs"
  std::string kind = {};      // "Job"
  std::string name = {};

  bool operator==(const Subject&) const = default;
};

http::Response BadRequest(std::string_view message);  // 400
http::Response Forbidden(std::string_view message);   // 403
http::Response NoSuchPath();                          // 404
http::Response NotFound(const Subject& about);        // 404
http::Response MethodNotAllowed();                    // 405
http::Response AlreadyExists(const Subject& about);   // 409
// The object is not in the state that the request needs, or has changed.
http::Response Conflict(const Subject& about, std::string_view why);                            // 409
http::Response UnsupportedMediaType();                                                          // 415
http::Response Invalid(const Subject& about, const std::vector<manifest::FieldError>& errors);  // 422
http::Response Success(const Subject& about, std::string_view uid);                             // 200

// The answer for an error of the store or another part (docs/errors.md).
http::Response FromError(const Subject& about, const Error& error);

}  // namespace belfry::apiserver
