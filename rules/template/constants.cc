// Constants in actions: Go's numbers, characters and quoted strings.
#include "rules/template/constants.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "rules/template/parser.h"

namespace belfry::tmpl {
namespace {

std::optional<uint32_t> Digits(std::string_view& rest, size_t count, int base) {
  if (rest.size() < count) return std::nullopt;
  uint32_t value = 0;
  const auto [end, status] = std::from_chars(rest.data(), rest.data() + count, value, base);
  if (status != std::errc() || end != rest.data() + count) return std::nullopt;
  rest.remove_prefix(count);
  return value;
}

bool AppendCodePoint(std::optional<uint32_t> code, std::string& out) {
  if (!code || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) return false;
  AppendUtf8(*code, out);
  return true;
}

bool AppendByte(std::optional<uint32_t> byte, std::string& out) {
  if (!byte || *byte > 0xff) return false;
  out += static_cast<char>(*byte);
  return true;
}

// What follows a backslash. False: no such escape.
bool Unescape(std::string_view& rest, char quote, std::string& out) {
  if (rest.empty()) return false;
  const char c = rest[0];
  if (c >= '0' && c <= '7') return AppendByte(Digits(rest, 3, 8), out);
  rest.remove_prefix(1);
  if (c == 'x') return AppendByte(Digits(rest, 2, 16), out);
  if (c == 'u') return AppendCodePoint(Digits(rest, 4, 16), out);
  if (c == 'U') return AppendCodePoint(Digits(rest, 8, 16), out);
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\";
  if (const size_t i = kNames.find(c); i != std::string_view::npos) {
    out += kBytes[i];
    return true;
  }
  if (c != quote) return false;
  out += c;
  return true;
}

// Each may stand between two digits, or between a prefix and the first.
bool RemoveUnderscores(std::string& text) {
  if (text.ends_with('_') || text.find("__") != std::string::npos) return false;
  std::erase(text, '_');
  return true;
}

std::optional<int64_t> ParseInteger(std::string text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.erase(0, 1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char p = static_cast<char>(text[1] | 0x20);
    base = p == 'x' ? 16 : p == 'b' ? 2 : 8;
    text.erase(0, p == 'x' || p == 'b' || p == 'o' ? 2 : 1);
  }
  if (!RemoveUnderscores(text)) return std::nullopt;
  uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
}

std::optional<double> ParseFloatConstant(std::string text) {
  const size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  if (text.size() <= sign ||
      !(std::isdigit(static_cast<unsigned char>(text[sign])) != 0 || text[sign] == '.')) {
    return std::nullopt;
  }
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || std::isinf(value)) return std::nullopt;
  return value;
}

}  // namespace

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const uint32_t lead = extra == 1 ? 0xc0u : extra == 2 ? 0xe0u : 0xf0u;
  out += static_cast<char>(lead | (code >> (6 * extra)));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(0x80u | ((code >> (6 * i)) & 0x3fu));
}

Result<std::string> Unquote(std::string_view quoted) {
  const Error bad{Code::kInvalid, "invalid syntax"};
  if (quoted.size() < 2 || quoted.back() != quoted.front()) return bad;
  const char quote = quoted.front();
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string out;
  if (quote == '`') {
    // As in Go, carriage returns vanish from raw strings.
    std::copy_if(rest.begin(), rest.end(), std::back_inserter(out), [](char c) { return c != '\r'; });
    return out;
  }
  if (quote != '"' && quote != '\'') return bad;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (!Unescape(rest, quote, out)) {
      return bad;
    }
  }
  return out;
}

Result<Number> ParseNumber(std::string_view text) {
  const Error bad{Code::kInvalid, "bad number syntax: \"" + std::string(text) + "\""};
  const bool hex = text.find('x') != std::string_view::npos || text.find('X') != std::string_view::npos;
  const bool looks_float = text.find_first_of(hex ? ".pP" : ".eEpP") != std::string_view::npos;
  if (!looks_float) {
    const auto i = ParseInteger(std::string(text));
    if (!i) return bad;
    return Number{.value = *i, .as_float = static_cast<double>(*i), .text = std::string(text)};
  }
  const auto d = ParseFloatConstant(std::string(text));
  if (!d) return bad;
  return Number{.value = *d, .as_float = *d, .text = std::string(text)};
}

Result<Number> ParseCharacter(std::string_view quoted) {
  const Error bad{Code::kInvalid, "malformed character constant: " + std::string(quoted)};
  const auto text = Unquote(quoted);
  if (!text.ok() || text->empty()) return bad;
  size_t size = 0;
  const uint32_t code = DecodeUtf8(*text, size);
  if (size != text->size()) return bad;
  return Number{.value = static_cast<int64_t>(code),
                .as_float = static_cast<double>(code),
                .text = std::string(quoted)};
}

uint32_t DecodeUtf8(std::string_view text, size_t& size) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  size = 1;
  const uint32_t lead = byte(0);
  if (lead < 0x80) return lead;
  const size_t want = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (want == 0 || lead >= 0xf5 || text.size() < want) return kReplacement;
  uint32_t code = lead & (0xffu >> (want + 1));
  for (size_t i = 1; i < want; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return kReplacement;
    code = (code << 6) | (byte(i) & 0x3f);
  }
  const bool overlong = (want == 3 && code < 0x800) || (want == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return kReplacement;
  size = want;
  return code;
}

}  // namespace belfry::tmpl
