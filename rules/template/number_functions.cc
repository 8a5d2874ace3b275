// Numbers made readable, and times.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "rules/template/functions.h"
#include "rules/template/print.h"

namespace belfry::tmpl {
namespace {

using Args = std::span<const Value>;

Error Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }

std::string FourDigits(double v) { return FormatFloat(v, 'g', 4); }

struct Scaled {
  double value;
  std::string prefix;
};

// Divides by `step` until the number is below it or the prefixes run out.
Scaled ScaleDown(double v, double step, std::span<const std::string_view> prefixes) {
  std::string_view used;
  for (const std::string_view prefix : prefixes) {
    if (std::abs(v) < step) break;
    used = prefix;
    v /= step;
  }
  return {v, std::string(used)};
}

Scaled ScaleUp(double v) {
  constexpr std::string_view kSmall[] = {"m", "u", "n", "p", "f", "a", "z", "y"};
  std::string_view used;
  for (const std::string_view prefix : kSmall) {
    if (std::abs(v) >= 1) break;
    used = prefix;
    v *= 1000;
  }
  return {v, std::string(used)};
}

Result<Value> Humanize(const FunctionContext&, Args args) {
  constexpr std::string_view kLarge[] = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (v == 0 || !std::isfinite(v)) return Value::String(FourDigits(v));
  const Scaled scaled = std::abs(v) >= 1 ? ScaleDown(v, 1000, kLarge) : ScaleUp(v);
  return Value::String(FourDigits(scaled.value) + scaled.prefix);
}

Result<Value> Humanize1024(const FunctionContext&, Args args) {
  constexpr std::string_view kLarge[] = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (std::abs(v) <= 1 || !std::isfinite(v)) return Value::String(FourDigits(v));
  const Scaled scaled = ScaleDown(v, 1024, kLarge);
  return Value::String(FourDigits(scaled.value) + scaled.prefix);
}

std::string LongDuration(double v) {
  const std::string sign = v < 0 ? "-" : "";
  v = std::abs(v);
  if (v < 60) return sign + FourDigits(v) + "s";
  // Beyond the integers' range days are what is left to say.
  const int64_t whole = v < 9.2e18 ? static_cast<int64_t>(v) : INT64_MAX;
  const int64_t day = whole / 86400;
  const int64_t hour = whole / 3600 % 24;
  std::string text = sign;
  if (day != 0) text += std::to_string(day) + "d ";
  if (day != 0 || hour != 0) text += std::to_string(hour) + "h ";
  return text + std::to_string(whole / 60 % 60) + "m " + std::to_string(whole % 60) + "s";
}

Result<Value> HumanizeDuration(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (!std::isfinite(v)) return Value::String(FourDigits(v));
  if (v == 0) return Value::String("0s");
  if (std::abs(v) >= 1) return Value::String(LongDuration(v));
  const Scaled scaled = ScaleUp(v);
  return Value::String(FourDigits(scaled.value) + scaled.prefix + "s");
}

Result<Value> HumanizePercentage(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  return Value::String(FourDigits(v * 100) + "%");
}

// To the millisecond, as Prometheus keeps time.
Result<Instant> ToInstant(double v) {
  const double nanos = v * 1e9;
  if (nanos > 9223372036854774784.0 || nanos < -9223372036854775808.0) {
    return Invalid(FormatFloat(v, 'g', -1) +
                   " cannot be represented as a nanoseconds timestamp since it overflows int64");
  }
  return Instant(std::chrono::floor<milliseconds>(Duration(static_cast<int64_t>(nanos))));
}

Result<Value> HumanizeTimestamp(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (!std::isfinite(v)) return Value::String(FourDigits(v));
  ASSIGN_OR_RETURN(const Instant t, ToInstant(v));
  return Value::String(PrintTime(t));
}

Result<Value> ToTime(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (!std::isfinite(v)) return Invalid("value is NaN or Inf");
  ASSIGN_OR_RETURN(const Instant t, ToInstant(v));
  return Value::Time(t);
}

Result<Value> ToDuration(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ToFloat(args[0]));
  if (!std::isfinite(v)) return Invalid("value is NaN or Inf");
  const double nanos = v * 1e9;
  if (std::abs(nanos) > 9223372036854774784.0) {
    return Invalid(FormatFloat(v, 'g', -1) +
                   " cannot be represented as a nanoseconds duration since it overflows int64");
  }
  return Value::Span(Duration(static_cast<int64_t>(nanos)));
}

Result<Value> Now(const FunctionContext& context, Args) {
  return Value::Float(ToUnixSecondsF(Instant(std::chrono::floor<milliseconds>(context.now))));
}

struct Unit {
  std::string_view name;
  int64_t millis;
};
constexpr Unit kUnits[] = {{"y", 31'536'000'000}, {"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
                           {"m", 60'000},         {"s", 1'000},       {"ms", 1}};

// `1h30m`: whole numbers with y w d h m s ms, each at most once, in that order; or `0`.
Result<double> ParseSeconds(std::string_view text) {
  const Error bad = Invalid("not a valid duration string: " + Quote(text));
  if (text == "0") return 0.0;
  if (text.empty()) return Invalid("empty duration string");
  double millis = 0;
  size_t next_unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    int64_t number = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (status != std::errc() || rest[0] == '-') return bad;
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const std::string_view unit = rest.substr(0, std::min(rest.find_first_of("0123456789"), rest.size()));
    while (next_unit < std::size(kUnits) && kUnits[next_unit].name != unit) ++next_unit;
    if (next_unit == std::size(kUnits)) return bad;
    millis += static_cast<double>(number) * static_cast<double>(kUnits[next_unit++].millis);
    rest.remove_prefix(unit.size());
  }
  if (millis > 9.2e12) return Invalid("duration out of range");
  return millis / 1000;
}

Result<Value> ParseDurationFunction(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const double v, ParseSeconds(*args[0].As<std::string>()));
  return Value::Float(v);
}

constexpr Builtin kFunctions[] = {
    {"humanize", Humanize, 1, false},
    {"humanize1024", Humanize1024, 1, false},
    {"humanizeDuration", HumanizeDuration, 1, false},
    {"humanizePercentage", HumanizePercentage, 1, false},
    {"humanizeTimestamp", HumanizeTimestamp, 1, false},
    {"now", Now, 0, false},
    {"parseDuration", ParseDurationFunction, 1, false, {Param::kString}},
    {"toDuration", ToDuration, 1, false},
    {"toTime", ToTime, 1, false},
};

// Go's strconv.ParseFloat: no blanks around, `Inf` and `NaN` in any case.
std::optional<double> ParseGoFloat(const std::string& text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  if (text.find('(') != std::string::npos) return std::nullopt;  // C's nan(…)
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::span<const Builtin> NumberFunctions() { return kFunctions; }

Result<double> ToFloat(const Value& value) {
  if (const auto* d = value.As<double>()) return *d;
  if (const auto* i = value.As<int64_t>()) return static_cast<double>(*i);
  if (const auto* span = value.As<Duration>()) return ToSeconds(*span);
  const auto* text = value.As<std::string>();
  if (text == nullptr) return Invalid("can't convert " + value.TypeName() + " to float");
  const auto number = ParseGoFloat(*text);
  if (!number) return Invalid("strconv.ParseFloat: parsing " + Quote(*text) + ": invalid syntax");
  return *number;
}

}  // namespace belfry::tmpl
