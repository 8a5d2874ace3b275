// A container's environment: what the manifest defines, in the order in which it may refer to itself.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"

namespace belfry::controllers {

// What a pod may learn of the host.
struct HostFacts {
  std::string node_name;
  std::string ip;
  std::string home = "/root";
  api::StringMap allocatable;  // "cpu" → "4", "memory" → "16Gi"
};

// What pods of a namespace may refer to, by name; null if there is none.
struct ConfigSource {
  std::function<api::Ptr<api::ConfigMap>(const std::string&)> config_map;
  std::function<api::Ptr<api::Secret>(const std::string&)> secret;
  std::function<api::Ptr<api::PersistentVolumeClaim>(const std::string&)> claim;
};

// Variables in the order of their first definition; a later definition replaces the value in place.
class Environment {
 public:
  using Variable = std::pair<std::string, std::string>;

  void Set(const std::string& name, std::string value);
  const std::string* Find(std::string_view name) const;
  const std::vector<Variable>& variables() const { return variables_; }

 private:
  std::vector<Variable> variables_;
  std::map<std::string, size_t, std::less<>> index_;
};

// `text` with each $(NAME) that `environment` knows replaced by its value. `$$` stands for `$`; unknown
// names, unclosed references and single dollars stay as written; what was inserted is not looked at again.
// Source: kubernetes third_party/forked/golang/expansion.
std::string Expand(std::string_view text, const Environment& environment);
// The same where nothing may stay unknown. Errors: kInvalid, naming the first that is.
Result<std::string> ExpandKnown(std::string_view text, const Environment& environment);

struct BuiltEnvironment {
  Environment environment;
  std::vector<std::string> warnings;  // keys of ConfigMaps and Secrets that cannot be names of variables
};

// envFrom in order (the later wins), then env in order (wins over envFrom). A value sees only what is defined
// before it. Errors: kNotFound with the kubelet's words for a missing object or key that is not optional;
// kInvalid for a reference to a field that does not exist.
Result<BuiltEnvironment> BuildEnvironment(const api::Pod& pod, const api::Container& container,
                                          const ConfigSource& config, const HostFacts& host);

// The value of `metadata.labels['k']`, `spec.nodeName`, `status.podIP` and their like.
// Errors: kInvalid, listing what there is.
Result<std::string> FieldValue(const api::Pod& pod, std::string_view path, const HostFacts& host);

// The value of `limits.memory` and its like, divided and rounded up. Errors: kInvalid, kNotFound.
Result<std::string> ResourceValue(const api::Pod& pod, const api::Container& container,
                                  const api::ResourceFieldRef& reference, const HostFacts& host);

}  // namespace belfry::controllers
