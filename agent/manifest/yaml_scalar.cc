#include "agent/manifest/yaml_scalar.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace belfry::manifest {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool IsOneOf(std::string_view value, std::span<const std::string_view> words) {
  return std::ranges::find(words, value) != words.end();
}

bool IsNull(std::string_view value) {
  static constexpr std::string_view kWords[] = {"", "~", "null", "Null", "NULL"};
  return IsOneOf(value, kWords);
}

std::optional<bool> AsBool(std::string_view value) {
  static constexpr std::string_view kTrue[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                               "True", "TRUE", "on",  "On",  "ON"};
  static constexpr std::string_view kFalse[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                                "False", "FALSE", "off", "Off", "OFF"};
  if (IsOneOf(value, kTrue)) return true;
  if (IsOneOf(value, kFalse)) return false;
  return std::nullopt;
}

bool IsInfinityOrNan(std::string_view value) {
  static constexpr std::string_view kWords[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                                "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN"};
  return IsOneOf(value, kWords);
}

// The digits' base by their prefix, as Go's ParseInt with base 0: 0x, 0o, 0b, and 0 alone for octal.
int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char prefix = static_cast<char>(digits[1] | 0x20);
  const int base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

// The integer as decimal text.
std::optional<std::string> AsInteger(std::string_view plain) {
  const bool negative = plain.starts_with('-');
  if (negative || plain.starts_with('+')) plain.remove_prefix(1);
  if (plain.empty() || plain[0] < '0' || plain[0] > '9') return std::nullopt;
  const int base = TakeBase(plain);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value, base);
  if (error != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  constexpr uint64_t kMost = uint64_t{1} << 63;
  if (negative && value > kMost) return std::nullopt;
  return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool LooksLikeFloat(std::string_view text) {
  size_t pos = 0;
  const auto sign = [&] { pos += pos < text.size() && (text[pos] == '-' || text[pos] == '+') ? 1 : 0; };
  const auto digits = [&] {
    const size_t start = pos;
    while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9') ++pos;
    return pos - start;
  };
  sign();
  const size_t whole = digits();
  size_t fraction = 0;
  if (pos < text.size() && text[pos] == '.') {
    ++pos;
    fraction = digits();
  }
  if (whole + fraction == 0) return false;
  if (pos < text.size() && (text[pos] | 0x20) == 'e') {
    ++pos;
    sign();
    if (digits() == 0) return false;
  }
  return pos == text.size();
}

std::optional<std::string> AsFloat(std::string_view plain) {
  if (!LooksLikeFloat(plain)) return std::nullopt;
  if (plain.starts_with('+')) plain.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error != std::errc() || end != plain.data() + plain.size() || !std::isfinite(value))
    return std::nullopt;
  return fmt::format("{}", value);
}

bool MayBeNumber(std::string_view value) {
  return !value.empty() && value.find_first_of("0123456789") <= 2 && value.size() <= 400;
}

Resolved ResolvePlain(const std::string& value) {
  if (IsNull(value)) return {NodeType::kNull, "null"};
  if (const auto boolean = AsBool(value)) return {NodeType::kBool, *boolean ? "true" : "false"};
  if (!MayBeNumber(value)) return {NodeType::kString, value};
  std::string plain = value;
  std::erase(plain, '_');
  if (auto integer = AsInteger(plain)) return {NodeType::kInt, std::move(*integer)};
  if (auto number = AsFloat(plain)) return {NodeType::kFloat, std::move(*number)};
  return {NodeType::kString, value};
}

Result<Resolved> ResolveTagged(std::string_view type, const std::string& value) {
  if (type == "str" || type == "timestamp") return Resolved{NodeType::kString, value};
  if (type == "binary")
    return Error{Code::kUnsupported, "tag !!binary is not supported: write the base64 text as a string"};
  Resolved resolved = ResolvePlain(value);
  const bool number = resolved.type == NodeType::kInt || resolved.type == NodeType::kFloat;
  const bool fits = (type == "int" && resolved.type == NodeType::kInt) || (type == "float" && number) ||
                    (type == "bool" && resolved.type == NodeType::kBool) ||
                    (type == "null" && resolved.type == NodeType::kNull);
  if (fits) return resolved;
  return Error{Code::kInvalid, fmt::format("cannot read \"{}\" as !!{}", value.substr(0, 100), type)};
}

}  // namespace

Result<Resolved> ResolveScalar(std::string_view tag, const std::string& value) {
  if (tag == "!") return Resolved{NodeType::kString, value};
  if (tag.starts_with(kTagPrefix)) return ResolveTagged(tag.substr(kTagPrefix.size()), value);
  if (tag != "?" && !tag.empty()) {
    return Error{Code::kUnsupported, fmt::format("tag {} is not supported", tag.substr(0, 100))};
  }
  if (IsInfinityOrNan(value)) return Error{Code::kInvalid, value + " is no value of JSON"};
  return ResolvePlain(value);
}

Result<std::string> ResolveKey(std::string_view tag, const std::string& value) {
  ASSIGN_OR_RETURN(Resolved resolved, ResolveScalar(tag, value));
  if (resolved.type == NodeType::kNull) return Error{Code::kInvalid, "a key cannot be null"};
  return std::move(resolved.text);
}

}  // namespace belfry::manifest
