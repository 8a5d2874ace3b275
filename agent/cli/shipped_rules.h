// The rule file that belongs to the binary.
#pragma once

#include <string_view>

namespace belfry::cli {

// rules/alerts/batch-outcomes.yaml, as it was when this was built.
std::string_view ShippedRules();

}  // namespace belfry::cli
