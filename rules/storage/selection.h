// Shared by the sources: matching labels, filling a SeriesSet.
#pragma once

#include <span>
#include <string_view>

#include "exporters/model/labels.h"
#include "rules/storage/queryable.h"

namespace belfry::storage {

// Whether `name` (may be empty) and `labels` satisfy every matcher.
bool MatchesAll(std::span<const Matcher> matchers, std::string_view name, model::LabelsView labels);
bool MatchesAll(std::span<const Matcher> matchers, const model::Labels& labels);

// The value that `__name__` must have, or empty if the matchers leave it open.
std::string_view RequiredName(std::span<const Matcher> matchers);

// The error of a selection that holds more than it may.
Error TooManySamples();

}  // namespace belfry::storage
