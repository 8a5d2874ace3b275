// One set of shortest digits, three layouts. The digits come from to_chars in scientific form; its fixed form
// is of no use because it prints every digit of large numbers (2^68 as 295147905179352825856), where Go
// prints the shortest ones and fills up with zeros.
#include "exporters/model/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace belfry::model {
namespace {

// value = ±0.d1d2d3… × 10^point
struct Decimal {
  bool negative = false;
  char digits[20];
  int count = 0;
  int point = 0;
};

Decimal ShortestDigits(double value) {
  Decimal decimal{.negative = std::signbit(value), .digits = {}, .count = 0, .point = 0};
  char text[40];
  const char* end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  const char* at = text;
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[decimal.count++] = *at;
  }
  int exponent = 0;
  const char* number = at + 1;
  if (number < end && *number == '+') ++number;
  std::from_chars(number, end, exponent);
  decimal.point = exponent + 1;
  if (value == 0) decimal.point = 1;
  return decimal;
}

// "NaN", "+Inf", "-Inf", or empty for a finite number.
std::string_view Special(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return {};
}

void AppendPlain(const Decimal& decimal, std::string& out) {
  if (decimal.negative) out += '-';
  const auto count = static_cast<size_t>(decimal.count);
  if (decimal.point <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-decimal.point), '0');
    out.append(decimal.digits, count);
    return;
  }
  const auto before = static_cast<size_t>(decimal.point);
  out.append(decimal.digits, std::min(count, before));
  if (before > count) out.append(before - count, '0');
  if (count > before) {
    out += '.';
    out.append(decimal.digits + before, count - before);
  }
}

void AppendExponent(const Decimal& decimal, std::string& out) {
  if (decimal.negative) out += '-';
  out += decimal.digits[0];
  if (decimal.count > 1) {
    out += '.';
    out.append(decimal.digits + 1, static_cast<size_t>(decimal.count - 1));
  }
  const int exponent = decimal.point - 1;
  const int size = std::abs(exponent);
  out += 'e';
  out += exponent < 0 ? '-' : '+';
  if (size < 10) out += '0';
  out += std::to_string(size);
}

}  // namespace

void AppendNumber(double value, std::string& out) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: below it integers print as themselves
  if (value > -kExact && value < kExact && value == std::trunc(value) &&
      (value != 0 || !std::signbit(value))) {
    char text[24];
    const char* end = std::to_chars(text, text + sizeof text, static_cast<int64_t>(value)).ptr;
    out.append(text, static_cast<size_t>(end - text));
    return;
  }
  if (const auto special = Special(value); !special.empty()) {
    out += special;
    return;
  }
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  plain ? AppendPlain(ShortestDigits(value), out) : AppendExponent(ShortestDigits(value), out);
}

std::string FormatNumber(double value) {
  std::string out;
  AppendNumber(value, out);
  return out;
}

std::string FormatNumberG(double value) {
  std::string out(Special(value));
  if (!out.empty()) return out;
  const Decimal decimal = ShortestDigits(value);
  const int exponent = decimal.point - 1;
  exponent < -4 || exponent >= 6 ? AppendExponent(decimal, out) : AppendPlain(decimal, out);
  return out;
}

std::string FormatBound(double value) {
  std::string out = FormatNumberG(value);
  if (std::isfinite(value) && out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string FormatNumberE(double value) {
  std::string out(Special(value));
  if (out.empty()) AppendExponent(ShortestDigits(value), out);
  return out;
}

}  // namespace belfry::model
