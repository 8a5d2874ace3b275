// One field of a cron expression.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "agent/base/result.h"

namespace belfry::cron {

// What a field may hold.
struct FieldRange {
  int64_t min = 0;
  int64_t max = 0;
  std::span<const std::string_view> names;  // lower case; names[0] stands for `min`
};

extern const FieldRange kMinuteField;
extern const FieldRange kHourField;
extern const FieldRange kDayOfMonthField;
extern const FieldRange kMonthField;
extern const FieldRange kDayOfWeekField;

// One item of a field's comma list: first, first+step, … up to last.
struct FieldItem {
  int64_t first = 0;
  int64_t last = 0;
  int64_t step = 1;
  bool star = false;  // `*`, `?` or `*/1`

  bool operator==(const FieldItem&) const = default;
};

struct FieldSet {
  uint64_t bits = 0;
  bool star = false;

  bool operator==(const FieldSet&) const = default;
};

// Reads fields and remembers where the fault of the last error is.
class FieldParser {
 public:
  // Errors, all kInvalid: docs/cron.md lists the texts.
  Result<FieldItem> Item(std::string_view item, const FieldRange& range);
  // A comma list. Requires: range.max < 64.
  Result<FieldSet> Field(std::string_view field, const FieldRange& range);
  // A non-negative number or one of the names.
  Result<int64_t> Value(std::string_view text, const FieldRange& range);

  Error Fail(std::string_view where, std::string message);
  // A part of the text that was parsed. Requires: an error was returned before.
  std::string_view fault() const { return fault_; }

 private:
  Result<int64_t> Number(std::string_view text);
  Result<FieldItem> Bounds(std::string_view text, std::string_view item, const FieldRange& range);
  Result<void> CheckBounds(const FieldItem& read, std::string_view item, const FieldRange& range);

  std::string_view fault_;
};

FieldSet SetOf(const FieldItem& item);

// The parts of `text` between separators; an empty text has one empty part.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace belfry::cron
