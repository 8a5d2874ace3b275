// spec.podFailurePolicy: what a failed pod means for its Job.
#pragma once

#include <string>

#include "agent/api/job.h"

namespace belfry::controllers {

enum class FailureAction { kCount, kIgnore, kFailIndex, kFailJob };

struct FailureMatch {
  FailureAction action = FailureAction::kCount;
  std::string message = {};  // of FailJob: what matched
  bool by_rule = false;      // some rule matched

  bool counted() const { return action != FailureAction::kIgnore; }
  bool operator==(const FailureMatch&) const = default;
};

// Rules in order, the first that matches; none: the failure counts. Only pods whose phase is Failed are
// judged. Containers before init containers; those that run or ended with 0 are skipped, so that NotIn never
// means success. Rules with an unknown action or operator are skipped, as is FailIndex without
// backoffLimitPerIndex.
FailureMatch MatchFailurePolicy(const api::JobSpec& spec, const api::Pod& pod);

}  // namespace belfry::controllers
