// Amounts of resources: `500m`, `1.5`, `2e3`, `128Mi`, `1G`.
// Source: kubernetes/apimachinery api/resource, as of 1.34.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/result.h"

namespace belfry::api {

// Units: thousand-millionths (n), rounded up; enough for every suffix there is.
using Quantity = __int128;

// Errors: kInvalid, naming the text; also for amounts beyond ±10^18 units.
Result<Quantity> ParseQuantity(std::string_view text);

// value ÷ divisor, rounded up, as the downward API gives it. Requires: divisor > 0.
int64_t DivideRoundingUp(Quantity value, Quantity divisor);

}  // namespace belfry::api
