// Errors of fields in the API server's words. Source: apimachinery pkg/util/validation/field/errors.go.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::manifest {

struct FieldError {
  std::string field;
  std::string message;  // `Invalid value: -1: must be greater than or equal to 0`

  std::string ToString() const { return field + ": " + message; }
  bool operator==(const FieldError&) const = default;
};

// As Go quotes a string.
std::string Quote(std::string_view text);

// Collects. A value is given as text (then quoted), a number, or Raw for what is bare.
class FieldErrors {
 public:
  void Required(std::string field, std::string_view detail = {});
  void Invalid(std::string field, std::string_view value, std::string_view detail);
  void Invalid(std::string field, int64_t value, std::string_view detail);
  void InvalidRaw(std::string field, std::string_view value, std::string_view detail);
  // Where the value is too much to be shown.
  void InvalidWithoutValue(std::string field, std::string_view detail);
  void Unsupported(std::string field, std::string_view value, std::span<const std::string_view> supported);
  void UnsupportedRaw(std::string field, std::string_view value, std::span<const std::string_view> supported);
  void Duplicate(std::string field, std::string_view value);
  void DuplicateRaw(std::string field, std::string_view value);
  void NotFound(std::string field, std::string_view value);
  void TooMany(std::string field, size_t count, size_t most);
  void TooLong(std::string field, size_t most_bytes);
  void Forbidden(std::string field, std::string_view detail);

  // `must be greater than or equal to 0` for a negative value; absent is fine.
  template <class T>
  void NonNegative(std::string field, const T& value) {
    if (value && *value < 0) Invalid(std::move(field), int64_t{*value}, "must be greater than or equal to 0");
  }

  size_t size() const { return list_.size(); }
  std::vector<FieldError> Take() { return std::move(list_); }

 private:
  void Add(std::string field, std::string message) {
    list_.push_back({std::move(field), std::move(message)});
  }

  std::vector<FieldError> list_;
};

// `containers` and 2 → `containers[2]`.
std::string At(std::string_view list, size_t index);
// `spec` and `name` → `spec.name`.
std::string Dot(std::string_view parent, std::string_view child);

}  // namespace belfry::manifest
