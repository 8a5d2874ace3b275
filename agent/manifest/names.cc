#include "agent/manifest/names.h"

#include <algorithm>
#include <cstddef>

namespace belfry::manifest {
namespace {

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsAlphanumeric(char c) { return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z'); }

std::string TooLong(size_t most) { return "must be no more than " + std::to_string(most) + " bytes"; }

bool IsLabel(std::string_view text) {
  return !text.empty() && IsLowerOrDigit(text.front()) && IsLowerOrDigit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsSubdomain(std::string_view text) {
  for (;;) {
    const size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool IsName(std::string_view text) {
  return !text.empty() && IsAlphanumeric(text.front()) && IsAlphanumeric(text.back()) &&
         std::ranges::all_of(text,
                             [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr std::string_view kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with "
    "an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kNameText =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. "
    "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with "
    "an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kConfigKeyText =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
    "'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

}  // namespace

std::string CheckDnsLabel(std::string_view text) {
  if (text.size() > 63) return TooLong(63);
  return IsLabel(text) ? std::string() : std::string(kLabelText);
}

std::string CheckDnsSubdomain(std::string_view text) {
  if (text.size() > 253) return TooLong(253);
  return IsSubdomain(text) ? std::string() : std::string(kSubdomainText);
}

std::string CheckQualifiedName(std::string_view text) {
  std::string_view name = text;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (prefix.empty()) return "prefix part must be non-empty";
    if (const std::string wrong = CheckDnsSubdomain(prefix); !wrong.empty()) return "prefix part " + wrong;
    if (name.find('/') != std::string_view::npos) {
      return "a qualified name " + std::string(kNameText) +
             " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    }
  }
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > 63) return "name part " + TooLong(63);
  return IsName(name) ? std::string() : "name part " + std::string(kNameText);
}

std::string CheckLabelValue(std::string_view text) {
  if (text.size() > 63) return TooLong(63);
  return text.empty() || IsName(text) ? std::string() : std::string(kLabelValueText);
}

std::string CheckUrlPath(std::string_view text) {
  const bool good = !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsAlphanumeric(c) || std::string_view("/-._~%!$&'()*+,;=:").find(c) != std::string_view::npos;
  });
  return good ? std::string()
              : "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
}

std::string CheckConfigKey(std::string_view text) {
  if (text.size() > 253) return TooLong(253);
  const bool good = !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.';
  });
  if (!good) return std::string(kConfigKeyText);
  if (text == "." || text == "..") return "must not be '" + std::string(text) + "'";
  return text.starts_with("..") ? "must not start with '..'" : std::string();
}

std::string CheckEnvVarName(std::string_view text) {
  const bool good =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F && c != '='; });
  return good ? std::string()
              : "a valid environment variable name must consist only of printable ASCII characters other "
                "than '='";
}

}  // namespace belfry::manifest
