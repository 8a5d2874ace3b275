#include "rules/storage/matcher.h"

#include <re2/re2.h>

namespace belfry::storage {
namespace {

constexpr int64_t kMaxProgramBytes = 1 << 20;

std::shared_ptr<const re2::RE2> Compile(const std::string& value, bool dot_all) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dot_all);
  options.set_max_mem(kMaxProgramBytes);
  return std::make_shared<re2::RE2>(value, options);
}

}  // namespace

std::string_view MatchOpText(MatchOp op) {
  switch (op) {
    case MatchOp::kEqual:
      return "=";
    case MatchOp::kNotEqual:
      return "!=";
    case MatchOp::kRegex:
      return "=~";
    case MatchOp::kNotRegex:
      return "!~";
  }
  return "";
}

Result<Matcher> Matcher::Make(std::string name, MatchOp op, std::string value, bool dot_all) {
  Matcher matcher(std::move(name), op, std::move(value));
  if (op == MatchOp::kRegex || op == MatchOp::kNotRegex) {
    auto regex = Compile(matcher.value_, dot_all);
    if (!regex->ok()) return Error{Code::kInvalid, "error parsing regexp: " + regex->error()};
    matcher.regex_ = std::move(regex);
  }
  return matcher;
}

Matcher Matcher::Equal(std::string name, std::string value) {
  return Matcher(std::move(name), MatchOp::kEqual, std::move(value));
}

bool Matcher::Matches(std::string_view value) const {
  switch (op_) {
    case MatchOp::kEqual:
      return value == value_;
    case MatchOp::kNotEqual:
      return value != value_;
    case MatchOp::kRegex:
      return re2::RE2::FullMatch({value.data(), value.size()}, *regex_);
    case MatchOp::kNotRegex:
      return !re2::RE2::FullMatch({value.data(), value.size()}, *regex_);
  }
  return false;
}

}  // namespace belfry::storage
