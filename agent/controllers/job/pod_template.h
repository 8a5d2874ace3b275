// The pods that a Job stamps from its template.
#pragma once

#include <optional>

#include "agent/api/job.h"

namespace belfry::controllers {

// A pod of `job`: labels, annotations, environment, hostname, mark and owner as the Job controller adds them;
// `index` for Indexed Jobs. `previous`: the failed pod of the same index that it replaces, for the counts of
// backoffLimitPerIndex. The name is generate_name plus five characters of the caller's.
// Source: kubernetes pkg/controller/job, as of 1.34.
api::Pod BuildPod(const api::Job& job, std::optional<int32_t> index, const api::Pod* previous);

// The labels that every pod of `job` has besides those of its template.
api::StringMap JobPodLabels(const api::Job& job);

}  // namespace belfry::controllers
