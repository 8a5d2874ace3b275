#include "rules/promql/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "exporters/model/number.h"

namespace belfry::promql {
namespace {

// The bits of a continuation byte, or -1.
int Continuation(std::string_view text, size_t at) {
  if (at >= text.size()) return -1;
  const auto byte = static_cast<unsigned char>(text[at]);
  return (byte & 0xC0) == 0x80 ? byte & 0x3F : -1;
}

std::string Hex(uint32_t value, int width) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%0*x", width, value);
  return buffer;
}

void AppendQuotedCharacter(const Character& c, std::string_view bytes, char quote, std::string& out) {
  constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  if (!c.valid) {
    out += "\\x" + Hex(c.code, 2);
  } else if (c.code == static_cast<unsigned char>(quote) || c.code == '\\') {
    out += '\\';
    out += static_cast<char>(c.code);
  } else if (const size_t named =
                 c.code < 0x80 ? kNamed.find(static_cast<char>(c.code)) : std::string_view::npos;
             named != std::string_view::npos) {
    out += '\\';
    out += kLetters[named];
  } else if (c.code < 0x20 || c.code == 0x7F) {
    out += "\\x" + Hex(c.code, 2);
  } else {
    out += bytes;
  }
}

std::string QuoteWith(std::string_view text, char quote) {
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const Character c = CharacterAt(text, at);
    AppendQuotedCharacter(c, text.substr(at, c.length), quote, out);
    at += c.length;
  }
  return out += quote;
}

// One escape sequence at `at` (after the backslash) of a literal the lexer has accepted.
bool AppendUnescaped(std::string_view body, size_t& at, char quote, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kNamed = "\a\b\f\n\r\t\v\\";
  if (at >= body.size()) return false;
  const char c = body[at];
  if (c == quote) return out += c, ++at, true;
  if (const size_t named = kLetters.find(c); named != std::string_view::npos) {
    return out += kNamed[named], ++at, true;
  }
  const bool octal = c >= '0' && c <= '7';
  const size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) return false;
  if (!octal) ++at;
  uint32_t value = 0;
  for (size_t i = 0; i < digits; ++i, ++at) {
    if (at >= body.size() || HexDigit(body[at]) < 0) return false;
    value = value * (octal ? 8 : 16) + static_cast<uint32_t>(HexDigit(body[at]));
  }
  if (octal || c == 'x') {
    out += static_cast<char>(value);
  } else {
    AppendUtf8(value, out);
  }
  return true;
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

Character CharacterAt(std::string_view text, size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const Character broken{byte, 1, false};
  if (byte < 0x80) return {byte, 1, true};
  const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
  if (byte < 0xC2 || byte > 0xF4) return broken;
  uint32_t code = byte & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    const int bits = Continuation(text, at + i);
    if (bits < 0) return broken;
    code = code << 6 | static_cast<uint32_t>(bits);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return broken;
  return {code, length, true};
}

bool IsValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character c = CharacterAt(text, at);
    if (!c.valid) return false;
    at += c.length;
  }
  return true;
}

void AppendUtf8(uint32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

std::string_view Truncated(std::string_view text, size_t count) {
  size_t at = 0;
  while (count-- > 0 && at < text.size()) at += CharacterAt(text, at).length;
  return text.substr(0, at);
}

std::string Quote(std::string_view text) { return QuoteWith(text, '"'); }

std::string QuoteCharacter(std::string_view text, size_t at) {
  if (at >= text.size()) return "end of input";
  const Character c = CharacterAt(text, at);
  return c.valid ? QuoteWith(text.substr(at, c.length), '\'') : "'\xEF\xBF\xBD'";
}

std::string QuoteCodePoint(std::string_view text, size_t at) {
  if (at >= text.size()) return "end of input";
  const Character c = CharacterAt(text, at);
  std::string hex = Hex(c.valid ? c.code : 0xFFFD, 4);
  for (char& digit : hex) digit = static_cast<char>(std::toupper(digit));
  return "U+" + hex + " " + QuoteCharacter(text, at);
}

std::optional<std::string> Unquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  const std::string_view body = literal.substr(1, literal.size() - 2);
  if (quote == '`') return std::string(body);
  if (quote != '"' && quote != '\'') return std::nullopt;
  std::string out;
  out.reserve(body.size());
  for (size_t at = 0; at < body.size();) {
    const char c = body[at++];
    if (c == '\\') {
      if (!AppendUnescaped(body, at, quote, out)) return std::nullopt;
    } else {
      out += c;
    }
  }
  return out;
}

bool IsPlainLabelName(std::string_view name) {
  return !name.empty() && IsAlpha(name.front()) && std::all_of(name.begin(), name.end(), IsAlphaNumeric);
}

bool IsPlainMetricName(std::string_view name) {
  const auto part = [](char c) { return IsAlphaNumeric(c) || c == ':'; };
  return !name.empty() && !IsDigit(name.front()) && std::all_of(name.begin(), name.end(), part);
}

std::string FormatFixed6(double value) {
  if (!std::isfinite(value)) return model::FormatNumber(value);
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%f", value);
  return buffer;
}

std::string FormatPlain(double value) {
  if (!std::isfinite(value)) return model::FormatNumber(value);
  char text[40];
  const auto end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  const std::string_view shortest(text, static_cast<size_t>(end - text));
  const size_t e = shortest.find('e');
  std::string digits(shortest.substr(0, 1));
  if (e > 2) digits += shortest.substr(2, e - 2);
  int exponent = 0;
  const size_t number = e + (shortest[e + 1] == '+' ? 2 : 1);
  std::from_chars(text + number, end, exponent);
  const int point = 1 + exponent;  // digits before the decimal point
  std::string out = std::signbit(value) ? "-" : "";
  if (point <= 0) return out + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  const auto whole = static_cast<size_t>(point);
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace belfry::promql
