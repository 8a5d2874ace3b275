// Instants and durations, and their text forms.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace belfry {

// Elapsed time. Units: nanoseconds.
using Duration = std::chrono::nanoseconds;
// A point of civil (wall-clock) time, UTC without leap seconds. Units: nanoseconds since 1970.
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-11-21T10:00:00Z, with as many fractional digits as needed up to nanoseconds.
std::string FormatRfc3339(Instant t);
// The same cut to whole seconds: the form of Kubernetes' metav1.Time.
std::string FormatRfc3339Seconds(Instant t);
// Reads RFC 3339 with `Z` or a numeric offset, fraction optional.
// Errors: kInvalid `"x" is not an RFC 3339 time such as 2026-01-31T08:00:00Z`.
Result<Instant> ParseRfc3339(std::string_view text);

// `90s`, `1h30m`, `1.5h`, `250ms`, `2d`, `1w`: numbers with units ns us ms s m h d w, as Go writes them plus
// days and weeks. `0` needs no unit. Errors: kInvalid, naming the text.
Result<Duration> ParseDuration(std::string_view text);
// Go's form without zero units: `1h30m`, `90s` → `1m30s`, `0s`.
std::string FormatDuration(Duration d);

inline Instant FromUnixSeconds(int64_t s) { return Instant(seconds(s)); }
inline int64_t ToUnixSeconds(Instant t) { return std::chrono::floor<seconds>(t).time_since_epoch().count(); }
// Seconds as a double, for metrics and PromQL.
inline double ToSeconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline double ToUnixSecondsF(Instant t) { return ToSeconds(t.time_since_epoch()); }
// Whole seconds, rounded down: what the Kubernetes API keeps of an instant.
inline Instant TruncateToSeconds(Instant t) { return Instant(std::chrono::floor<seconds>(t)); }

}  // namespace belfry
