#include "rules/notify/config.h"

#include <algorithm>
#include <set>

#include "agent/http/message.h"
#include "rules/notify/routing.h"

namespace belfry::notify {
namespace {

constexpr int kMaxRouteDepth = 32;

class Validator {
 public:
  explicit Validator(const NotifyConfig& config) : config_(config) {}

  std::vector<ConfigProblem> Run() {
    CheckReceivers();
    if (config_.route) {
      CheckRoot(*config_.route);
      CheckRoute(*config_.route, "route", 0);
    } else if (!config_.receivers.empty()) {
      Add("route", "required, since there are receivers");
    }
    for (size_t i = 0; i < config_.alertmanagers.size(); ++i) {
      const AlertmanagerConfig& alertmanager = config_.alertmanagers[i];
      const std::string path = "alertmanagers[" + std::to_string(i) + "]";
      CheckEndpoint(path, alertmanager.url, alertmanager.timeout, alertmanager.http_config);
    }
    for (const auto& [name, value] : config_.external_labels) {
      if (name.empty() || name == model::kMetricName)
        Add("externalLabels", "\"" + name + "\" is not a label name");
    }
    return std::move(problems_);
  }

 private:
  void Add(std::string path, std::string message) {
    problems_.push_back({std::move(path), std::move(message)});
  }

  void CheckReceivers() {
    for (size_t i = 0; i < config_.receivers.size(); ++i) {
      const Receiver& receiver = config_.receivers[i];
      const std::string path = "receivers[" + std::to_string(i) + "]";
      if (receiver.name.empty()) Add(path + ".name", "required");
      if (!names_.insert(receiver.name).second)
        Add(path + ".name", "\"" + receiver.name + "\" is there twice");
      for (size_t j = 0; j < receiver.webhook_configs.size(); ++j) {
        const WebhookConfig& webhook = receiver.webhook_configs[j];
        CheckEndpoint(path + ".webhook_configs[" + std::to_string(j) + "]", webhook.url, webhook.timeout,
                      webhook.http_config);
      }
    }
  }

  // The URL is not repeated in the message: it may be a secret.
  void CheckEndpoint(const std::string& path, const std::string& url, Duration timeout,
                     const HttpConfig& http) {
    if (url.empty()) {
      Add(path + ".url", "required");
    } else if (!http::ParseUrl(url)) {
      Add(path + ".url", "not an absolute http or https URL");
    }
    if (timeout <= Duration(0)) Add(path + ".timeout", "must be more than 0");
    const bool authorization = !http.credentials.empty() || !http.credentials_file.empty();
    const bool basic = !http.username.empty() || !http.password.empty() || !http.password_file.empty();
    if (authorization && basic) Add(path + ".http_config", "at most one of authorization and basic_auth");
    if (!http.credentials.empty() && !http.credentials_file.empty()) {
      Add(path + ".http_config.authorization", "at most one of credentials and credentials_file");
    }
    if (!http.password.empty() && !http.password_file.empty()) {
      Add(path + ".http_config.basic_auth", "at most one of password and password_file");
    }
    if (basic && http.username.empty()) Add(path + ".http_config.basic_auth.username", "required");
  }

  void CheckRoot(const Route& root) {
    if (root.receiver.empty()) Add("route.receiver", "required");
    if (!root.matchers.empty() || !root.match.empty() || !root.match_re.empty()) {
      Add("route.matchers", "the root route takes every alert and has no matchers");
    }
    if (root.continue_matching) Add("route.continue", "the root route has no next one to continue with");
  }

  void CheckRoute(const Route& route, const std::string& path, int depth) {
    if (depth > kMaxRouteDepth) return Add(path, "routes are nested more than 32 deep");
    if (!route.receiver.empty() && !names_.contains(route.receiver)) {
      Add(path + ".receiver", "no receiver is named \"" + route.receiver + "\"");
    }
    if (const auto matchers = RouteMatchers(route); !matchers.ok()) {
      Add(path + ".matchers", matchers.error().message);
    }
    CheckGroupBy(route, path);
    CheckPositive(route.group_interval, path + ".group_interval");
    CheckPositive(route.repeat_interval, path + ".repeat_interval");
    if (route.group_wait && *route.group_wait < Duration(0))
      Add(path + ".group_wait", "must not be negative");
    for (size_t i = 0; i < route.routes.size(); ++i) {
      CheckRoute(route.routes[i], path + ".routes[" + std::to_string(i) + "]", depth + 1);
    }
  }

  void CheckGroupBy(const Route& route, const std::string& path) {
    if (!route.group_by) return;
    std::set<std::string> seen;
    for (const std::string& name : *route.group_by) {
      if (name.empty()) Add(path + ".group_by", "a label name is empty");
      if (!seen.insert(name).second) Add(path + ".group_by", "label " + name + " is there twice");
    }
    if (seen.contains("...") && seen.size() > 1)
      Add(path + ".group_by", "\"...\" stands alone: it means all labels");
  }

  void CheckPositive(const std::optional<Duration>& value, std::string path) {
    if (value && *value <= Duration(0)) Add(std::move(path), "must be more than 0");
  }

  const NotifyConfig& config_;
  std::set<std::string> names_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

std::vector<ConfigProblem> Validate(const NotifyConfig& config) { return Validator(config).Run(); }

}  // namespace belfry::notify
