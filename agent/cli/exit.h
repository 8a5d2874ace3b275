// How commands end: exit codes, and the last word on standard error.
#pragma once

#include "agent/base/result.h"

namespace belfry::cli {

inline constexpr int kNegativeResult = 1;  // a Job failed, the agent could not start
inline constexpr int kBadInput = 2;        // input or usage

// Prints `belfry: <message>` to standard error; returns `exit_code`.
int Fail(const Error& error, int exit_code);

}  // namespace belfry::cli
