// Text, regular expressions, host names and links.
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "rules/template/functions.h"
#include "rules/template/letter_case.h"
#include "rules/template/print.h"

namespace belfry::tmpl {
namespace {

using Args = std::span<const Value>;

Error Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }

const std::string& Text(const Value& value) { return *value.As<std::string>(); }

Result<Value> Title(const FunctionContext&, Args args) { return Value::String(ToTitle(Text(args[0]))); }
Result<Value> Upper(const FunctionContext&, Args args) { return Value::String(ToUpper(Text(args[0]))); }
Result<Value> Lower(const FunctionContext&, Args args) { return Value::String(ToLower(Text(args[0]))); }
Result<Value> SafeHtml(const FunctionContext&, Args args) { return args[0]; }

std::string_view Complaint(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression is too large";
    default:
      return "internal error";
  }
}

std::unique_ptr<RE2> Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<RE2>(pattern, options);
}

std::string DescribeError(const RE2& expression) {
  const std::string& arg = expression.error_arg().empty() ? expression.pattern() : expression.error_arg();
  return "error parsing regexp: " + std::string(Complaint(expression.error_code())) + ": `" + arg + "`";
}

Result<Value> Match(const FunctionContext&, Args args) {
  const auto expression = Compile(Text(args[0]));
  if (!expression->ok()) return Invalid(DescribeError(*expression));
  return Value::Bool(RE2::PartialMatch(Text(args[1]), *expression));
}

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The group a name or number stands for; unknown ones are empty text.
re2::StringPiece Group(const RE2& expression, std::string_view name,
                       std::span<const re2::StringPiece> groups) {
  size_t index = groups.size();
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos) {
    if (name.size() < 9) index = static_cast<size_t>(std::stoul(std::string(name)));
  } else {
    const auto& names = expression.NamedCapturingGroups();
    const auto found = names.find(std::string(name));
    if (found != names.end()) index = static_cast<size_t>(found->second);
  }
  return index < groups.size() ? groups[index] : re2::StringPiece();
}

// `$1`, `$name` (the longest name), `${name}`, `$$`. A dollar that starts none of them stays.
void ExpandReplacement(const RE2& expression, std::string_view text, std::span<const re2::StringPiece> groups,
                       std::string& out) {
  while (!text.empty()) {
    const size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) return;
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
      continue;
    }
    const bool braces = text.starts_with("${");
    const size_t begin = braces ? 2 : 1;
    size_t end = begin;
    while (end < text.size() && IsWord(text[end])) ++end;
    if (end == begin || (braces && (end >= text.size() || text[end] != '}'))) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const re2::StringPiece group = Group(expression, text.substr(begin, end - begin), groups);
    out.append(group.data() == nullptr ? "" : group.data(), group.size());
    text.remove_prefix(end + (braces ? 1 : 0));
  }
}

size_t CharacterSize(std::string_view text, size_t at) {
  size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80) ++size;
  return size;
}

// Every match from left to right; an empty match right after another match does not count.
std::string ReplaceAll(const RE2& expression, std::string_view replacement, const std::string& text) {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(expression.NumberOfCapturingGroups()) + 1);
  std::string out;
  size_t copied = 0;
  size_t search = 0;
  std::optional<size_t> last_end;
  while (search <= text.size() && out.size() <= kMaxOutputBytes) {
    if (!expression.Match(text, search, text.size(), RE2::UNANCHORED, groups.data(),
                          static_cast<int>(groups.size())))
      break;
    const size_t begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    if (end > begin || !last_end || *last_end != begin) {
      out.append(text, copied, begin - copied);
      ExpandReplacement(expression, replacement, groups, out);
      copied = end;
    }
    last_end = end;
    search = end > begin ? end : end + (end < text.size() ? CharacterSize(text, end) : 1);
  }
  return out + text.substr(copied);
}

// Patterns are full of backslashes: Go shows them in back quotes where it can.
std::string QuotePattern(const std::string& pattern) {
  const bool plain = std::none_of(pattern.begin(), pattern.end(), [](char c) {
    return c == '`' || c == 0x7f || (static_cast<unsigned char>(c) < 0x20 && c != '\t');
  });
  return plain ? "`" + pattern + "`" : Quote(pattern);
}

