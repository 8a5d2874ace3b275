// Outcomes as values: Result<T> is a T or an Error.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "agent/base/check.h"

namespace belfry {

// What kind of failure; each code has one HTTP status, one Kubernetes reason and one exit code
// (docs/errors.md).
enum class Code {
  kInvalid,             // the input is wrong and stays wrong
  kNotFound,            // the thing does not exist
  kAlreadyExists,       // a thing of that name exists
  kConflict,            // the thing has changed since it was read
  kPermissionDenied,    // the system refuses this user
  kTooLarge,            // a documented limit is exceeded
  kFailedPrecondition,  // not in this state; may work later
  kUnavailable,         // the other side does not answer; worth a retry
  kResourceExhausted,   // no space, no memory, no descriptor
  kTimeout,
  kCancelled,
  kUnsupported,
  kInternal,
};

std::string_view CodeName(Code code);

struct Error {
  Code code = Code::kInternal;
  // What was attempted on which thing, then the cause: `open /x/y: Permission denied`.
  std::string message;

  bool operator==(const Error&) const = default;
};

// The same error with `what: ` before its message.
Error Annotate(Error error, std::string_view what);

// The error for the current value of errno (or `error_number`): `what: No such file or directory`.
Error ErrnoError(std::string_view what);
Error ErrnoError(std::string_view what, int error_number);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return CHECK(ok()), std::get<0>(state_); }
  const T& value() const& { return CHECK(ok()), std::get<0>(state_); }
  T&& value() && { return CHECK(ok()), std::move(std::get<0>(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return CHECK(!ok()), std::get<1>(state_); }
  Error&& error() && { return CHECK(!ok()), std::move(std::get<1>(state_)); }

  T value_or(T fallback) && { return ok() ? std::move(std::get<0>(state_)) : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit on purpose

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& { return CHECK(!ok_), error_; }
  Error&& error() && { return CHECK(!ok_), std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace belfry

#define BELFRY_CONCAT_(a, b) a##b
#define BELFRY_CONCAT(a, b) BELFRY_CONCAT_(a, b)

// Leaves the function with the error of `expr` (a Result) if it has one.
#define RETURN_IF_ERROR(expr)                                                    \
  do {                                                                           \
    if (auto result_ = (expr); !result_.ok()) return std::move(result_).error(); \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): declares or assigns the value, or leaves with the error.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_(BELFRY_CONCAT(result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_(name, lhs, expr)        \
  auto name = (expr);                             \
  if (!name.ok()) return std::move(name).error(); \
  lhs = std::move(name).value()
