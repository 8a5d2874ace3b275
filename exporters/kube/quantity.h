// Resource quantities as numbers.
// Source: kubernetes/apimachinery resource.Quantity.
#pragma once

#include <optional>
#include <string_view>

namespace belfry::kube {

// `500m` → 0.5, `1Gi` → 1073741824, `2e3` → 2000. nullopt for what is no quantity.
std::optional<double> ParseQuantity(std::string_view text);

}  // namespace belfry::kube
