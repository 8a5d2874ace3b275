// Which series carry a label: posting lists in ascending order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporters/model/labels.h"
#include "rules/storage/matcher.h"

namespace belfry::storage {

using SeriesId = uint32_t;

class LabelIndex {
 public:
  // Requires: ids are added in ascending order.
  void Add(SeriesId id, const model::Labels& labels);
  // Forgets every id for which `gone` holds.
  void Remove(const std::function<bool(SeriesId)>& gone);
  // The shortest list that holds every series the matchers can match; nullopt: any series can.
  std::optional<std::span<const SeriesId>> Candidates(std::span<const Matcher> matchers) const;
  uint64_t bytes() const { return bytes_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  using Values = std::unordered_map<std::string, std::vector<SeriesId>, Hash, std::equal_to<>>;

  std::unordered_map<std::string, Values, Hash, std::equal_to<>> names_;
  uint64_t bytes_ = 0;
};

}  // namespace belfry::storage
