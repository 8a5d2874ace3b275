// The tokens of a template with a place among them, and errors about that place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "rules/template/lexer.h"

namespace belfry::tmpl {

bool IsKeyword(std::string_view word);

class TokenReader {
 public:
  TokenReader(std::vector<Token> tokens, const std::string& name) : tokens_(std::move(tokens)), name_(name) {}

  const Token& Peek() const { return tokens_[next_]; }
  const Token& Next() { return next_ + 1 < tokens_.size() ? tokens_[next_++] : tokens_[next_]; }
  // The next token that is no blank.
  const Token& PeekWord();
  bool AtWord(std::string_view word);
  Result<void> Expect(TokenKind kind, std::string_view context);

  size_t Mark() const { return next_; }
  void Return(size_t mark) { next_ = mark; }

  // `template: NAME:LINE: cause`.
  Error Fail(const std::string& cause) const { return FailAt(Peek().line, cause); }
  Error FailAt(size_t line, const std::string& cause) const;
  Error Unexpected(const Token& token, std::string_view context) const;
  Error TooDeep() const;

  // A guard against nesting bombs: one level deeper while it lives.
  class Level {
   public:
    explicit Level(TokenReader& reader) : reader_(reader) { ++reader_.depth_; }
    ~Level() { --reader_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool TooDeep() const;

   private:
    TokenReader& reader_;
  };

 private:
  std::vector<Token> tokens_;
  const std::string& name_;
  size_t next_ = 0;
  int depth_ = 0;
};

}  // namespace belfry::tmpl
