#include "rules/template/time_format.h"

#include <algorithm>
#include <cstdio>

#include "rules/template/print.h"
#include "rules/template/value.h"

namespace belfry::tmpl {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

struct Civil {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanos = 0;
  int weekday = 0;
  int year_day = 1;
};

Civil Split(Instant t) {
  using std::chrono::days;
  using std::chrono::floor;
  const auto day = floor<days>(t);
  const std::chrono::year_month_day date(day);
  const auto s = static_cast<int>(floor<seconds>(t - day).count());
  const std::chrono::sys_days new_year(
      std::chrono::year_month_day(date.year(), std::chrono::month(1), std::chrono::day(1)));
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = s / 3600,
          .minute = s / 60 % 60,
          .second = s % 60,
          .nanos = static_cast<int>((t - floor<seconds>(t)).count()),
          .weekday = static_cast<int>(std::chrono::weekday(day).c_encoding()),
          .year_day = static_cast<int>((day - new_year).count()) + 1};
}

std::string Pad(int number, int width, char with = '0') {
  std::string text = std::to_string(number);
  if (static_cast<int>(text.size()) < width) text.insert(0, static_cast<size_t>(width) - text.size(), with);
  return text;
}

int Hour12(const Civil& c) { return c.hour % 12 == 0 ? 12 : c.hour % 12; }

// One element of a layout. Longer ones stand before those they begin with.
struct Element {
  std::string_view text;
  std::string (*show)(const Civil&);
};

constexpr Element kElements[] = {
    {"January", [](const Civil& c) { return std::string(kMonths[c.month - 1]); }},
    {"Jan", [](const Civil& c) { return std::string(kMonths[c.month - 1].substr(0, 3)); }},
    {"Monday", [](const Civil& c) { return std::string(kWeekdays[c.weekday]); }},
    {"Mon", [](const Civil& c) { return std::string(kWeekdays[c.weekday].substr(0, 3)); }},
    {"MST", [](const Civil&) { return std::string("UTC"); }},
    {"2006", [](const Civil& c) { return Pad(c.year, 4); }},
    {"__2", [](const Civil& c) { return Pad(c.year_day, 3, ' '); }},
    {"002", [](const Civil& c) { return Pad(c.year_day, 3); }},
    {"_2", [](const Civil& c) { return Pad(c.day, 2, ' '); }},
    {"01", [](const Civil& c) { return Pad(c.month, 2); }},
    {"02", [](const Civil& c) { return Pad(c.day, 2); }},
    {"03", [](const Civil& c) { return Pad(Hour12(c), 2); }},
    {"04", [](const Civil& c) { return Pad(c.minute, 2); }},
    {"05", [](const Civil& c) { return Pad(c.second, 2); }},
    {"06", [](const Civil& c) { return Pad(c.year % 100, 2); }},
    {"15", [](const Civil& c) { return Pad(c.hour, 2); }},
    {"1", [](const Civil& c) { return Pad(c.month, 1); }},
    {"2", [](const Civil& c) { return Pad(c.day, 1); }},
    {"3", [](const Civil& c) { return Pad(Hour12(c), 1); }},
    {"4", [](const Civil& c) { return Pad(c.minute, 1); }},
    {"5", [](const Civil& c) { return Pad(c.second, 1); }},
    {"PM", [](const Civil& c) { return std::string(c.hour < 12 ? "AM" : "PM"); }},
    {"pm", [](const Civil& c) { return std::string(c.hour < 12 ? "am" : "pm"); }},
    {"Z07:00:00", [](const Civil&) { return std::string("Z"); }},
    {"Z07:00", [](const Civil&) { return std::string("Z"); }},
    {"Z070000", [](const Civil&) { return std::string("Z"); }},
    {"Z0700", [](const Civil&) { return std::string("Z"); }},
    {"Z07", [](const Civil&) { return std::string("Z"); }},
    {"-07:00:00", [](const Civil&) { return std::string("+00:00:00"); }},
    {"-07:00", [](const Civil&) { return std::string("+00:00"); }},
    {"-070000", [](const Civil&) { return std::string("+000000"); }},
    {"-0700", [](const Civil&) { return std::string("+0000"); }},
    {"-07", [](const Civil&) { return std::string("+00"); }},
};

// `.000` and `,000` show all digits, `.999` none that are zero at the end. Returns the length of the element,
// 0 if there is none.
size_t AppendFraction(std::string_view rest, const Civil& c, std::string& out) {
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != ',') || (rest[1] != '0' && rest[1] != '9')) return 0;
  size_t end = 1;
  while (end < rest.size() && rest[end] == rest[1]) ++end;
  if (end > 10 || (end < rest.size() && rest[end] >= '0' && rest[end] <= '9')) return 0;
  std::string digits = Pad(c.nanos, 9).substr(0, end - 1);
  if (rest[1] == '9') digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) out += rest[0] + digits;
  return end;
}

// `Jan` is not in `Janet`: as in Go a short name followed by a small letter is plain text.
bool Fits(const Element& element, std::string_view rest) {
  if (!rest.starts_with(element.text)) return false;
  const bool short_name = element.text == "Jan" || element.text == "Mon";
  return !short_name || rest.size() == 3 || !(rest[3] >= 'a' && rest[3] <= 'z');
}

}  // namespace

std::string FormatTime(Instant t, std::string_view layout) {
  const Civil c = Split(t);
  std::string out;
  while (!layout.empty()) {
    if (const size_t used = AppendFraction(layout, c, out); used > 0) {
      layout.remove_prefix(used);
      continue;
    }
    const auto* element = std::find_if(std::begin(kElements), std::end(kElements),
                                       [&](const Element& e) { return Fits(e, layout); });
    if (element == std::end(kElements)) {
      out += layout[0];
      layout.remove_prefix(1);
      continue;
    }
    out += element->show(c);
    layout.remove_prefix(element->text.size());
  }
  return out;
}

Result<Value> TimeMethod(Instant t, std::string_view name) {
  const Civil c = Split(t);
  const std::pair<std::string_view, int> numbers[] = {
      {"Year", c.year},     {"Day", c.day},          {"Hour", c.hour},       {"Minute", c.minute},
      {"Second", c.second}, {"Nanosecond", c.nanos}, {"YearDay", c.year_day}};
  for (const auto& [method, number] : numbers) {
    if (method == name) return Value::Int(number);
  }
  if (name == "Month") return Value::String(std::string(kMonths[c.month - 1]));
  if (name == "Weekday") return Value::String(std::string(kWeekdays[c.weekday]));
  if (name == "Unix") return Value::Int(ToUnixSeconds(t));
  if (name == "UnixMilli") return Value::Int(std::chrono::floor<milliseconds>(t).time_since_epoch().count());
  if (name == "UnixNano") return Value::Int(t.time_since_epoch().count());
  if (name == "String") return Value::String(PrintTime(t));
  if (name == "UTC") return Value::Time(t);
  return Error{Code::kNotFound, "can't evaluate field " + std::string(name) + " in type *time.Time"};
}

}  // namespace belfry::tmpl
