// Values as text, the way Go's fmt package prints them.
// Source: package documentation of Go's fmt.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/template/value.h"

namespace belfry::tmpl {

// No text made by a template, nor any part of it, grows past this.
inline constexpr size_t kMaxOutputBytes = 1 << 20;

// %v: `1e+06`, `map[a:b]`, `<nil>`.
std::string Print(const Value& value);
// Blanks between operands where neither is a string.
std::string PrintAll(std::span<const Value> values);
// Blanks between all operands, a newline at the end.
std::string PrintLine(std::span<const Value> values);
// fmt.Sprintf: mistakes show in the text (`%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA int=1)`), they are no
// errors. Cut at kMaxOutputBytes + 1.
std::string PrintFormat(std::string_view format, std::span<const Value> values);

// Go's 'e', 'f' and 'g' forms; precision -1: the shortest digits that read back. `+Inf`, `-Inf`, `NaN`.
std::string FormatFloat(double value, char form, int precision);
// %q: a Go string literal.
std::string Quote(std::string_view text);
// `2015-06-23 13:19:44.128 +0000 UTC`.
std::string PrintTime(Instant t);
// `1h30m0s`, `1.5s`, `100ms`.
std::string PrintSpan(Duration d);

}  // namespace belfry::tmpl
