#include "agent/controllers/pod/environment.h"

#include <algorithm>

#include "agent/api/quantity.h"

namespace belfry::controllers {
namespace {

// A name that the kernel and every shell can carry.
bool IsVariableName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Builds one container's environment step by step.
class Builder {
 public:
  Builder(const api::Pod& pod, const api::Container& container, const ConfigSource& config,
          const HostFacts& host)
      : pod_(pod), container_(container), config_(config), host_(host) {}

  Result<BuiltEnvironment> Build() {
    for (const api::EnvFromSource& source : container_.env_from) RETURN_IF_ERROR(AddAll(source));
    for (const api::EnvVar& variable : container_.env) RETURN_IF_ERROR(Add(variable));
    return std::move(built_);
  }

 private:
  Result<void> AddAll(const api::EnvFromSource& source) {
    const bool is_map = source.source == api::EnvFromSource::Source::kConfigMap;
    const api::StringMap* data = nullptr;
    const auto map = is_map ? config_.config_map(source.name) : nullptr;
    const auto secret = is_map ? nullptr : config_.secret(source.name);
    if (map) data = &map->data;
    if (secret) data = &secret->data;
    if (data == nullptr) return source.optional ? Result<void>() : Missing(is_map, source.name);
    std::vector<std::string> skipped;
    for (const auto& [key, value] : *data) {
      if (IsVariableName(source.prefix + key)) {
        built_.environment.Set(source.prefix + key, value);
      } else {
        skipped.push_back(source.prefix + key);
      }
    }
    if (!skipped.empty()) built_.warnings.push_back(SkippedText(skipped, is_map, source.name));
    return {};
  }

  std::string SkippedText(const std::vector<std::string>& skipped, bool is_map,
                          const std::string& name) const {
    return "Keys [" + Join(skipped) + "] from the EnvFrom " + (is_map ? "configMap " : "secret ") +
           pod_.metadata.ns + "/" + name +
           " were skipped since they are considered invalid environment variable names.";
  }

  Result<void> Add(const api::EnvVar& variable) {
    if (!variable.value.empty() || std::holds_alternative<std::monostate>(variable.value_from)) {
      built_.environment.Set(variable.name, Expand(variable.value, built_.environment));
      return {};
    }
    ASSIGN_OR_RETURN(std::optional<std::string> value,
                     std::visit([this](const auto& from) { return Read(from); }, variable.value_from));
    if (value) built_.environment.Set(variable.name, std::move(*value));
    return {};
  }

  using Value = Result<std::optional<std::string>>;

  Value Read(std::monostate) const { return std::optional<std::string>(); }
  Value Read(const api::FieldRef& from) const {
    ASSIGN_OR_RETURN(std::string value, FieldValue(pod_, from.field_path, host_));
    return std::optional(std::move(value));
  }
  Value Read(const api::ResourceFieldRef& from) const {
    ASSIGN_OR_RETURN(std::string value, ResourceValue(pod_, container_, from, host_));
    return std::optional(std::move(value));
  }
  Value Read(const api::ConfigMapKeyRef& from) const {
    const auto map = config_.config_map(from.name);
    if (!map) return from.optional ? Value(std::nullopt) : Value(Missing(true, from.name).error());
    return ReadKey(map->data, from, "ConfigMap");
  }
  Value Read(const api::SecretKeyRef& from) const {
    const auto secret = config_.secret(from.name);
    if (!secret) return from.optional ? Value(std::nullopt) : Value(Missing(false, from.name).error());
    return ReadKey(secret->data, from, "Secret");
  }
  Value ReadKey(const api::StringMap& data, const api::KeySelector& from, std::string_view kind) const {
    if (const auto it = data.find(from.key); it != data.end()) return std::optional(it->second);
    if (from.optional) return Value(std::nullopt);
    return Error{Code::kNotFound, "couldn't find key " + from.key + " in " + std::string(kind) + " " +
                                      pod_.metadata.ns + "/" + from.name};
  }
  static Result<void> Missing(bool is_map, const std::string& name) {
    return Error{Code::kNotFound, (is_map ? "configmap \"" : "secret \"") + name + "\" not found"};
  }

