// Times laid out by an example, as Go's time package does it; always UTC.
// Source: Go's time package, Layout.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::tmpl {

class Value;

// `2006-01-02T15:04:05Z07:00`, `Jan _2 15:04`, `Monday`, … Text that is no element of a layout stays.
std::string FormatTime(Instant t, std::string_view layout);

// A time's parts by the names of Go's methods: Year, Month (its name), Day, Hour, Minute, Second, Nanosecond,
// YearDay, Weekday, Unix, UnixMilli, UnixNano, String, UTC. Errors: kNotFound.

Result<Value> TimeMethod(Instant t, std::string_view name);

}  // namespace belfry::tmpl
