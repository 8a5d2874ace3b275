#include "rules/notify/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace belfry::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxAnswerShown = 200;

Json LabelsJson(const model::Labels& labels) {
  Json json = Json::object();
  for (const model::Label& label : labels) json[label.name] = label.value;
  return json;
}

Json NoticeJson(const Notice& notice) {
  Json json = Json::object();
  json["status"] = notice.firing() ? "firing" : "resolved";
  json["labels"] = LabelsJson(notice.labels);
  json["annotations"] = notice.annotations;
  json["startsAt"] = AlertTime(notice.starts_at);
  json["endsAt"] = AlertTime(notice.ends_at);
  json["generatorURL"] = notice.generator_url;
  json["fingerprint"] = FingerprintText(notice.labels.Fingerprint());
  return json;
}

model::Labels CommonLabels(const std::vector<Notice>& notices) {
  if (notices.empty()) return {};
  model::Labels common = notices.front().labels;
  for (const Notice& notice : notices) {
    std::vector<model::Label> kept;
    for (const model::Label& label : common) {
      if (notice.labels.Get(label.name) == label.value) kept.push_back(label);
    }
    common = model::Labels(std::move(kept));
  }
  return common;
}

std::map<std::string, std::string> CommonAnnotations(const std::vector<Notice>& notices) {
  if (notices.empty()) return {};
  std::map<std::string, std::string> common = notices.front().annotations;
  for (const Notice& notice : notices) {
    std::erase_if(common, [&](const auto& annotation) {
      const auto it = notice.annotations.find(annotation.first);
      return it == notice.annotations.end() || it->second != annotation.second;
    });
  }
  return common;
}

// Alertmanager writes the receiver's name as a regular expression that matches it.
std::string QuoteRegex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string WebhookBody(const WebhookMessage& message) {
  std::vector<const Notice*> sorted;
  for (const Notice& notice : message.notices) sorted.push_back(&notice);
  std::sort(sorted.begin(), sorted.end(), [](const Notice* a, const Notice* b) {
    return std::tie(a->starts_at, a->labels) < std::tie(b->starts_at, b->labels);
  });
  const size_t count =
      message.max_alerts == 0 ? sorted.size() : std::min<size_t>(sorted.size(), message.max_alerts);
  const bool firing = std::any_of(sorted.begin(), sorted.end(), [](const Notice* n) { return n->firing(); });
  Json json = Json::object();
  json["receiver"] = QuoteRegex(message.receiver);
  json["status"] = firing ? "firing" : "resolved";
  json["alerts"] = Json::array();
  for (size_t i = 0; i < count; ++i) json["alerts"].push_back(NoticeJson(*sorted[i]));
  json["groupLabels"] = LabelsJson(message.group_labels);
  json["commonLabels"] = LabelsJson(CommonLabels(message.notices));
  json["commonAnnotations"] = CommonAnnotations(message.notices);
  json["externalURL"] = message.external_url;
  json["version"] = "4";
  json["groupKey"] = message.group_key;
  json["truncatedAlerts"] = sorted.size() - count;
  // Bytes that are not UTF-8 (labels may come from anywhere) become U+FFFD: a notification is not lost over
  // them.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Verdict JudgeWebhook(const Result<http::Response>& answer) {
  if (answer.ok()) {
    if (answer->status / 100 == 2) return Verdict::kDelivered;
    return answer->status / 100 == 5 ? Verdict::kRetry : Verdict::kNextTime;
  }
  const Code code = answer.error().code;
  return code == Code::kInvalid || code == Code::kTooLarge ? Verdict::kNextTime : Verdict::kRetry;
}

std::string WhatWentWrong(const Result<http::Response>& answer) {
  if (!answer.ok()) return answer.error().message;
  std::string text = "answered with status " + std::to_string(answer->status);
  std::string body = answer->body.substr(0, kMaxAnswerShown);
  std::replace_if(
      body.begin(), body.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
  while (!body.empty() && body.back() == ' ') body.pop_back();
  return body.empty() ? text : text + ": " + body;
}

Duration RetryDelay(int failures, Random& random) {
  const double base = std::min(0.5 * std::pow(1.5, std::max(failures, 1) - 1), 60.0);
  const double unit = static_cast<double>(random.Next() >> 11) / 9007199254740992.0;  // 53 bits: [0, 1)
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(base * (0.5 + unit), 60.0)));
}

std::string AlertTime(const std::optional<Instant>& t) {
  return t ? FormatRfc3339(*t) : std::string("0001-01-01T00:00:00Z");
}

std::string FingerprintText(Fingerprint fingerprint) { return fmt::format("{:016x}", fingerprint); }

}  // namespace belfry::notify
