// Lines of fields with tabs between; the last line is a checksum of all before it, so that a torn or damaged
// file is told from a whole one.
#include "rules/rule/state_file.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "exporters/model/number.h"

namespace belfry::rule {
namespace {

constexpr std::string_view kAlertsHead = "belfry-alerts\t1";
constexpr std::string_view kSeenHead = "belfry-alerts-seen\t1";

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return out;
}

std::string Checksum(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  char digits[32];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

std::string WithSum(std::string text) {
  const std::string sum = Checksum(text);
  return text + "sum\t" + sum + "\n";
}

Error Damaged(std::string_view why) { return {Code::kInvalid, "damaged: " + std::string(why)}; }

// The lines before the checksum.
Result<std::string_view> CheckSum(std::string_view text) {
  const size_t line = text.rfind("sum\t");
  if (line == std::string_view::npos || (line > 0 && text[line - 1] != '\n')) return Damaged("no checksum");
  const std::string_view body = text.substr(0, line);
  if (text.substr(line) != "sum\t" + Checksum(body) + "\n") return Damaged("checksum does not fit");
  return body;
}

std::string OptionalTime(const std::optional<Instant>& t) { return t ? FormatRfc3339(*t) : "-"; }

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

Result<std::optional<Instant>> ReadTime(std::string_view text) {
  if (text == "-") return std::optional<Instant>();
  ASSIGN_OR_RETURN(const Instant t, ParseRfc3339(text));
  return std::optional(t);
}

Result<AlertState> ReadState(std::string_view text) {
  for (const AlertState state : {AlertState::kInactive, AlertState::kPending, AlertState::kFiring}) {
    if (AlertStateName(state) == text) return state;
  }
  return Damaged("unknown state");
}

double ReadNumber(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void AppendAlert(const Alert& alert, std::string& out) {
  out += "alert\t" + std::string(AlertStateName(alert.state)) + "\t" + model::FormatNumber(alert.value) +
         "\t" + FormatRfc3339(alert.active_at) + "\t" + OptionalTime(alert.fired_at) + "\t" +
         OptionalTime(alert.resolved_at) + "\t" + OptionalTime(alert.keep_firing_since) + "\t" +
         OptionalTime(alert.last_sent_at) + "\t" + Escape(*alert.generator_url) + "\n";
  for (const model::Label& label : *alert.labels)
    out += "label\t" + Escape(label.name) + "\t" + Escape(label.value) + "\n";
  for (const auto& [name, text] : *alert.annotations)
    out += "annotation\t" + Escape(name) + "\t" + Escape(text) + "\n";
}

Result<Alert> ReadAlert(const std::vector<std::string_view>& fields) {
  if (fields.size() != 9) return Damaged("alert without all fields");
  Alert alert;
  ASSIGN_OR_RETURN(alert.state, ReadState(fields[1]));
  alert.value = ReadNumber(fields[2]);
  ASSIGN_OR_RETURN(alert.active_at, ParseRfc3339(fields[3]));
  ASSIGN_OR_RETURN(alert.fired_at, ReadTime(fields[4]));
  ASSIGN_OR_RETURN(alert.resolved_at, ReadTime(fields[5]));
  ASSIGN_OR_RETURN(alert.keep_firing_since, ReadTime(fields[6]));
  ASSIGN_OR_RETURN(alert.last_sent_at, ReadTime(fields[7]));
  alert.generator_url = Unescape(fields[8]);
  return alert;
}

// One line after the head.
Result<void> ReadLine(const std::vector<std::string_view>& fields, SavedAlerts& out) {
  const bool in_rule = !out.rules.empty();
  const bool in_alert = in_rule && !out.rules.back().alerts.empty();
  if (fields[0] == "seen" && fields.size() == 2) {
    ASSIGN_OR_RETURN(out.seen_at, ParseRfc3339(fields[1]));
  } else if (fields[0] == "rule" && fields.size() == 4) {
    out.rules.push_back({Unescape(fields[1]), Unescape(fields[2]), Unescape(fields[3]), {}});
  } else if (fields[0] == "alert" && in_rule) {
    ASSIGN_OR_RETURN(Alert alert, ReadAlert(fields));
    out.rules.back().alerts.push_back(std::move(alert));
  } else if (fields[0] == "label" && fields.size() == 3 && in_alert) {
    out.rules.back().alerts.back().labels.Change(
        [&](model::Labels& labels) { labels.Set(Unescape(fields[1]), Unescape(fields[2])); });
  } else if (fields[0] == "annotation" && fields.size() == 3 && in_alert) {
    out.rules.back().alerts.back().annotations.Change(
        [&](auto& annotations) { annotations[Unescape(fields[1])] = Unescape(fields[2]); });
  } else {
    return Damaged("unknown line \"" + std::string(fields[0].substr(0, 40)) + "\"");
  }
  return {};
}

}  // namespace

std::string EncodeAlerts(const SavedAlerts& saved) {
  std::string out = std::string(kAlertsHead) + "\nseen\t" + FormatRfc3339(saved.seen_at) + "\n";
  for (const SavedRule& rule : saved.rules) {
    out += "rule\t" + Escape(rule.file) + "\t" + Escape(rule.group) + "\t" + Escape(rule.identity) + "\n";
    for (const Alert& alert : rule.alerts) AppendAlert(alert, out);
  }
  return WithSum(std::move(out));
}

Result<SavedAlerts> DecodeAlerts(std::string_view text) {
  ASSIGN_OR_RETURN(std::string_view body, CheckSum(text));
  SavedAlerts saved;
  bool head = true;
  while (!body.empty()) {
    const size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    if (head && line != kAlertsHead) return Damaged("not of version 1");
    if (!head) RETURN_IF_ERROR(ReadLine(Split(line), saved));
    head = false;
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
  }
  if (head) return Damaged("no head");
  return saved;
}

std::string EncodeSeen(Instant seen_at) {
  return WithSum(std::string(kSeenHead) + "\t" + FormatRfc3339(seen_at) + "\n");
}

Result<Instant> DecodeSeen(std::string_view text) {
  ASSIGN_OR_RETURN(const std::string_view body, CheckSum(text));
  if (!body.starts_with(kSeenHead) || !body.ends_with('\n')) return Damaged("not of version 1");
  const std::string_view rest = body.substr(kSeenHead.size());
  if (!rest.starts_with('\t')) return Damaged("no time");
  return ParseRfc3339(rest.substr(1, rest.size() - 2));
}

Alerts AfterOutage(Alerts alerts, Duration down, Duration tolerance) {
  Alerts kept;
  for (Alert& alert : alerts) {
    if (alert.state == AlertState::kPending && down > tolerance) continue;
    if (alert.state == AlertState::kPending) alert.active_at += down;
    if (alert.keep_firing_since) *alert.keep_firing_since += down;
    kept.push_back(std::move(alert));
  }
  return kept;
}

}  // namespace belfry::rule
