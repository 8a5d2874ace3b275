#include "rules/template/print.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "rules/template/constants.h"
#include "rules/template/time_format.h"

namespace belfry::tmpl {
namespace {

// Shortest digits in Go's 'g' form: an exponent below 1e-4 and from 1e+06 on.
std::string ShortestG(double value) {
  char buffer[64];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(scientific.ptr - buffer));
  const size_t e = text.find('e');
  int exponent = 0;
  const char* digits = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits, scientific.ptr, exponent);
  if (exponent < -4 || exponent >= 6) return std::string(text);
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return std::string(buffer, fixed.ptr);
}

std::string WithPrecision(double value, char form, int precision) {
  const auto format = form == 'e'   ? std::chars_format::scientific
                      : form == 'f' ? std::chars_format::fixed
                                    : std::chars_format::general;
  // 309 digits before the point and `precision` after it.
  std::string buffer(static_cast<size_t>(precision < 0 ? 32 : precision) + 400, '\0');
  char* end = buffer.data() + buffer.size();
  const auto done = precision < 0 ? std::to_chars(buffer.data(), end, value, format)
                                  : std::to_chars(buffer.data(), end, value, format, precision);
  buffer.resize(static_cast<size_t>(done.ptr - buffer.data()));
  return buffer;
}

std::string PrintList(const List& list) {
  std::string out = "[";
  for (const Value& item : list.items) {
    if (out.size() > 1) out += ' ';
    if (out.size() > kMaxOutputBytes) break;
    out += Print(item);
  }
  return out + "]";
}

std::string PrintMap(const Map& map) {
  std::string out = "map[";
  for (const auto& [name, value] : map.items) {
    if (out.size() > 4) out += ' ';
    if (out.size() > kMaxOutputBytes) break;
    out += name + ":" + Print(value);
  }
  return out + "]";
}

std::string PrintStruct(const Struct& s) {
  std::string out = "{";
  for (const auto& [name, value] : s.fields) {
    if (out.size() > 1) out += ' ';
    out += Print(value);
  }
  return out + "}";
}

}  // namespace

std::string FormatFloat(double value, char form, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (form == 'g' && precision < 0) return ShortestG(value);
  return WithPrecision(value, form, form == 'g' && precision == 0 ? 1 : precision);
}

std::string Print(const Value& value) {
  if (const auto* b = value.As<bool>()) return *b ? "true" : "false";
  if (const auto* i = value.As<int64_t>()) return std::to_string(*i);
  if (const auto* d = value.As<double>()) return FormatFloat(*d, 'g', -1);
  if (const auto* s = value.As<std::string>()) return *s;
  if (const auto* t = value.As<Instant>()) return PrintTime(*t);
  if (const auto* span = value.As<Duration>()) return PrintSpan(*span);
  if (const List* list = value.AsList()) return PrintList(*list);
  if (const Map* map = value.AsMap()) return PrintMap(*map);
  if (const Struct* s = value.AsStruct()) return PrintStruct(*s);
  return "<nil>";
}

std::string PrintAll(std::span<const Value> values) {
  std::string out;
  bool was_string = true;
  for (const Value& value : values) {
    const bool is_string = value.As<std::string>() != nullptr;
    if (!is_string && !was_string) out += ' ';
    out += Print(value);
    if (out.size() > kMaxOutputBytes) break;
    was_string = is_string;
  }
  return out;
}

std::string PrintLine(std::span<const Value> values) {
  std::string out;
  bool first = true;
  for (const Value& value : values) {
    if (!first) out += ' ';
    first = false;
    out += Print(value);
    if (out.size() > kMaxOutputBytes) break;
  }
  return out + "\n";
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kNames = "abfnrtv\\\"";
  while (!text.empty()) {
    size_t size = 0;
    const uint32_t code = DecodeUtf8(text, size);
    char escape[16];
    if (const size_t i = kBytes.find(text[0]); size == 1 && i != std::string_view::npos) {
      out += {'\\', kNames[i]};
    } else if (size == 1 && (code < 0x20 || code >= 0x7f)) {
      std::snprintf(escape, sizeof escape, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      out += escape;
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

std::string PrintTime(Instant t) { return FormatTime(t, "2006-01-02 15:04:05.999999999 -0700 MST"); }

std::string PrintSpan(Duration d) {
  if (d.count() == 0) return "0s";
  const std::string sign = d.count() < 0 ? "-" : "";
  const double nanos = std::abs(static_cast<double>(d.count()));
  if (nanos < 1e3) return sign + FormatFloat(nanos, 'f', -1) + "ns";
  if (nanos < 1e6) return sign + FormatFloat(nanos / 1e3, 'f', -1) + "µs";
  if (nanos < 1e9) return sign + FormatFloat(nanos / 1e6, 'f', -1) + "ms";
  const int64_t whole = std::abs(d.count());
  const int64_t minute = 60'000'000'000;
  std::string out = sign;
  if (whole >= 60 * minute) out += std::to_string(whole / (60 * minute)) + "h";
  if (whole >= minute) out += std::to_string(whole / minute % 60) + "m";
  return out + FormatFloat(static_cast<double>(whole % minute) / 1e9, 'f', -1) + "s";
}

}  // namespace belfry::tmpl
