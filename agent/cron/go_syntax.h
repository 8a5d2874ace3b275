// Numbers, durations and quotes as Go's standard library reads and writes them: what Kubernetes says about a
// schedule is written by Go, and people search the web for those texts. Source: strconv and time of Go 1.22.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::cron {

// `L "a"` → `"L \"a\""`: control characters, quotes and bytes that are no UTF-8 are escaped.
std::string GoQuote(std::string_view text);

// A decimal int64 with optional sign; leading zeros count for nothing.
// Errors: kInvalid `strconv.Atoi: parsing "x": invalid syntax` (or `value out of range`).
Result<int64_t> GoAtoi(std::string_view text);

// `1h30m`, `-1.5h`, `.5s`, `0`; units ns us µs ms s m h.
// Errors: kInvalid `time: invalid duration "x"`, `time: missing unit in duration "5"`, `time: unknown unit
// "d" in duration "1d"`.
Result<Duration> GoParseDuration(std::string_view text);

// Whether a white-space character (Unicode's) begins at `text[pos]`; `width` is its length in bytes.
bool GoIsSpace(std::string_view text, size_t pos, size_t& width);

}  // namespace belfry::cron
