#include "agent/cron/field.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/cron/go_syntax.h"

namespace belfry::cron {
namespace {

constexpr std::string_view kMonthNames[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdayNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

bool EqualsName(std::string_view text, std::string_view name) {
  return std::ranges::equal(text, name,
                            [](char c, char n) { return (c >= 'A' && c <= 'Z' ? c + 32 : c) == n; });
}

}  // namespace

constexpr FieldRange kMinuteField{0, 59, {}};
constexpr FieldRange kHourField{0, 23, {}};
constexpr FieldRange kDayOfMonthField{1, 31, {}};
constexpr FieldRange kMonthField{1, 12, kMonthNames};
constexpr FieldRange kDayOfWeekField{0, 6, kWeekdayNames};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Error FieldParser::Fail(std::string_view where, std::string message) {
  fault_ = where;
  return {Code::kInvalid, std::move(message)};
}

Result<int64_t> FieldParser::Number(std::string_view text) {
  const auto number = GoAtoi(text);
  if (!number)
    return Fail(text, fmt::format("failed to parse int from {}: {}", text, number.error().message));
  if (*number < 0) return Fail(text, fmt::format("negative number ({}) not allowed: {}", *number, text));
  return *number;
}

Result<int64_t> FieldParser::Value(std::string_view text, const FieldRange& range) {
  const auto name =
      std::ranges::find_if(range.names, [&](std::string_view n) { return EqualsName(text, n); });
  if (name != range.names.end()) return range.min + (name - range.names.begin());
  return Number(text);
}

// `*`, `7` or `3-5`; a single value's range is that value.
Result<FieldItem> FieldParser::Bounds(std::string_view text, std::string_view item, const FieldRange& range) {
  const auto ends = Split(text, '-');
  // Upstream looks at nothing behind the star of `*-5`.
  if (ends[0] == "*" || ends[0] == "?") return FieldItem{.first = range.min, .last = range.max, .star = true};
  ASSIGN_OR_RETURN(const int64_t first, Value(ends[0], range));
  if (ends.size() > 2) return Fail(item, fmt::format("too many hyphens: {}", item));
  if (ends.size() == 1) return FieldItem{.first = first, .last = first};
  ASSIGN_OR_RETURN(const int64_t last, Value(ends[1], range));
  return FieldItem{.first = first, .last = last};
}

Result<void> FieldParser::CheckBounds(const FieldItem& read, std::string_view item, const FieldRange& range) {
  if (read.first < range.min) {
    return Fail(item,
                fmt::format("beginning of range ({}) below minimum ({}): {}", read.first, range.min, item));
  }
  if (read.last > range.max) {
    return Fail(item, fmt::format("end of range ({}) above maximum ({}): {}", read.last, range.max, item));
  }
  if (read.first > read.last) {
    return Fail(item, fmt::format("beginning of range ({}) beyond end of range ({}): {}", read.first,
                                  read.last, item));
  }
  if (read.step == 0) return Fail(item, fmt::format("step of range should be a positive number: {}", item));
  return {};
}

Result<FieldItem> FieldParser::Item(std::string_view item, const FieldRange& range) {
  const auto parts = Split(item, '/');
  ASSIGN_OR_RETURN(FieldItem read, Bounds(parts[0], item, range));
  if (parts.size() > 2) return Fail(item, fmt::format("too many slashes: {}", item));
  if (parts.size() == 2) {
    ASSIGN_OR_RETURN(read.step, Number(parts[1]));
    if (parts[0].find('-') == std::string_view::npos) read.last = range.max;
    if (read.step > 1) read.star = false;
  }
  RETURN_IF_ERROR(CheckBounds(read, item, range));
  return read;
}

FieldSet SetOf(const FieldItem& item) {
  FieldSet set{.star = item.star};
  // The step may be as large as an int64: it must not be added to `last`.
  for (int64_t value = item.first;; value += item.step) {
    set.bits |= uint64_t{1} << value;
    if (item.step > item.last - value) return set;
  }
}

Result<FieldSet> FieldParser::Field(std::string_view field, const FieldRange& range) {
  FieldSet set;
  for (const std::string_view item : Split(field, ',')) {
    if (item.empty()) continue;
    ASSIGN_OR_RETURN(const FieldItem read, Item(item, range));
    const FieldSet one = SetOf(read);
    set.bits |= one.bits;
    set.star = set.star || one.star;
  }
  return set;
}

}  // namespace belfry::cron
