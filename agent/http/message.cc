#include "agent/http/message.h"

#include <algorithm>
#include <charconv>

namespace belfry::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsUnreserved(char c) {
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

void AppendFormValues(std::string_view form, std::string_view name, std::vector<std::string>& out) {
  while (!form.empty()) {
    const size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (PercentDecode(pair.substr(0, equals), true) != name) continue;
    out.push_back(PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
}

bool IsForm(const Headers& headers) {
  const std::string_view type = Find(headers, "Content-Type");
  const std::string_view form = "application/x-www-form-urlencoded";
  if (type.size() < form.size()) return false;
  const HeaderLess less;
  const std::string_view head = type.substr(0, form.size());
  return !less(head, form) && !less(form, head);
}

// Host and port of `host`, `host:port`, `[v6]` and `[v6]:port`; false if it is none of them.
bool SplitAuthority(std::string_view authority, Url& url) {
  size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    url.host = authority.substr(1, close - 1);
    colon = close + 1 == authority.size() ? std::string_view::npos : close + 1;
    if (colon != std::string_view::npos && authority[colon] != ':') return false;
  } else {
    url.host = authority.substr(0, colon);
  }
  if (url.host.empty()) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view port = authority.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return error == std::errc() && end == port.data() + port.size() && url.port != 0;
}

}  // namespace

bool HeaderLess::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return Lower(x) < Lower(y); });
}

std::string_view Find(const Headers& headers, std::string_view name) {
  const auto it = headers.lower_bound(name);
  return it != headers.end() && !HeaderLess()(name, it->first) ? std::string_view(it->second)
                                                               : std::string_view();
}

std::vector<std::string> Request::QueryValues(std::string_view name) const {
  std::vector<std::string> values;
  if (method == "POST" && IsForm(headers)) AppendFormValues(body, name, values);
  AppendFormValues(query, name, values);
  return values;
}

std::optional<std::string> Request::QueryValue(std::string_view name) const {
  std::vector<std::string> values = QueryValues(name);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

Response TextResponse(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

Response JsonResponse(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::optional<Url> ParseUrl(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Url url;
  for (const char c : text.substr(0, colon)) url.scheme += Lower(c);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  url.port = url.scheme == "http" ? 80 : 443;
  text.remove_prefix(colon + 3);
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; })) {
    return std::nullopt;
  }
  const size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  authority.remove_prefix(authority.rfind('@') + 1);  // user and password, if any; npos + 1 is 0
  if (!SplitAuthority(authority, url)) return std::nullopt;
  std::string_view target = text.substr(end);
  target = target.substr(0, target.find('#'));
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace belfry::http
