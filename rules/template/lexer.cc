#include "rules/template/lexer.h"

#include <cstdio>
#include <optional>

namespace belfry::tmpl {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool IsBlank(char c) { return kBlanks.find(c) != std::string_view::npos; }
// Bytes above ASCII count as letters: names may be in any script.
bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, SyntaxError> Run() {
    while (!error_ && pos_ < text_.size()) {
      LexText();
      if (!error_ && pos_ < text_.size()) LexAction();
    }
    if (error_) return *error_;
    Emit(TokenKind::kEof, text_.size(), text_.size());
    return std::move(tokens_);
  }

 private:
  std::string_view Rest() const { return text_.substr(pos_); }

  void Fail(std::string message) { error_ = SyntaxError{line_, std::move(message)}; }

  void Emit(TokenKind kind, size_t from, size_t to) {
    tokens_.push_back({kind, text_.substr(from, to - from), from, line_});
    for (size_t i = from; i < to; ++i) line_ += text_[i] == '\n' ? 1 : 0;
  }

  void Skip(size_t to) {
    for (; pos_ < to; ++pos_) line_ += text_[pos_] == '\n' ? 1 : 0;
  }

  // Text up to the next action; `{{- ` takes the blanks before it away.
  void LexText() {
    size_t open = text_.find("{{", pos_);
    if (open == std::string_view::npos) open = text_.size();
    size_t end = open;
    if (TrimsLeft(open)) {
      while (end > pos_ && IsBlank(text_[end - 1])) --end;
    }
    if (end > pos_) {
      Emit(TokenKind::kText, pos_, end);
      pos_ = end;
    }
    Skip(open);
  }

  bool TrimsLeft(size_t open) const {
    return open + 3 < text_.size() && text_[open + 2] == '-' && IsBlank(text_[open + 3]);
  }

  void LexAction() {
    const size_t open = pos_;
    Skip(pos_ + (TrimsLeft(open) ? 3 : 2));
    size_t comment = pos_;
    if (TrimsLeft(open)) comment = std::min(text_.find_first_not_of(kBlanks, pos_), text_.size());
    if (text_.substr(comment).starts_with("/*")) return LexComment(comment);
    Emit(TokenKind::kOpen, open, open + 2);
    parens_ = 0;
    while (!error_) {
      if (CloseAt(pos_)) break;
      LexInside();
    }
    if (error_) return;
    if (parens_ != 0) return Fail("unclosed left paren");
    LexClose();
  }

  // Whether `}}` or ` -}}` is here.
  bool CloseAt(size_t at) const {
    const std::string_view rest = text_.substr(at);
    return rest.starts_with("}}") ||
           (rest.size() >= 4 && IsBlank(rest[0]) && rest.substr(1).starts_with("-}}"));
  }

  void LexClose() {
    const bool trims = !Rest().starts_with("}}");
    const size_t close = pos_ + (trims ? 2 : 0);
    Skip(close);
    Emit(TokenKind::kClose, close, close + 2);
    pos_ = close + 2;
    if (trims) SkipBlanks();
  }

  void SkipBlanks() { Skip(std::min(text_.find_first_not_of(kBlanks, pos_), text_.size())); }

  void LexComment(size_t at) {
    const size_t end = text_.find("*/", at);
    if (end == std::string_view::npos) return Fail("unclosed comment");
    if (!CloseAt(end + 2)) return Fail("comment ends before closing delimiter");
    const bool trims = text_[end + 2] != '}';
    Skip(end + 2 + (trims ? 4 : 2));
    if (trims) SkipBlanks();
  }

  void LexInside() {
    if (pos_ >= text_.size()) return Fail("unclosed action");
    const char c = text_[pos_];
    if (IsBlank(c)) return LexSpace();
    if (c == '"') return LexQuoted('"', TokenKind::kString, "unterminated quoted string");
    if (c == '\'') return LexQuoted('\'', TokenKind::kChar, "unterminated character constant");
    if (c == '`') return LexRaw();
    if (c == '$') return LexName(TokenKind::kVariable);
    if (c == '.' && !(pos_ + 1 < text_.size() && IsDigit(text_[pos_ + 1]))) return LexFieldOrDot();
    if (c == '+' || c == '-' || c == '.' || IsDigit(c)) return LexNumber();
    if (IsWord(c)) return LexName(TokenKind::kIdentifier);
    LexPunctuation(c);
  }

