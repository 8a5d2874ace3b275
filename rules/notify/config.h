// The `notify:` part of belfry.yaml as values, in Alertmanager's words.
// Source: Alertmanager's configuration; docs/notifications.md says what we take of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace belfry::notify {

// `http_config`. Credentials are secrets: nothing here is ever logged. Files are read at each sending, so
// that they may change.
struct HttpConfig {
  std::string authorization_type = "Bearer";
  std::string credentials;       // authorization.credentials
  std::string credentials_file;  // authorization.credentials_file
  std::string username;          // basic_auth
  std::string password;
  std::string password_file;
  bool follow_redirects = true;
  std::string ca_file;  // tls_config
  bool insecure_skip_verify = false;

  bool operator==(const HttpConfig&) const = default;
};

// `receivers[].webhook_configs[]`
struct WebhookConfig {
  std::string url;
  bool send_resolved = true;
  uint64_t max_alerts = 0;  // 0: all
  Duration timeout = seconds(10);
  HttpConfig http_config;

  bool operator==(const WebhookConfig&) const = default;
};

struct Receiver {
  std::string name;
  std::vector<WebhookConfig> webhook_configs;  // none: alerts routed here are told to nobody

  bool operator==(const Receiver&) const = default;
};

// A node of the route tree. What is not set comes from the parent, at the root from the defaults of Routing.
struct Route {
  std::string receiver;
  std::optional<std::vector<std::string>> group_by;  // label names, or "..." alone: all labels
  std::vector<std::string> matchers;         // `team="x"`, `severity=~"a|b"`, or several as `{a="b",c!="d"}`
  std::map<std::string, std::string> match;  // the deprecated forms
  std::map<std::string, std::string> match_re;
  bool continue_matching = false;  // `continue`
  std::optional<Duration> group_wait;
  std::optional<Duration> group_interval;
  std::optional<Duration> repeat_interval;
  std::vector<Route> routes;

  bool operator==(const Route&) const = default;
};

// `alertmanagers[]`: every one of them gets every alert.
struct AlertmanagerConfig {
  std::string url;  // `http://host:9093`, with its path prefix if it has one
  Duration timeout = seconds(10);
  HttpConfig http_config;

  bool operator==(const AlertmanagerConfig&) const = default;
};

struct NotifyConfig {
  std::optional<Route> route;
  std::vector<Receiver> receivers;
  std::vector<AlertmanagerConfig> alertmanagers;
  std::map<std::string, std::string>
      external_labels;       // `rules.externalLabels`: added to alerts that lack them
  std::string external_url;  // where this Belfry is reached; in the payload
  std::string user_agent = "Belfry";

  bool operator==(const NotifyConfig&) const = default;
};

struct ConfigProblem {
  std::string path;  // `route.routes[1].receiver`, below `notify`
  std::string message;

  bool operator==(const ConfigProblem&) const = default;
};

// Every mistake at once; empty: the configuration can be used.
std::vector<ConfigProblem> Validate(const NotifyConfig& config);

}  // namespace belfry::notify
