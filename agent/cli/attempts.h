// What a person is told of failures and of waiting: which attempt it was, when the next one is, what is
// waited for.
#pragma once

#include <optional>
#include <string>

#include "agent/api/job.h"

namespace belfry::cli {

// "attempt 1 of 4 failed, next try in 9.0s": what `job` has come to since `before`; empty if no failure is
// new. Jobs with several pods count failures instead of attempts.
std::string FailureText(const api::Job& before, const api::Job& job, Instant now);
// The same for a failed pod of a Job that counts its failures index by index; empty for other Jobs.
std::string IndexFailureText(const api::Job& job, const api::Pod& pod, Instant now);
// "container main failed with exit code 1, restart 2 of at most 6 in 10s": a restart in place that `pod` has
// come to since `before` (null: it is new); empty if none is new.
std::string RestartText(const api::Job& job, const api::Pod* before, const api::Pod& pod);

// " (attempt 2 of 4)" for the pod that a Job with one completion is trying now; empty for the first, and for
// other Jobs.
std::string AttemptText(const api::Job& job);

// Why the Job will not go on by itself; empty if it will.
std::string Standstill(const api::JobSpec& spec);
// When the Job may try again, if it waits for that.
std::optional<Instant> NextTry(const api::Job& job, Instant now);

// "9.0s", "1m30s".
std::string ElapsedText(Duration d);

}  // namespace belfry::cli
