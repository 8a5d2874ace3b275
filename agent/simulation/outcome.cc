#include "agent/simulation/outcome.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace belfry::simulation {
namespace {

constexpr size_t kMaxValues = 100'000;  // of one annotation
constexpr Duration kLongest = hours(24 * 366 * 10);
constexpr size_t kMaxProblems = 20;

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Between commas; an empty text is one empty part.
std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<Duration> DurationFrom(std::string_view text) {
  if (text == "forever") return kForEver;
  const auto parsed = ParseDuration(text);
  if (!parsed.ok() || *parsed < Duration(0) || *parsed > kLongest) return std::nullopt;
  return *parsed;
}

std::optional<int32_t> ExitCodeFrom(std::string_view text) {
  int32_t code = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (status != std::errc() || end != text.data() + text.size() || code < 0 || code > 255)
    return std::nullopt;
  return code;
}

// Seconds as history files have them: `1200`, `12.5`.
std::optional<Duration> SecondsFrom(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0 || value > ToSeconds(kLongest)) return std::nullopt;
  return Duration(static_cast<int64_t>(std::llround(value * 1e9)));
}

template <class T>
Result<std::vector<T>> ReadList(const api::StringMap& annotations, std::string_view name,
                                std::optional<T> (*read)(std::string_view), std::string_view wanted) {
  const auto it = annotations.find(name);
  if (it == annotations.end()) return std::vector<T>();
  std::vector<T> values;
  for (const std::string_view part : Split(it->second)) {
    const auto value = read(Trimmed(part));
    if (!value) {
      return Error{Code::kInvalid,
                   fmt::format("annotation {}: \"{}\" is not {}", name, Trimmed(part), wanted)};
    }
    values.push_back(*value);
    if (values.size() > kMaxValues) {
      return Error{Code::kInvalid, fmt::format("annotation {}: more than {} values", name, kMaxValues)};
    }
  }
  return values;
}

// A line of a history and the mistakes found so far.
class HistoryReader {
 public:
  explicit HistoryReader(std::string_view file) : file_(file) {}

  void Line(std::string_view line, size_t number) {
    if (Trimmed(line).empty()) return;
    const std::vector<std::string_view> fields = Split(line);
    if (number == 1 && Trimmed(fields[0]) == "cronjob") return;
    if (fields.size() != 3) {
      return Refuse(number, 1,
                    fmt::format("expected cronjob,seconds,exit_code, found {} fields", fields.size()));
    }
    const std::string_view name = Trimmed(fields[0]);
    const auto duration = SecondsFrom(Trimmed(fields[1]));
    const auto exit_code = ExitCodeFrom(Trimmed(fields[2]));
    if (name.empty()) return Refuse(number, 1, "the name of a CronJob is missing");
    if (!duration) return RefuseField(number, line, fields[1], "a number of seconds");
    if (!exit_code) return RefuseField(number, line, fields[2], "an exit code from 0 to 255");
    OutcomeCycle& cycle = history_[std::string(name)];
    cycle.durations.push_back(*duration);
    cycle.exit_codes.push_back(*exit_code);
  }

  Result<History> Finish() && {
    if (problems_ == 0) return std::move(history_);
    if (problems_ > kMaxProblems) message_ += fmt::format("\n… and {} more", problems_ - kMaxProblems);
    return Error{Code::kInvalid, std::move(message_)};
  }

 private:
  void Refuse(size_t line, size_t column, std::string_view why) {
    if (++problems_ > kMaxProblems) return;
    if (!message_.empty()) message_ += '\n';
    message_ += fmt::format("{}:{}:{}: {}", file_, line, column, why);
  }

  void RefuseField(size_t number, std::string_view line, std::string_view field, std::string_view wanted) {
    const std::string_view text = Trimmed(field);
    const size_t at = text.empty() ? static_cast<size_t>(field.data() - line.data())
                                   : static_cast<size_t>(text.data() - line.data());
    constexpr size_t kShown = 40;
    Refuse(
        number, at + 1,
        fmt::format("\"{}{}\" is not {}", text.substr(0, kShown), text.size() > kShown ? "…" : "", wanted));
  }

  std::string_view file_;
  History history_;
  std::string message_;
  size_t problems_ = 0;
};

}  // namespace

Result<OutcomeCycle> ReadOutcomes(const api::StringMap& annotations) {
  OutcomeCycle cycle;
  ASSIGN_OR_RETURN(cycle.durations,
                   ReadList<Duration>(annotations, kDurationAnnotation, DurationFrom,
                                      "a duration such as 90s or 1h30m of at most ten years, or forever"));
  ASSIGN_OR_RETURN(cycle.exit_codes, ReadList<int32_t>(annotations, kExitCodesAnnotation, ExitCodeFrom,
                                                       "an exit code from 0 to 255"));
  return cycle;
}

Result<History> ReadHistory(std::string_view file, std::string_view text) {
  HistoryReader reader(file);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.Line(text.substr(0, end), ++number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(reader).Finish();
}

}  // namespace belfry::simulation
