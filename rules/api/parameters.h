// Times and steps as requests bring them.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/http/message.h"

namespace belfry::rules_api {

// Unix seconds with fraction, or RFC 3339. Errors: kInvalid `cannot parse "x" to a valid timestamp`.
Result<Instant> ParseTime(std::string_view text);

// The time under `name`, or `fallback` where there is none.
Result<Instant> TimeOr(const http::Request& request, std::string_view name, Instant fallback);

// Seconds as a number, or a Prometheus duration. Errors: kInvalid `cannot parse "x" to a valid duration`.
Result<Duration> ParseStep(std::string_view text);

// A whole number. Errors: kInvalid, in the words of Go's function `reader`.
Result<int64_t> ParseInteger(std::string_view text, std::string_view reader = "Atoi");

// A count of things to answer with at most; 0 and no text: all. Errors: kInvalid.
Result<size_t> ParseLimit(std::string_view text);

}  // namespace belfry::rules_api
