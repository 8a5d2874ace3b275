// Label matchers: `name="value"`, `!=`, `=~`, `!~`.
// Source: Prometheus' selectors; regular expressions are RE2, anchored at both ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace re2 {
class RE2;
}

namespace belfry::storage {

enum class MatchOp { kEqual, kNotEqual, kRegex, kNotRegex };
std::string_view MatchOpText(MatchOp op);  // "=", "!=", "=~", "!~"

// A value; copies share the compiled expression. An absent label has the empty value. Thread: any.
class Matcher {
 public:
  // `dot_all`: `.` matches newline too (Prometheus 3; not in 2).
  // Errors: kInvalid, with RE2's reason; expressions whose program would grow past 1 MB are refused.
  static Result<Matcher> Make(std::string name, MatchOp op, std::string value, bool dot_all = true);
  static Matcher Equal(std::string name, std::string value);

  bool Matches(std::string_view value) const;
  bool MatchesEmpty() const { return Matches({}); }

  const std::string& name() const { return name_; }
  MatchOp op() const { return op_; }
  const std::string& value() const { return value_; }

  bool operator==(const Matcher& other) const {
    return name_ == other.name_ && op_ == other.op_ && value_ == other.value_;
  }

 private:
  Matcher(std::string name, MatchOp op, std::string value)
      : name_(std::move(name)), op_(op), value_(std::move(value)) {}

  std::string name_;
  MatchOp op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace belfry::storage
