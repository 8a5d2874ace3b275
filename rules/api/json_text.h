// JSON as text, for lists that are too long to be made as a tree first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporters/model/labels.h"

namespace belfry::rules_api {

// A string with its quotes; bytes that are no UTF-8 become U+FFFD.
void AppendString(std::string_view text, std::string& out);
// `{"job":"a"}`.
void AppendLabels(const model::Labels& labels, std::string& out);
// Seconds with at most three decimals, whole ones without a point.
void AppendTime(int64_t ms, std::string& out);
// `[1700000000.5,"1"]`.
void AppendPoint(int64_t ms, double value, std::string& out);

}  // namespace belfry::rules_api
