#include "rules/storage/label_index.h"

namespace belfry::storage {
namespace {

constexpr uint64_t kNodeBytes = 64;  // a map's node around a short string, roughly

}  // namespace

void LabelIndex::Add(SeriesId id, const model::Labels& labels) {
  for (const model::Label& label : labels) {
    std::vector<SeriesId>& list = names_[label.name][label.value];
    if (list.empty()) bytes_ += kNodeBytes + label.value.size();
    list.push_back(id);
    bytes_ += sizeof(SeriesId);
  }
}

void LabelIndex::Remove(const std::function<bool(SeriesId)>& gone) {
  bytes_ = 0;
  for (auto& [name, values] : names_) {
    for (auto at = values.begin(); at != values.end();) {
      std::erase_if(at->second, gone);
      if (at->second.empty()) {
        at = values.erase(at);
        continue;
      }
      bytes_ += kNodeBytes + at->first.size() + at->second.size() * sizeof(SeriesId);
      ++at;
    }
  }
  std::erase_if(names_, [](const auto& entry) { return entry.second.empty(); });
}

std::optional<std::span<const SeriesId>> LabelIndex::Candidates(std::span<const Matcher> matchers) const {
  std::optional<std::span<const SeriesId>> best;
  for (const Matcher& matcher : matchers) {
    if (matcher.op() != MatchOp::kEqual || matcher.value().empty()) continue;
    const auto values = names_.find(matcher.name());
    if (values == names_.end()) return std::span<const SeriesId>();
    const auto list = values->second.find(matcher.value());
    if (list == values->second.end()) return std::span<const SeriesId>();
    if (!best || list->second.size() < best->size()) best = list->second;
  }
  return best;
}

}  // namespace belfry::storage