  const api::Pod& pod_;
  const api::Container& container_;
  const ConfigSource& config_;
  const HostFacts& host_;
  BuiltEnvironment built_;
};

// The key of `metadata.labels['k']` if `path` is of that form with that map's name.
std::optional<std::string> Subscript(std::string_view path, std::string_view map) {
  const std::string head = std::string(map) + "['";
  if (!path.starts_with(head) || !path.ends_with("']") || path.size() < head.size() + 2) return std::nullopt;
  return std::string(path.substr(head.size(), path.size() - head.size() - 2));
}

std::string ValueOr(const api::StringMap& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

const api::Container* FindContainer(const api::Pod& pod, const std::string& name) {
  for (const auto* list : {&pod.spec.containers, &pod.spec.init_containers}) {
    const auto it = std::ranges::find(*list, name, &api::Container::name);
    if (it != list->end()) return &*it;
  }
  return nullptr;
}

// A container without a limit may use what the host has; without a request it asks for its limit.
std::string AmountOf(const api::Container& container, bool limit, const std::string& name,
                     const HostFacts& host) {
  const std::string own = ValueOr(limit ? container.resources.limits : container.resources.requests, name);
  if (!own.empty()) return own;
  const std::string other =
      limit ? ValueOr(host.allocatable, name) : ValueOr(container.resources.limits, name);
  return other.empty() ? "0" : other;
}

template <class ValueOf>
std::string ExpandWith(std::string_view text, ValueOf value_of) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '$' && next == '$') {
      result += '$';
      ++i;
      continue;
    }
    const size_t close = text[i] == '$' && next == '(' ? text.find(')', i + 2) : text.npos;
    if (close == text.npos) {
      result += text[i];
      continue;
    }
    result += value_of(text.substr(i + 2, close - i - 2));
    i = close;
  }
  return result;
}

}  // namespace

void Environment::Set(const std::string& name, std::string value) {
  const auto [it, fresh] = index_.try_emplace(name, variables_.size());
  if (fresh) {
    variables_.emplace_back(name, std::move(value));
  } else {
    variables_[it->second].second = std::move(value);
  }
}

const std::string* Environment::Find(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &variables_[it->second].second;
}

std::string Expand(std::string_view text, const Environment& environment) {
  return ExpandWith(text, [&](std::string_view name) {
    const std::string* value = environment.Find(name);
    return value != nullptr ? *value : "$(" + std::string(name) + ")";
  });
}

Result<std::string> ExpandKnown(std::string_view text, const Environment& environment) {
  std::optional<std::string> unknown;
  std::string result = ExpandWith(text, [&](std::string_view name) {
    const std::string* value = environment.Find(name);
    if (value == nullptr && !unknown) unknown = name;
    return value != nullptr ? *value : std::string();
  });
  if (unknown) return Error{Code::kInvalid, "missing value for \"" + *unknown + "\""};
  return result;
}

Result<BuiltEnvironment> BuildEnvironment(const api::Pod& pod, const api::Container& container,
                                          const ConfigSource& config, const HostFacts& host) {
  return Builder(pod, container, config, host).Build();
}

Result<std::string> FieldValue(const api::Pod& pod, std::string_view path, const HostFacts& host) {
  if (path == "metadata.name") return pod.metadata.name;
  if (path == "metadata.namespace") return pod.metadata.ns;
  if (path == "metadata.uid") return pod.metadata.uid;
  if (path == "spec.nodeName") return host.node_name;
  if (path == "spec.serviceAccountName") {
    return pod.spec.service_account_name.empty() ? "default" : pod.spec.service_account_name;
  }
  for (const std::string_view ip : {"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"}) {
    if (path == ip) return host.ip;
  }
  if (const auto key = Subscript(path, "metadata.labels")) return ValueOr(pod.metadata.labels, *key);
  if (const auto key = Subscript(path, "metadata.annotations"))
    return ValueOr(pod.metadata.annotations, *key);
  return Error{Code::kInvalid,
               "fieldPath: Unsupported value: \"" + std::string(path) +
                   "\": supported values: \"metadata.annotations['key']\", \"metadata.labels['key']\", "
                   "\"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", "
                   "\"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", "
                   "\"status.podIPs\""};
}

Result<std::string> ResourceValue(const api::Pod& pod, const api::Container& container,
                                  const api::ResourceFieldRef& reference, const HostFacts& host) {
  const api::Container* of =
      reference.container_name.empty() ? &container : FindContainer(pod, reference.container_name);
  if (of == nullptr) {
    return Error{Code::kNotFound, "container " + reference.container_name + " not found"};
  }
  const bool limit = reference.resource.starts_with("limits.");
  if (!limit && !reference.resource.starts_with("requests.")) {
    return Error{Code::kInvalid, "unsupported container resource : " + reference.resource};
  }
  const std::string name = reference.resource.substr(reference.resource.find('.') + 1);
  const bool unset = reference.divisor.empty() || reference.divisor == "0";
  ASSIGN_OR_RETURN(const api::Quantity divisor, api::ParseQuantity(unset ? "1" : reference.divisor));
  if (divisor <= 0) return Error{Code::kInvalid, "divisor " + reference.divisor + " is not above 0"};
  ASSIGN_OR_RETURN(const api::Quantity amount, api::ParseQuantity(AmountOf(*of, limit, name, host)));
  return std::to_string(api::DivideRoundingUp(amount, divisor));
}

}  // namespace belfry::controllers
