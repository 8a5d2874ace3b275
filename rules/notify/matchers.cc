#include "rules/notify/matchers.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace belfry::notify {
namespace {

using storage::Matcher;
using storage::MatchOp;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class MatcherReader {
 public:
  explicit MatcherReader(std::string_view text) : text_(text), rest_(text) {}

  Result<std::vector<Matcher>> Read() {
    std::vector<Matcher> matchers;
    SkipSpace();
    const bool braces = Accept("{");
    SkipSpace();
    while (!rest_.empty() && !rest_.starts_with('}')) {
      ASSIGN_OR_RETURN(Matcher matcher, ReadOne());
      matchers.push_back(std::move(matcher));
      SkipSpace();
      if (!Accept(",")) break;
      SkipSpace();
    }
    if (braces && !Accept("}")) return Bad("the closing brace is missing");
    SkipSpace();
    if (!rest_.empty()) return Bad("unexpected text after a matcher: " + std::string(rest_));
    if (matchers.empty() && !braces) return Bad("it is empty");
    return matchers;
  }

 private:
  Error Bad(const std::string& why) const {
    return {Code::kInvalid, "matcher \"" + std::string(text_) + "\": " + why};
  }
  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
  }
  bool Accept(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Result<Matcher> ReadOne() {
    ASSIGN_OR_RETURN(std::string name, ReadText("=!~,{}"));
    if (name.empty()) return Bad("a label name is missing");
    SkipSpace();
    const std::optional<MatchOp> op = ReadOp();
    if (!op) return Bad("want one of = != =~ !~ after " + name);
    SkipSpace();
    ASSIGN_OR_RETURN(std::string value, ReadText(",}"));
    auto matcher = Matcher::Make(std::move(name), *op, std::move(value));
    if (!matcher.ok()) return Bad(matcher.error().message);
    return matcher;
  }

  std::optional<MatchOp> ReadOp() {
    for (const MatchOp op : {MatchOp::kRegex, MatchOp::kNotRegex, MatchOp::kNotEqual, MatchOp::kEqual}) {
      if (Accept(storage::MatchOpText(op))) return op;
    }
    return std::nullopt;
  }

  // Quoted text, or bare text up to one of `ends`, without space around it.
  Result<std::string> ReadText(std::string_view ends) {
    if (rest_.starts_with('"')) return ReadQuoted();
    const size_t end = std::min(rest_.find_first_of(ends), rest_.size());
    std::string_view bare = rest_.substr(0, end);
    rest_.remove_prefix(end);
    while (!bare.empty() && IsSpace(bare.back())) bare.remove_suffix(1);
    if (bare.find('"') != std::string_view::npos) return Bad("a quote inside of unquoted text");
    return std::string(bare);
  }

  Result<std::string> ReadQuoted() {
    std::string out;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return out;
      }
      const bool escape = rest_[i] == '\\' && i + 1 < rest_.size();
      if (!escape) {
        out += rest_[i];
      } else if (const char next = rest_[++i]; next == 'n') {
        out += '\n';
      } else if (next == '"' || next == '\\') {
        out += next;
      } else {
        out += {'\\', next};  // of a regular expression
      }
    }
    return Bad("the closing quote is missing");
  }

  std::string_view text_;
  std::string_view rest_;
};

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

}  // namespace

Result<std::vector<Matcher>> ParseMatchers(std::string_view text) { return MatcherReader(text).Read(); }

bool MatchesAll(std::span<const Matcher> matchers, const model::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels.Get(matcher.name())); });
}

std::string FormatMatchers(std::span<const Matcher> matchers) {
  std::vector<Matcher> sorted(matchers.begin(), matchers.end());
  std::sort(sorted.begin(), sorted.end(), [](const Matcher& a, const Matcher& b) {
    return std::tie(a.name(), a.value()) < std::tie(b.name(), b.value());
  });
  std::string out = "{";
  for (const Matcher& matcher : sorted) {
    if (out.size() > 1) out += ",";
    out += matcher.name() + std::string(storage::MatchOpText(matcher.op())) + Quoted(matcher.value());
  }
  return out + "}";
}

}  // namespace belfry::notify
