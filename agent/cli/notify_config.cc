#include "agent/cli/notify_config.h"

namespace belfry::cli {
namespace {

using manifest::Reader;

void ReadHttpConfig(Reader& parent, notify::HttpConfig& config) {
  parent.Object("http_config", [&](Reader& http) {
    http.Object("authorization", [&](Reader& authorization) {
      authorization.Optional("type", config.authorization_type);
      authorization.Optional("credentials", config.credentials);
      authorization.Optional("credentials_file", config.credentials_file);
    });
    http.Object("basic_auth", [&](Reader& basic) {
      basic.Required("username", config.username);
      basic.Optional("password", config.password);
      basic.Optional("password_file", config.password_file);
    });
    http.Optional("follow_redirects", config.follow_redirects);
    http.Object("tls_config", [&](Reader& tls) {
      tls.Optional("ca_file", config.ca_file);
      tls.Optional("insecure_skip_verify", config.insecure_skip_verify);
    });
  });
}

void ReadReceiver(Reader& receiver, notify::Receiver& config) {
  receiver.Required("name", config.name);
  receiver.List("webhook_configs", [&](Reader& webhook) {
    notify::WebhookConfig& hook = config.webhook_configs.emplace_back();
    webhook.Required("url", hook.url);
    webhook.Optional("send_resolved", hook.send_resolved);
    webhook.Optional("max_alerts", hook.max_alerts);
    webhook.Optional("timeout", hook.timeout);
    ReadHttpConfig(webhook, hook.http_config);
  });
}

void ReadRoute(Reader& route, notify::Route& config) {
  route.Optional("receiver", config.receiver);
  route.Optional("group_by", config.group_by);
  route.Optional("matchers", config.matchers);
  route.Optional("match", config.match);
  route.Optional("match_re", config.match_re);
  route.Optional("continue", config.continue_matching);
  route.Optional("group_wait", config.group_wait);
  route.Optional("group_interval", config.group_interval);
  route.Optional("repeat_interval", config.repeat_interval);
  route.List("routes", [&](Reader& child) { ReadRoute(child, config.routes.emplace_back()); });
}

}  // namespace

void ReadNotify(Reader& notify, notify::NotifyConfig& config) {
  notify.Object("route", [&](Reader& route) { ReadRoute(route, config.route.emplace()); });
  notify.List("receivers",
              [&](Reader& receiver) { ReadReceiver(receiver, config.receivers.emplace_back()); });
  notify.List("alertmanagers", [&](Reader& alertmanager) {
    notify::AlertmanagerConfig& entry = config.alertmanagers.emplace_back();
    alertmanager.Required("url", entry.url);
    alertmanager.Optional("timeout", entry.timeout);
    ReadHttpConfig(alertmanager, entry.http_config);
  });
  if (!notify.good()) return;
  for (const notify::ConfigProblem& problem : notify::Validate(config))
    notify.Fail(problem.path, problem.message);
}

}  // namespace belfry::cli
