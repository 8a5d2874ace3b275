// Pages of test objects.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "exporters/kube/kube_rows.h"

namespace belfry::kube {

inline NextSchedule NeverDue(const api::CronJobSpec&, Instant) { return {true, std::nullopt}; }

template <class T>
store::Change Creation(T object) {
  auto pointer = std::make_shared<const T>(std::move(object));
  return {api::KeyOf(*pointer), std::nullopt, api::Object(pointer), 1};
}

template <class T>
store::Change Deletion(const T& object) {
  return {api::KeyOf(object), api::Object(std::make_shared<const T>(object)), std::nullopt, 2};
}

// The sample lines of one family, in order.
inline std::vector<std::string> LinesOf(KubeRows& rows, std::string_view sample_name) {
  const auto snapshot = rows.Take();
  std::string text;
  for (size_t family = 0; family < snapshot->families().size(); ++family) {
    snapshot->Render(family, model::TextFormat::kPrometheus, 0, std::string::npos, text);
  }
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.substr(0, line.find_first_of("{ ")) == sample_name) lines.push_back(line);
  }
  return lines;
}

}  // namespace belfry::kube
