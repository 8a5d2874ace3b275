// What a plain YAML scalar means: `yes` is a bool, `0644` is 420, `1.0` a number, everything else a string.
// Source: go-yaml v2 as used by sigs.k8s.io/yaml (YAML 1.1 without sexagesimal numbers; time stamps stay
// strings).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/manifest/node.h"

namespace belfry::manifest {

struct Resolved {
  NodeType type = NodeType::kString;
  std::string text;  // JSON text; for strings the characters
};

// `tag` as yaml-cpp gives it: "?" plain, "!" quoted, else a full tag. Errors: kInvalid, the reason only.
Result<Resolved> ResolveScalar(std::string_view tag, const std::string& value);

// A map key as a string, as JSON needs it: `1: x` has the key "1", `on: x` the key "true".
Result<std::string> ResolveKey(std::string_view tag, const std::string& value);

}  // namespace belfry::manifest
