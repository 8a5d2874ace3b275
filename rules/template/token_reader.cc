#include "rules/template/token_reader.h"

#include <algorithm>

#include "rules/template/parser.h"

namespace belfry::tmpl {
namespace {

// The text of a token in an error, as Go shows it.
std::string Describe(const Token& token) {
  if (token.kind == TokenKind::kEof) return "EOF";
  if (token.kind == TokenKind::kIdentifier && IsKeyword(token.text))
    return "<" + std::string(token.text) + ">";
  if (token.text.size() > 10) return "\"" + std::string(token.text.substr(0, 10)) + "\"...";
  return "\"" + std::string(token.text) + "\"";
}

}  // namespace

bool IsKeyword(std::string_view word) {
  static constexpr std::string_view kKeywords[] = {"block", "break", "continue", "define",   "else",
                                                   "end",   "if",    "range",    "template", "with"};
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

const Token& TokenReader::PeekWord() {
  while (Peek().kind == TokenKind::kSpace) Next();
  return Peek();
}

bool TokenReader::AtWord(std::string_view word) {
  return PeekWord().kind == TokenKind::kIdentifier && Peek().text == word;
}

Result<void> TokenReader::Expect(TokenKind kind, std::string_view context) {
  if (PeekWord().kind != kind) return Unexpected(Peek(), context);
  Next();
  return {};
}

Error TokenReader::FailAt(size_t line, const std::string& cause) const {
  return {Code::kInvalid, "template: " + name_ + ":" + std::to_string(line) + ": " + cause};
}

Error TokenReader::Unexpected(const Token& token, std::string_view context) const {
  return FailAt(token.line, "unexpected " + Describe(token) + " in " + std::string(context));
}

Error TokenReader::TooDeep() const {
  return Fail("nested more than " + std::to_string(kMaxNesting) + " levels deep");
}

bool TokenReader::Level::TooDeep() const { return reader_.depth_ > kMaxNesting; }

}  // namespace belfry::tmpl
