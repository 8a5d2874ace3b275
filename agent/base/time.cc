#include "agent/base/time.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace belfry {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year_month_day;

std::string FormatWholeSeconds(Instant t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const auto s = floor<seconds>(t - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), s / 3600,
                     s / 60 % 60, s % 60);
}

// Reads exactly `width` digits at `text[pos]` and moves on.
std::optional<int> Digits(std::string_view text, size_t& pos, size_t width) {
  if (pos + width > text.size()) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < width; ++i, ++pos) {
    if (text[pos] < '0' || text[pos] > '9') return std::nullopt;
    value = value * 10 + (text[pos] - '0');
  }
  return value;
}

bool Eat(std::string_view text, size_t& pos, std::string_view any_of) {
  if (pos >= text.size() || any_of.find(text[pos]) == std::string_view::npos) return false;
  ++pos;
  return true;
}

std::optional<Duration> Fraction(std::string_view text, size_t& pos) {
  if (!Eat(text, pos, ".")) return Duration(0);
  int64_t nanos = 0;
  int64_t scale = 100'000'000;
  const size_t start = pos;
  for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10) {
    nanos += (text[pos] - '0') * scale;
  }
  if (pos == start) return std::nullopt;
  return Duration(nanos);
}

std::optional<Duration> Offset(std::string_view text, size_t& pos) {
  if (Eat(text, pos, "Zz")) return Duration(0);
  const bool negative = pos < text.size() && text[pos] == '-';
  if (!Eat(text, pos, "+-")) return std::nullopt;
  const auto h = Digits(text, pos, 2);
  if (!h || !Eat(text, pos, ":")) return std::nullopt;
  const auto m = Digits(text, pos, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  const Duration offset = hours(*h) + minutes(*m);
  return negative ? -offset : offset;
}

std::optional<Instant> TryParseRfc3339(std::string_view text) {
  size_t pos = 0;
  const auto year = Digits(text, pos, 4);
  if (!year || !Eat(text, pos, "-")) return std::nullopt;
  const auto month = Digits(text, pos, 2);
  if (!month || !Eat(text, pos, "-")) return std::nullopt;
  const auto day = Digits(text, pos, 2);
  if (!day || !Eat(text, pos, "Tt ")) return std::nullopt;
  const auto h = Digits(text, pos, 2);
  if (!h || !Eat(text, pos, ":")) return std::nullopt;
  const auto m = Digits(text, pos, 2);
  if (!m || !Eat(text, pos, ":")) return std::nullopt;
  const auto s = Digits(text, pos, 2);
  if (!s) return std::nullopt;
  const auto fraction = Fraction(text, pos);
  if (!fraction) return std::nullopt;
  const auto offset = Offset(text, pos);
  if (!offset || pos != text.size()) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
  // Nanoseconds since 1970 in 64 bits end in 2262 and begin in 1677.
  if (*year < 1678 || *year > 2261) return std::nullopt;
  return Instant(sys_days(date)) + hours(*h) + minutes(*m) + seconds(*s) + *fraction - *offset;
}

struct Unit {
  std::string_view name;
  double nanos;
};
// Two-letter names first: the longest match wins.
constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3},   {"µs", 1e3},    {"ms", 1e6},    {"s", 1e9},
                           {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9}};

const Unit* UnitAt(std::string_view rest) {
  const Unit* best = nullptr;
  for (const Unit& unit : kUnits) {
    if (rest.starts_with(unit.name) && (best == nullptr || unit.name.size() > best->name.size()))
      best = &unit;
  }
  return best;
}

}  // namespace

std::string FormatRfc3339(Instant t) {
  std::string text = FormatWholeSeconds(t);
  const auto nanos = (t - floor<seconds>(t)).count();
  if (nanos != 0) {
    text += fmt::format(".{:09}", nanos);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

std::string FormatRfc3339Seconds(Instant t) { return FormatWholeSeconds(t) + "Z"; }

Result<Instant> ParseRfc3339(std::string_view text) {
  if (const auto t = TryParseRfc3339(text)) return *t;
  return Error{Code::kInvalid,
               fmt::format("\"{}\" is not an RFC 3339 time such as 2026-01-31T08:00:00Z", text)};
}

Result<Duration> ParseDuration(std::string_view text) {
  const Error bad{Code::kInvalid, fmt::format("\"{}\" is not a duration such as 90s, 1h30m or 2d", text)};
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration(0);
  if (rest.empty()) return bad;
  double nanos = 0;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, status] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (status != std::errc() || number < 0) return bad;
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const Unit* unit = UnitAt(rest);
    if (unit == nullptr) return bad;
    rest.remove_prefix(unit->name.size());
    nanos += number * unit->nanos;
  }
  if (!(nanos < 9.2e18)) return bad;
  const Duration d(std::llround(nanos));
  return negative ? -d : d;
}

std::string FormatDuration(Duration d) {
  if (d < Duration(0)) return "-" + FormatDuration(-d);
  if (d == Duration(0)) return "0s";
  if (d < std::chrono::microseconds(1)) return fmt::format("{}ns", d.count());
  if (d < milliseconds(1)) return fmt::format("{:g}µs", static_cast<double>(d.count()) / 1e3);
  if (d < seconds(1)) return fmt::format("{:g}ms", static_cast<double>(d.count()) / 1e6);
  std::string text;
  const auto h = std::chrono::floor<hours>(d);
  const auto m = std::chrono::floor<minutes>(d - h);
  const Duration s = d - h - m;
  if (h.count() > 0) text += fmt::format("{}h", h.count());
  if (m.count() > 0) text += fmt::format("{}m", m.count());
  if (s.count() > 0) text += fmt::format("{:.12g}s", ToSeconds(s));
  return text;
}

}  // namespace belfry
