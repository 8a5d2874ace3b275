// Characters, quoting and the number and duration forms of the language.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace belfry::promql {

constexpr bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsAlphaNumeric(char c) { return IsAlpha(c) || IsDigit(c); }
constexpr int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr bool IsHexDigit(char c) { return HexDigit(c) >= 0; }
bool EqualsIgnoringCase(std::string_view a, std::string_view lower);

struct Character {
  uint32_t code = 0;
  size_t length = 1;  // bytes
  bool valid = true;
};
// The UTF-8 character at `at`; not valid: one byte that begins none.
Character CharacterAt(std::string_view text, size_t at);
bool IsValidUtf8(std::string_view text);
void AppendUtf8(uint32_t code, std::string& out);
// At most `count` characters of the beginning.
std::string_view Truncated(std::string_view text, size_t count);

// Go's %q of a string, and of the character at `at` (`'x'`); Go's %#U (`U+0078 'x'`).
std::string Quote(std::string_view text);
std::string QuoteCharacter(std::string_view text, size_t at);
std::string QuoteCodePoint(std::string_view text, size_t at);
// The value of a string literal with its quotes: "…", '…' or `…`. nullopt: not one.
std::optional<std::string> Unquote(std::string_view literal);

// `[a-zA-Z_][a-zA-Z0-9_]*`, and with colons for metrics: names that need no quotes.
bool IsPlainLabelName(std::string_view name);
bool IsPlainMetricName(std::string_view name);

// Go's %f, and FormatFloat 'f' with the shortest digits: `1000000000000000000000`, `0.0000001`, never an
// exponent.
std::string FormatFixed6(double value);
std::string FormatPlain(double value);

}  // namespace belfry::promql
