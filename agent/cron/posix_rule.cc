#include "agent/cron/posix_rule.h"

#include <fmt/core.h>

#include <algorithm>

namespace belfry::cron {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr size_t kMaxTextBytes = 256;
constexpr int kMaxOffsetHours = 24;
constexpr int kMaxTimeHours = 167;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Reads from the left; the first failure sticks, so that callers ask once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char c) { ok_ = Take(c) && ok_; }

  // `CET`, `<+03>`: at least three characters; what it says is not used.
  void Name() {
    const bool quoted = Take('<');
    size_t length = 0;
    while (length < rest_.size() && IsNameCharacter(rest_[length], quoted)) ++length;
    rest_.remove_prefix(length);
    ok_ = ok_ && length >= 3;
    if (quoted) Expect('>');
  }

  int Number(int low, int high) {
    int value = 0;
    size_t length = 0;
    for (; length < rest_.size() && length < 4 && IsDigit(rest_[length]); ++length)
      value = value * 10 + (rest_[length] - '0');
    rest_.remove_prefix(length);
    ok_ = ok_ && length > 0 && value >= low && value <= high;
    return value;
  }

  // `-1`, `5:30`, `+02:00:00`.
  seconds Time(int max_hours) {
    const bool negative = Take('-');
    if (!negative) Take('+');
    seconds time = std::chrono::hours(Number(0, max_hours));
    if (Take(':')) time += std::chrono::minutes(Number(0, 59));
    if (Take(':')) time += seconds(Number(0, 59));
    return negative ? -time : time;
  }

  YearlyChange Change() {
    using Form = YearlyChange::Form;
    YearlyChange change;
    if (Take('M')) {
      change.month = Number(1, 12);
      Expect('.');
      change.week = Number(1, 5);
      Expect('.');
      change.day = Number(0, 6);
    } else {
      change.form = Take('J') ? Form::kDayOfYear : Form::kDayOfYearOrLeap;
      change.day = Number(change.form == Form::kDayOfYear ? 1 : 0, 365);
    }
    if (Take('/')) change.time = Time(kMaxTimeHours);
    return change;
  }

 private:
  static bool IsNameCharacter(char c, bool quoted) {
    return IsLetter(c) || (quoted && (IsDigit(c) || c == '+' || c == '-'));
  }

  std::string_view rest_;
  bool ok_ = true;
};

sys_days MonthWeekDay(const YearlyChange& change, year y) {
  const auto month = y / change.month;
  const std::chrono::weekday wanted(static_cast<unsigned>(change.day));
  if (change.week == 5) return sys_days(month / wanted[std::chrono::last]);
  return sys_days(month / wanted[static_cast<unsigned>(change.week)]);
}

sys_days DayOf(const YearlyChange& change, year y) {
  const sys_days first(y / std::chrono::January / 1);
  switch (change.form) {
    case YearlyChange::Form::kMonthWeekDay:
      return MonthWeekDay(change, y);
    case YearlyChange::Form::kDayOfYear:
      // 29 February has no number: from day 60 on a leap year is one ahead.
      return first + days(change.day - 1 + (y.is_leap() && change.day >= 60 ? 1 : 0));
    case YearlyChange::Form::kDayOfYearOrLeap:
      break;
  }
  return first + days(change.day);
}

}  // namespace

Result<PosixRule> ParsePosixRule(std::string_view text) {
  const Error error{Code::kInvalid,
                    fmt::format("the rule \"{}\" cannot be read", text.substr(0, kMaxTextBytes))};
  if (text.size() > kMaxTextBytes) return error;
  Reader reader(text);
  PosixRule rule;
  reader.Name();
  rule.standard_offset = -reader.Time(kMaxOffsetHours);  // POSIX counts westwards
  if (reader.ok() && reader.AtEnd()) return rule;
  PosixRule::Daylight daylight{
      .offset = rule.standard_offset + std::chrono::hours(1), .begins = {}, .ends = {}};
  reader.Name();
  if (reader.Take(',')) {
    daylight.begins = reader.Change();
  } else {
    daylight.offset = -reader.Time(kMaxOffsetHours);
    reader.Expect(',');
    daylight.begins = reader.Change();
  }
  reader.Expect(',');
  daylight.ends = reader.Change();
  if (!reader.ok() || !reader.AtEnd()) return error;
  rule.daylight = daylight;
  return rule;
}

std::chrono::sys_seconds ChangeIn(const YearlyChange& change, year y, seconds offset) {
  return DayOf(change, y) + change.time - offset;
}

}  // namespace belfry::cron
