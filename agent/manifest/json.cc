#include "agent/manifest/json.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace belfry::manifest {
namespace {

void AppendUtf8(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

// ASCII that stands for itself in a string.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsFinite(std::string_view number) {
  double value = 0;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  // Too small is as good as zero; too large is nothing.
  return result.ec == std::errc() || std::strtod(std::string(number).c_str(), nullptr) < 1;
}

// Reads one text from front to back, feeding a NodeBuilder.
class JsonReader {
 public:
  JsonReader(std::string_view text, NodeBuilder& builder, TextPool& texts)
      : text_(text), builder_(builder), texts_(texts) {}

  // Skips white space; true at the end of the text.
  bool AtEnd() {
    SkipSpace();
    return pos_ == text_.size();
  }

  // One whole value. A loop, not a recursion: depth is the builder's to bound.
  bool Value() {
    do {
      if (!Item()) return false;
    } while (!builder_.AtRoot());
    return true;
  }

  bool Fail(const std::string& message) { return builder_.Refuse(Here(), "invalid JSON: " + message); }

 private:
  Position Here() const { return {line_, static_cast<uint32_t>(pos_ - line_start_ + 1)}; }
  char Peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  void SkipSpace() {
    for (; pos_ < text_.size(); ++pos_) {
      const char c = text_[pos_];
      if (c == '\n') {
        ++line_;
        line_start_ = pos_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  // Whatever comes next: the end of a container, or a member or element with what separates it.
  bool Item() {
    SkipSpace();
    if (!builder_.AtRoot()) {
      const bool map = builder_.InMap();
      if (Peek() == (map ? '}' : ']') && (fresh_ || !comma_)) return CloseHere();
      if (!fresh_ && !comma_) {
        if (Peek() != ',') return Unexpected(map ? "expected ',' or '}'" : "expected ',' or ']'");
        ++pos_;
        comma_ = true;
        return true;
      }
      if (map && !MemberKey()) return false;
    }
    fresh_ = comma_ = false;
    return Start();
  }

  bool CloseHere() {
    ++pos_;
    fresh_ = comma_ = false;
    return builder_.Close();
  }

  bool MemberKey() {
    const Position at = Here();
    std::string_view key;
    if (Peek() != '"') return Unexpected("expected a key in double quotes");
    if (!String(key)) return false;
    SkipSpace();
    if (Peek() != ':') return Unexpected("expected ':'");
    ++pos_;
    SkipSpace();
    return builder_.Key(key, at);
  }

  bool Start() {
    const Position at = Here();
    switch (Peek()) {
      case '{':
      case '[':
        fresh_ = true;
        return builder_.Open(text_[pos_++] == '{' ? NodeType::kMap : NodeType::kSequence, at);
      case '"': {
        std::string_view value;
        return String(value) && builder_.Scalar(NodeType::kString, value, at);
      }
      case 't':
        return Word("true", NodeType::kBool, at);
      case 'f':
        return Word("false", NodeType::kBool, at);
      case 'n':
        return Word("null", NodeType::kNull, at);
      default:
        return Number(at);
    }
  }

  bool Word(std::string_view word, NodeType type, Position at) {
    if (!text_.substr(pos_).starts_with(word)) return Unexpected("expected a value");
    pos_ += word.size();
    return builder_.Scalar(type, word, at);
  }

  bool Number(Position at) {
    const size_t start = pos_;
    bool whole = true;
    if (Peek() == '-') ++pos_;
    if (!IsDigit(Peek())) return Unexpected("expected a value");
    if (text_[pos_++] != '0') SkipDigits();
    if (Peek() == '.') {
      whole = false;
      ++pos_;
      if (!IsDigit(Peek())) return Unexpected("expected a digit");
      SkipDigits();
    }
    if (Peek() == 'e' || Peek() == 'E') {
      whole = false;
      ++pos_;
      if (Peek() == '+' || Peek() == '-') ++pos_;
      if (!IsDigit(Peek())) return Unexpected("expected a digit");
      SkipDigits();
    }
    const std::string_view number = text_.substr(start, pos_ - start);
    if ((!whole || number.size() > 300) && !IsFinite(number)) return Fail("number out of range");
    return builder_.Scalar(whole ? NodeType::kInt : NodeType::kFloat, number, at);
  }

  void SkipDigits() {
    while (IsDigit(Peek())) ++pos_;
  }

  bool String(std::string_view& out) {
    const size_t start = ++pos_;
    for (;; ++pos_) {
      while (pos_ < text_.size() && kPlain[static_cast<unsigned char>(text_[pos_])]) ++pos_;
      if (pos_ >= text_.size()) return Fail("the string does not end");
      const auto c = static_cast<unsigned char>(text_[pos_]);
      if (c == '"') {
        out = text_.substr(start, pos_++ - start);
        return true;
      }
      if (c == '\\') return EscapedString(start, out);
      if (!PlainCharacter(c)) return false;
    }
  }

  // Moves to the last byte of the character at pos_.
  bool PlainCharacter(unsigned char c) {
    if (c < 0x20) return Fail("a control character inside a string must be written as \\u00XX");
    if (c < 0x80) return true;
    const size_t length = Utf8Length(text_.substr(pos_, 4));
    if (length == 0) return Fail("not UTF-8");
    pos_ += length - 1;
    return true;
  }

  bool EscapedString(size_t start, std::string_view& out) {
    scratch_.assign(text_.substr(start, pos_ - start));
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (c == '"') {
        ++pos_;
        out = texts_.Add(scratch_);
        return true;
      }
      const size_t from = pos_;
      if (c == '\\') {
        if (!Escape()) return false;
        continue;
      }
      if (!PlainCharacter(static_cast<unsigned char>(c))) return false;
      scratch_.append(text_.substr(from, ++pos_ - from));
    }
    return Fail("the string does not end");
  }

  bool Escape() {
    static constexpr std::string_view kFrom = "\"\\/bfnrt";
    static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    ++pos_;
    const char c = Peek();
    if (c == 'u') return UnicodeEscape();
    const size_t found = c == '\0' ? std::string_view::npos : kFrom.find(c);
    if (found == std::string_view::npos) return Fail("unknown escape in a string");
    scratch_ += kTo[found];
    ++pos_;
    return true;
  }

  // At the `u`. A pair of surrogates is one character; half a pair is none.
  bool UnicodeEscape() {
    const auto first = Hex4();
    if (!first) return Fail("expected four hexadecimal digits after \\u");
    uint32_t c = *first;
    if (c >= 0xDC00 && c <= 0xDFFF) return Fail("a low surrogate without a high one");
    if (c >= 0xD800 && c <= 0xDBFF) {
      if (!text_.substr(pos_).starts_with("\\u")) return Fail("a high surrogate without a low one");
      ++pos_;
      const auto second = Hex4();
      if (!second || *second < 0xDC00 || *second > 0xDFFF) return Fail("a high surrogate without a low one");
      c = 0x10000 + ((c - 0xD800) << 10) + (*second - 0xDC00);
    }
    AppendUtf8(scratch_, c);
    return true;
  }

  std::optional<uint32_t> Hex4() {
    if (pos_ + 5 > text_.size()) return std::nullopt;
    uint32_t value = 0;
    const char* const first = text_.data() + pos_ + 1;
    const auto [end, error] = std::from_chars(first, first + 4, value, 16);
    if (error != std::errc() || end != first + 4) return std::nullopt;
    pos_ += 5;
    return value;
  }

  bool Unexpected(const std::string& expected) {
    if (pos_ >= text_.size()) return Fail(expected + ", found the end");
    const char c = text_[pos_];
    const bool printable = c >= 0x20 && c < 0x7F;
    return Fail(expected + (printable ? std::string(", found '") + c + "'" : std::string()));
  }

  std::string_view text_;
  NodeBuilder& builder_;
  TextPool& texts_;
  size_t pos_ = 0;
  size_t line_start_ = 0;
  uint32_t line_ = 1;
  bool fresh_ = false;  // right after an opening bracket
  bool comma_ = false;  // right after a comma
  std::string scratch_;
};

}  // namespace

std::vector<Document> ParseJson(std::string_view text, Problems& problems, bool several,
                                const NodeLimits& limits) {
  std::vector<Document> documents;
  NodeBuilder builder(limits);
  const auto texts = std::make_shared<TextPool>();
  JsonReader reader(text, builder, *texts);
  bool good = true;
  if (text.size() > limits.bytes) {
    good = builder.Refuse({}, "larger than " + std::to_string(limits.bytes >> 20) + " MiB");
  } else if (reader.AtEnd()) {
    good = several || reader.Fail("the text is empty");
  }
  while (good && !reader.AtEnd()) {
    if (!documents.empty() && !several) {
      good = reader.Fail("text after the value");
    } else if (documents.size() >= limits.documents) {
      good = reader.Fail("more than " + std::to_string(limits.documents) + " documents in one file");
    } else if ((good = reader.Value())) {
      documents.push_back({builder.TakeRoot(), texts});
    }
  }
  if (const Problem* failure = builder.failure()) {
    problems.Add({failure->line, failure->column}, {}, failure->message);
  }
  return documents;
}

}  // namespace belfry::manifest
