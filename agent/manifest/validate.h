// Whether an object makes sense: every error at once, in the API server's words.
// Source: kubernetes pkg/apis/{batch,core}/validation as of 1.34.
#pragma once

#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"
#include "agent/manifest/field_errors.h"

namespace belfry::manifest {

// Of an object that is to be created. Requires: defaults are applied. Cost: a named time zone is read from
// the host's database.
std::vector<FieldError> Validate(const api::Object& object);
// The same of a Job that nobody has written by hand; its defaults may be missing. Errors: kInvalid `Job.batch
// "x" is invalid: …`.
Result<void> AdmitJob(const api::Job& job);

// Of an object that is to replace `before`: Validate, and what may not be changed any more (`field is
// immutable`). Requires: the same key; of Jobs both have been completed (CompleteJob).
std::vector<FieldError> ValidateUpdate(const api::Object& before, const api::Object& after);

// All of them in one line: `E`, or `[E1, E2]`.
std::string Join(const std::vector<FieldError>& errors);

}  // namespace belfry::manifest
