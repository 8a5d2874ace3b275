// Texts such as "1,3-5,7": which indexes of an Indexed Job are meant. Source: pkg/apis/batch/validation,
// parseIndexes.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/result.h"

namespace belfry::manifest {

// How many indexes the text names. Errors: kInvalid in Kubernetes' words (`too large index: "7"` where it is
// ≥ completions, …).
Result<int32_t> CountIndexes(std::string_view text, int32_t completions);

}  // namespace belfry::manifest