  void LexSpace() {
    size_t end = pos_;
    while (end < text_.size() && IsBlank(text_[end])) {
      if (end > pos_ && CloseAt(end)) break;
      ++end;
    }
    Take(TokenKind::kSpace, end);
  }

  void Take(TokenKind kind, size_t end) {
    Emit(kind, pos_, end);
    pos_ = end;
  }

  void LexQuoted(char quote, TokenKind kind, const char* complaint) {
    for (size_t i = pos_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[i] == '\\') {
        ++i;
        if (i < text_.size() && text_[i] == '\n') break;
        continue;
      }
      if (text_[i] == quote) return Take(kind, i + 1);
    }
    Fail(complaint);
  }

  void LexRaw() {
    const size_t end = text_.find('`', pos_ + 1);
    if (end == std::string_view::npos) return Fail("unterminated raw quoted string");
    Take(TokenKind::kRawString, end + 1);
  }

  void LexName(TokenKind kind) {
    size_t end = pos_ + 1;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    if (AtTerminator(end)) Take(kind, end);
  }

  void LexFieldOrDot() {
    size_t end = pos_ + 1;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    if (AtTerminator(end)) Take(end == pos_ + 1 ? TokenKind::kDot : TokenKind::kField, end);
  }

  bool AtTerminator(size_t end) {
    const std::string_view rest = text_.substr(std::min(end, text_.size()));
    if (rest.empty() || IsBlank(rest[0]) || rest.starts_with("}}")) return true;
    if (std::string_view(".,|:()=").find(rest[0]) != std::string_view::npos) return true;
    Fail("bad character " + DescribeCharacter(rest));
    return false;
  }

  // Digits, signs, dots, exponents, prefixes: the parser judges them.
  void LexNumber() {
    size_t end = pos_ + 1;
    const auto sign_allowed = [&](size_t i) {
      const char before = static_cast<char>(text_[i - 1] | 0x20);
      return (text_[i] == '+' || text_[i] == '-') && (before == 'p' || (before == 'e' && !IsHex()));
    };
    while (end < text_.size() && (IsWord(text_[end]) || text_[end] == '.' || sign_allowed(end))) ++end;
    const std::string_view number = text_.substr(pos_, end - pos_);
    if (number == "+" || number == "-") return Fail("bad number syntax: \"" + std::string(number) + "\"");
    Take(TokenKind::kNumber, end);
  }

  bool IsHex() const {
    const std::string_view rest = text_.substr(std::min(text_.size(), pos_ + (IsDigit(text_[pos_]) ? 0 : 1)));
    return rest.starts_with("0x") || rest.starts_with("0X");
  }

  void LexPunctuation(char c) {
    if (Rest().starts_with(":=")) return Take(TokenKind::kDeclare, pos_ + 2);
    if (c == ':') return Fail("expected :=");
    if (c == '=') return Take(TokenKind::kAssign, pos_ + 1);
    if (c == '|') return Take(TokenKind::kPipe, pos_ + 1);
    if (c == ',') return Take(TokenKind::kComma, pos_ + 1);
    if (c == '(') {
      ++parens_;
      return Take(TokenKind::kLeftParen, pos_ + 1);
    }
    if (c != ')') return Fail("unrecognized character in action: " + DescribeCharacter(Rest()));
    if (parens_ == 0) return Fail("unexpected right paren");
    --parens_;
    Take(TokenKind::kRightParen, pos_ + 1);
  }

  std::string_view text_;
  size_t pos_ = 0;
  size_t line_ = 1;
  size_t parens_ = 0;
  std::vector<Token> tokens_;
  std::optional<SyntaxError> error_;
};

// The first code point; a byte that starts none stands for itself.
std::pair<uint32_t, size_t> FirstCodePoint(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (size == 1 || s.size() < size) return {lead, 1};
  uint32_t code = lead & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = (code << 6) | (static_cast<unsigned char>(s[i]) & 0x3fu);
  return {code, size};
}

}  // namespace

std::variant<std::vector<Token>, SyntaxError> Lex(std::string_view text) { return Lexer(text).Run(); }

std::string DescribeCharacter(std::string_view rest) {
  if (rest.empty()) return "end of input";
  const auto [code, size] = FirstCodePoint(rest);
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", code);
  if (code < 0x20 || code == 0x7f) return text;
  return std::string(text) + " '" + std::string(rest.substr(0, size)) + "'";
}

}  // namespace belfry::tmpl
