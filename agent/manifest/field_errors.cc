#include "agent/manifest/field_errors.h"

#include <fmt/core.h>

namespace belfry::manifest {

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

void FieldErrors::Required(std::string field, std::string_view detail) {
  Add(std::move(field), detail.empty() ? "Required value" : fmt::format("Required value: {}", detail));
}

void FieldErrors::Invalid(std::string field, std::string_view value, std::string_view detail) {
  InvalidRaw(std::move(field), Quote(value), detail);
}

void FieldErrors::Invalid(std::string field, int64_t value, std::string_view detail) {
  InvalidRaw(std::move(field), std::to_string(value), detail);
}

void FieldErrors::InvalidRaw(std::string field, std::string_view value, std::string_view detail) {
  Add(std::move(field), fmt::format("Invalid value: {}: {}", value, detail));
}

void FieldErrors::InvalidWithoutValue(std::string field, std::string_view detail) {
  Add(std::move(field), fmt::format("Invalid value: {}", detail));
}

void FieldErrors::Unsupported(std::string field, std::string_view value,
                              std::span<const std::string_view> supported) {
  UnsupportedRaw(std::move(field), Quote(value), supported);
}

void FieldErrors::UnsupportedRaw(std::string field, std::string_view value,
                                 std::span<const std::string_view> supported) {
  std::string list;
  for (const std::string_view each : supported) list += (list.empty() ? "" : ", ") + Quote(each);
  Add(std::move(field), fmt::format("Unsupported value: {}: supported values: {}", value, list));
}

void FieldErrors::Duplicate(std::string field, std::string_view value) {
  DuplicateRaw(std::move(field), Quote(value));
}

void FieldErrors::DuplicateRaw(std::string field, std::string_view value) {
  Add(std::move(field), fmt::format("Duplicate value: {}", value));
}

void FieldErrors::NotFound(std::string field, std::string_view value) {
  Add(std::move(field), fmt::format("Not found: {}", Quote(value)));
}

void FieldErrors::TooMany(std::string field, size_t count, size_t most) {
  Add(std::move(field), fmt::format("Too many: {}: must have at most {} items", count, most));
}

void FieldErrors::TooLong(std::string field, size_t most_bytes) {
  Add(std::move(field), fmt::format("Too long: may not be more than {} bytes", most_bytes));
}

void FieldErrors::Forbidden(std::string field, std::string_view detail) {
  Add(std::move(field), fmt::format("Forbidden: {}", detail));
}

std::string At(std::string_view list, size_t index) { return fmt::format("{}[{}]", list, index); }

std::string Dot(std::string_view parent, std::string_view child) {
  return parent.empty() ? std::string(child) : fmt::format("{}.{}", parent, child);
}

}  // namespace belfry::manifest
