// Objects ↔ Kubernetes' JSON: apiVersion, kind, metadata, spec, status.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/api/object.h"
#include "agent/base/result.h"
#include "agent/manifest/node.h"
#include "agent/manifest/reader.h"

namespace belfry::manifest {

// Members in Kubernetes' order, empty ones left out, `kept` fields at their places. Times are cut to whole
// seconds, as metav1.Time is, but for status.belfryBackoff. Bytes that are no UTF-8 become U+FFFD.
std::string ToJson(const api::Object& object);
void AppendJson(std::string& out, const api::Object& object);
template <class T>
std::string ToJson(const api::Ptr<T>& object) {
  return ToJson(api::Object(object));
}

// A part of an object, for messages.
std::string ToJson(const api::LabelSelector& selector);
std::string ToJson(const api::StringMap& map);
std::string ToJson(const api::PodTemplateSpec& pattern);
std::string ToJson(const std::optional<api::PodFailurePolicy>& policy);  // absent: null
std::string ToJson(const std::optional<api::SuccessPolicy>& policy);
std::string ToJson(const std::optional<api::LabelSelector>& selector);

// The reverse: FromJson(ToJson(o)) == o if the times of `o` are whole seconds. Unknown fields are skipped, so
// that a newer version's text can be read. No defaults are filled in and nothing is validated. Errors:
// kInvalid `decode object: 1:17: spec.completions: cannot unmarshal …`.
Result<api::Object> FromJson(std::string_view text);

// The object that the node describes; what is wrong with it goes to `problems`. Null only if the node is no
// object.
std::optional<api::Object> Decode(const Node& root, api::Kind kind, Problems& problems,
                                  UnknownFields unknown);

}  // namespace belfry::manifest
