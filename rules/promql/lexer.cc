#include "rules/promql/lexer.h"

#include <array>
#include <optional>

#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

struct Keyword {
  std::string_view word;
  Tok kind;
  int value = 0;  // of BinaryOp or AggregateOp
};

constexpr Keyword Op(std::string_view word, BinaryOp op) {
  return {word, Tok::kOperator, static_cast<int>(op)};
}
constexpr Keyword Aggr(std::string_view word, AggregateOp op) {
  return {word, Tok::kAggregate, static_cast<int>(op)};
}

constexpr std::array kKeywords = {
    Op("and", BinaryOp::kAnd),
    Op("or", BinaryOp::kOr),
    Op("unless", BinaryOp::kUnless),
    Op("atan2", BinaryOp::kAtan2),
    Aggr("sum", AggregateOp::kSum),
    Aggr("avg", AggregateOp::kAvg),
    Aggr("count", AggregateOp::kCount),
    Aggr("min", AggregateOp::kMin),
    Aggr("max", AggregateOp::kMax),
    Aggr("group", AggregateOp::kGroup),
    Aggr("stddev", AggregateOp::kStddev),
    Aggr("stdvar", AggregateOp::kStdvar),
    Aggr("topk", AggregateOp::kTopk),
    Aggr("bottomk", AggregateOp::kBottomk),
    Aggr("count_values", AggregateOp::kCountValues),
    Aggr("quantile", AggregateOp::kQuantile),
    Aggr("limitk", AggregateOp::kLimitk),
    Aggr("limit_ratio", AggregateOp::kLimitRatio),
    Keyword{"offset", Tok::kOffset},
    Keyword{"by", Tok::kBy},
    Keyword{"without", Tok::kWithout},
    Keyword{"on", Tok::kOn},
    Keyword{"ignoring", Tok::kIgnoring},
    Keyword{"group_left", Tok::kGroupLeft},
    Keyword{"group_right", Tok::kGroupRight},
    Keyword{"bool", Tok::kBool},
    Keyword{"start", Tok::kStart},
    Keyword{"end", Tok::kEndWord},
    Keyword{"inf", Tok::kNumber},
    Keyword{"nan", Tok::kNumber},
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (tokens_.empty() || (tokens_.back().kind != Tok::kError && tokens_.back().kind != Tok::kEnd))
      Next();
    return std::move(tokens_);
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool AtEnd(size_t ahead = 0) const { return at_ + ahead >= text_.size(); }

  void Emit(Tok kind, size_t length) {
    tokens_.push_back({kind, {}, {}, Span(at_, at_ + length), std::string(text_.substr(at_, length))});
    at_ += length;
  }
  void EmitOp(BinaryOp op, size_t length) {
    Emit(Tok::kOperator, length);
    tokens_.back().op = op;
  }
  static Position Span(size_t begin, size_t end) {
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
  void Fail(std::string message) { FailFrom(at_, std::move(message)); }
  void FailFrom(size_t from, std::string message) {
    const size_t end = from < text_.size() ? from + CharacterAt(text_, from).length : from;
    tokens_.push_back({Tok::kError, {}, {}, Span(from, end), std::move(message)});
  }
  // The character at `at`, quoted for a message.
  std::string Shown(size_t at) const { return QuoteCharacter(text_, at); }

  void Next();
  void InStatement();
  bool Bracket(char c);
  bool SimpleOperator(char c);
  bool ComparisonOperator(char c);
  void InBraces();
  void Word();
  size_t ScanDurationWord() const;
  void LabelName();
  void NumberOrDuration();
  size_t ScanNumber() const;
  size_t ScanDuration() const;
  void String();
  std::optional<std::string> Escape(char quote);
  void RawString();

  std::string_view text_;
  size_t at_ = 0;
  int parens_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  bool got_colon_ = false;
  std::vector<Token> tokens_;
};

void Lexer::Next() {
  while (IsSpace(Peek())) ++at_;
  if (Peek() == '#') {
    while (!AtEnd() && Peek() != '\n' && Peek() != '\r') ++at_;
    return;
  }
  in_braces_ ? InBraces() : InStatement();
}

void Lexer::InStatement() {
  if (AtEnd()) {
    if (parens_ != 0) return Fail("unclosed left parenthesis");
    if (in_brackets_) return Fail("unexpected end of input in duration expression");
    return Emit(Tok::kEnd, 0);
  }
  const char c = Peek();
  if (c == ',') return Emit(Tok::kComma, 1);
  if (c == '@') return Emit(Tok::kAt, 1);
  if (c == '"' || c == '\'') return String();
  if (c == '`') return RawString();
  if (SimpleOperator(c) || ComparisonOperator(c) || Bracket(c)) return;
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration();
  if (IsAlpha(c) || c == ':') return Word();
  Fail("unexpected character: " + Shown(at_));
}

bool Lexer::SimpleOperator(char c) {
  switch (c) {
    case '*':
      EmitOp(BinaryOp::kMul, 1);
      return true;
    case '/':
      EmitOp(BinaryOp::kDiv, 1);
      return true;
    case '%':
      EmitOp(BinaryOp::kMod, 1);
      return true;
    case '+':
      EmitOp(BinaryOp::kAdd, 1);
      return true;
    case '-':
      EmitOp(BinaryOp::kSub, 1);
      return true;
    case '^':
      EmitOp(BinaryOp::kPow, 1);
      return true;
    default:
      return false;
  }
}

bool Lexer::ComparisonOperator(char c) {
  const bool equals = Peek(1) == '=';
  switch (c) {
    case '=':
      if (equals) return EmitOp(BinaryOp::kEqual, 2), true;
      if (Peek(1) == '~') return Fail("unexpected character after '=': '~'"), true;
      return Emit(Tok::kAssign, 1), true;
    case '!':
      if (!equals) return Fail("unexpected character after '!': " + Shown(at_ + 1)), true;
      return EmitOp(BinaryOp::kNotEqual, 2), true;
    case '<':
      return EmitOp(equals ? BinaryOp::kLessEqual : BinaryOp::kLess, equals ? 2 : 1), true;
    case '>':
      return EmitOp(equals ? BinaryOp::kGreaterEqual : BinaryOp::kGreater, equals ? 2 : 1), true;
    default:
      return false;
  }
}

bool Lexer::Bracket(char c) {
  switch (c) {
    case '(':
      ++parens_;
      return Emit(Tok::kLeftParen, 1), true;
    case ')':
      if (--parens_ < 0) return Fail("unexpected right parenthesis ')'"), true;
      return Emit(Tok::kRightParen, 1), true;
    case '{':
      in_braces_ = true;
      return Emit(Tok::kLeftBrace, 1), true;
    case '[':
      if (in_brackets_) return Fail("unexpected left bracket '['"), true;
      in_brackets_ = true;
      got_colon_ = false;
      return Emit(Tok::kLeftBracket, 1), true;
    case ']':
      if (!in_brackets_) return Fail("unexpected right bracket ']'"), true;
      in_brackets_ = false;
      return Emit(Tok::kRightBracket, 1), true;
    default:
      return false;
  }
}

void Lexer::InBraces() {
  if (AtEnd()) return Fail("unexpected end of input inside braces");
  const char c = Peek();
  if (IsAlpha(c)) return LabelName();
  if (c == ',') return Emit(Tok::kComma, 1);
  if (c == '"' || c == '\'') return String();
  if (c == '`') return RawString();
  if (c == '=') return Peek(1) == '~' ? Emit(Tok::kRegexMatch, 2) : Emit(Tok::kAssign, 1);
  if (c == '!') {
    if (Peek(1) == '~') return Emit(Tok::kRegexNotMatch, 2);
    if (Peek(1) == '=') return EmitOp(BinaryOp::kNotEqual, 2);
    return Fail("unexpected character after '!' inside braces: " + Shown(at_ + 1));
  }
  if (c == '{') return Fail("unexpected left brace '{'");
  if (c == '}') {
    in_braces_ = false;
    return Emit(Tok::kRightBrace, 1);
  }
  Fail("unexpected character inside braces: " + Shown(at_));
}

void Lexer::LabelName() {
  size_t length = 1;
  while (IsAlphaNumeric(Peek(length))) ++length;
  Emit(Tok::kIdentifier, length);
}

void Lexer::Word() {
  if (in_brackets_) {
    if (const size_t length = ScanDurationWord()) return Emit(Tok::kIdentifier, length);
    if (Peek() != ':') return Fail("unexpected character: " + Shown(at_) + ", expected ':'");
    if (got_colon_) return Fail("unexpected colon ':'");
    got_colon_ = true;
    return Emit(Tok::kColon, 1);
  }
  size_t length = 1;
  while (IsAlphaNumeric(Peek(length)) || Peek(length) == ':') ++length;
  const std::string_view word = text_.substr(at_, length);
  for (const Keyword& keyword : kKeywords) {
    if (!EqualsIgnoringCase(word, keyword.word)) continue;
    Emit(keyword.kind, length);
    if (keyword.kind == Tok::kOperator) tokens_.back().op = static_cast<BinaryOp>(keyword.value);
    if (keyword.kind == Tok::kAggregate) tokens_.back().aggregate = static_cast<AggregateOp>(keyword.value);
    return;
  }
  Emit(word.find(':') == std::string_view::npos ? Tok::kIdentifier : Tok::kMetricIdentifier, length);
}

// Lengths of what starts at `at_`; 0: it is not one.
size_t Lexer::ScanDurationWord() const {
  size_t length = 0;
  while (IsAlpha(Peek(length))) ++length;
  return IsDurationWord(text_.substr(at_, length)) ? length : 0;
}

size_t Lexer::ScanNumber() const {
  size_t i = 0;
  const bool hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
  if (hex) i = 2;
  const auto digit = [hex](char c) { return hex ? IsHexDigit(c) : IsDigit(c); };
  bool dot = false;
  bool exponent = false;
  for (;; ++i) {
    const char c = Peek(i);
    if (digit(c)) continue;
    if (c == '_' && !AtEnd(i + 1) && digit(Peek(i + 1)) && (i > 0)) continue;
    if (c == '.' && !hex && !dot && !exponent) {
      dot = true;
    } else if ((c == 'e' || c == 'E') && !hex && !exponent) {
      exponent = true;
      if (Peek(i + 1) == '+' || Peek(i + 1) == '-') ++i;
      if (!IsDigit(Peek(i + 1))) return 0;
    } else {
      break;
    }
  }
  return IsAlphaNumeric(Peek(i)) || Peek(i) == '.' ? 0 : i;
}

size_t Lexer::ScanDuration() const {
  size_t i = 0;
  do {
    const size_t digits = i;
    while (IsDigit(Peek(i))) ++i;
    if (i == digits) return 0;
    if (std::string_view("smhdwy").find(Peek(i)) == std::string_view::npos || AtEnd(i)) return 0;
    const bool minutes = Peek(i) == 'm';
    ++i;
    if (minutes && Peek(i) == 's') ++i;
  } while (IsDigit(Peek(i)));
  return IsAlphaNumeric(Peek(i)) ? 0 : i;
}

void Lexer::NumberOrDuration() {
  if (const size_t length = ScanNumber()) return Emit(Tok::kNumber, length);
  if (const size_t length = ScanDuration()) return Emit(Tok::kDuration, length);
  size_t length = 1;
  while (IsAlphaNumeric(Peek(length)) || Peek(length) == '.') ++length;
  Fail("bad number or duration syntax: " + Quote(text_.substr(at_, length)));
}

// The escape sequence at `at_` (a backslash); steps over it, or returns what is wrong.
std::optional<std::string> Lexer::Escape(char quote) {
  const char c = Peek(1);
  if (AtEnd(1)) return "escape sequence not terminated";
  if (std::string_view("abfnrtv\\").find(c) != std::string_view::npos || c == quote) {
    at_ += 2;
    return std::nullopt;
  }
  const bool octal = c >= '0' && c <= '7';
  const size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) return "unknown escape sequence " + QuoteCodePoint(text_, at_ + 1);
  const size_t first = octal ? 1 : 2;
  uint64_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (AtEnd(first + i)) return "escape sequence not terminated";
    const int digit = HexDigit(Peek(first + i));
    if (digit < 0 || digit >= (octal ? 8 : 16)) {
      return "illegal character " + QuoteCodePoint(text_, at_ + first + i) + " in escape sequence";
    }
    value = value * (octal ? 8 : 16) + static_cast<uint64_t>(digit);
  }
  const uint64_t limit = octal || c == 'x' ? 255 : 0x10FFFF;
  if (value > limit || (value >= 0xD800 && value < 0xE000)) {
    return "escape sequence is an invalid Unicode code point";
  }
  at_ += first + digits;
  return std::nullopt;
}

void Lexer::String() {
  const size_t start = at_;
  const char quote = Peek();
  for (++at_; Peek() != quote || AtEnd();) {
    if (AtEnd() || Peek() == '\n') return FailFrom(start, "unterminated quoted string");
    if (Peek() == '\\') {
      if (auto wrong = Escape(quote)) return FailFrom(start, *wrong);
      continue;
    }
    const Character c = CharacterAt(text_, at_);
    if (!c.valid) return FailFrom(start, "invalid UTF-8 rune");
    at_ += c.length;
  }
  const size_t length = at_ + 1 - start;
  at_ = start;
  Emit(Tok::kString, length);
}

void Lexer::RawString() {
  const size_t start = at_;
  for (++at_; Peek() != '`' || AtEnd();) {
    if (AtEnd()) return FailFrom(start, "unterminated raw string");
    const Character c = CharacterAt(text_, at_);
    if (!c.valid) return FailFrom(start, "invalid UTF-8 rune");
    at_ += c.length;
  }
  const size_t length = at_ + 1 - start;
  at_ = start;
  Emit(Tok::kString, length);
}

}  // namespace

std::vector<Token> Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace belfry::promql
