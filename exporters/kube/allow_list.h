// Which labels and annotations of objects become labels of series.
#pragma once

#include <string>
#include <vector>

#include "agent/api/meta.h"
#include "exporters/model/labels.h"

namespace belfry::kube {

// Keys that are shown; each may hold one `*` that stands for any text. Empty: the family is off.
using AllowList = std::vector<std::string>;

// The allowed entries as labels `<prefix>_<key>`: other characters than letters and digits become `_`,
// camelCase becomes snake_case, all in lower case. Of keys that become one name each gets `_conflict1`,
// `_conflict2`, … in the order of keys. Source: kube-state-metrics 2.20.0.
std::vector<model::Label> MangledLabels(std::string_view prefix, const api::StringMap& entries,
                                        const AllowList& allowed);

}  // namespace belfry::kube
