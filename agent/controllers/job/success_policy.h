// spec.successPolicy: when some of the indexes are enough.
#pragma once

#include <optional>
#include <string>

#include "agent/api/job.h"
#include "agent/controllers/job/indexes.h"

namespace belfry::controllers {

// "Matched rules at index N" for the first rule that the completed indexes meet.
std::optional<std::string> MatchSuccessPolicy(const api::JobSpec& spec, const IndexSet& completed);

}  // namespace belfry::controllers