Result<Value> RegexReplaceAll(const FunctionContext&, Args args) {
  const auto expression = Compile(Text(args[0]));
  if (!expression->ok()) {
    return Invalid("regexp: Compile(" + QuotePattern(Text(args[0])) + "): " + DescribeError(*expression));
  }
  return Value::String(ReplaceAll(*expression, Text(args[1]), Text(args[2])));
}

struct HostPort {
  std::string host;
  std::string port;
};

// `host:port` and `[v6]:port`; nothing if there is no port or too many colons.
std::optional<HostPort> SplitHostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  if (host.find_first_of("[]") != std::string::npos) return std::nullopt;
  return HostPort{host, text.substr(colon + 1)};
}

bool IsAddress(const std::string& host) {
  if (host.find(':') != std::string::npos)
    return host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos;
  int dots = 0;
  int value = -1;
  for (const char c : host) {
    if (c == '.') {
      if (value < 0 || ++dots > 3) return false;
      value = -1;
    } else if (c < '0' || c > '9' || (value = std::max(value, 0) * 10 + (c - '0')) > 255) {
      return false;
    }
  }
  return dots == 3 && value >= 0;
}

Result<Value> StripPort(const FunctionContext&, Args args) {
  const auto split = SplitHostPort(Text(args[0]));
  return split ? Value::String(split->host) : args[0];
}

Result<Value> StripDomain(const FunctionContext&, Args args) {
  const auto split = SplitHostPort(Text(args[0]));
  const std::string host = split ? split->host : Text(args[0]);
  if (IsAddress(host)) return args[0];
  const std::string first = host.substr(0, host.find('.'));
  return Value::String(split && !split->port.empty() ? first + ":" + split->port : first);
}

std::string EscapeQuery(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsWord(c) || c == '-' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<Value> UrlQuery(const FunctionContext&, Args args) {
  return Value::String(EscapeQuery(PrintAll(args)));
}

Result<Value> UrlQueryEscape(const FunctionContext&, Args args) {
  return Value::String(EscapeQuery(Text(args[0])));
}

Result<Value> GraphLink(const FunctionContext&, Args args) {
  return Value::String("/graph?g0.expr=" + EscapeQuery(Text(args[0])) + "&g0.tab=0");
}

Result<Value> TableLink(const FunctionContext&, Args args) {
  return Value::String("/graph?g0.expr=" + EscapeQuery(Text(args[0])) + "&g0.tab=1");
}

Result<Value> ExternalUrl(const FunctionContext& context, Args) {
  return Value::String(std::string(context.external_url));
}

Result<Value> PathPrefix(const FunctionContext& context, Args) {
  std::string_view url = context.external_url;
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    url.remove_prefix(std::min(url.find_first_of("/?#"), url.size()));
  }
  return Value::String(std::string(url.substr(0, url.find_first_of("?#"))));
}

constexpr Builtin kFunctions[] = {
    {"externalURL", ExternalUrl, 0, false},
    {"graphLink", GraphLink, 1, false, {Param::kString}},
    {"match", Match, 2, false, {Param::kString, Param::kString}},
    {"pathPrefix", PathPrefix, 0, false},
    {"reReplaceAll", RegexReplaceAll, 3, false, {Param::kString, Param::kString, Param::kString}},
    {"safeHtml", SafeHtml, 1, false, {Param::kString}},
    {"stripDomain", StripDomain, 1, false, {Param::kString}},
    {"stripPort", StripPort, 1, false, {Param::kString}},
    {"tableLink", TableLink, 1, false, {Param::kString}},
    {"title", Title, 1, false, {Param::kString}},
    {"toLower", Lower, 1, false, {Param::kString}},
    {"toUpper", Upper, 1, false, {Param::kString}},
    {"urlQueryEscape", UrlQueryEscape, 1, false, {Param::kString}},
    {"urlquery", UrlQuery, 0, true},
};

}  // namespace

std::span<const Builtin> TextFunctions() { return kFunctions; }

}  // namespace belfry::tmpl
