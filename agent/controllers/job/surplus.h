// Which of a Job's active pods go when it has too many.
#pragma once

#include <vector>

#include "agent/api/job.h"
#include "agent/api/object.h"
#include "agent/controllers/job/indexes.h"

namespace belfry::controllers {

// At least `at_least` of `active`, in the order in which they should go. Indexed: pods without a valid index,
// pods whose index is `decided` (completed or failed), and all but the furthest-along pod of an index, go
// even if nothing must.
// Source: kubernetes pkg/controller ActivePodsWithRanks and job/indexed_job_utils, as of 1.34.
std::vector<api::Ptr<api::Pod>> SurplusPods(const api::JobSpec& spec, std::vector<api::Ptr<api::Pod>> active,
                                            int64_t at_least, const IndexSet& decided = {});

}  // namespace belfry::controllers
