#include "rules/storage/merged_queryable.h"

#include <algorithm>
#include <unordered_map>

#include "rules/storage/selection.h"

namespace belfry::storage {
namespace {

// A series found in several parts: where its samples are.
struct Pieces {
  model::Labels labels;
  std::vector<std::span<const Sample>> runs;
};

void AppendMerged(const std::vector<std::span<const Sample>>& runs, bool newest_only,
                  std::vector<Sample>& out) {
  const size_t begin = out.size();
  for (const auto& run : runs) out.insert(out.end(), run.begin(), run.end());
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
  // Stable: of samples with one time that of the earlier part stays.
  std::stable_sort(first, out.end(), [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; });
  const auto same_time = [](const Sample& a, const Sample& b) { return a.time_ms == b.time_ms; };
  out.erase(std::unique(first, out.end(), same_time), out.end());
  if (newest_only) out.erase(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end() - 1);
}

SeriesSet Merge(const std::vector<SeriesSet>& sets, bool newest_only) {
  std::vector<Pieces> merged;
  std::unordered_multimap<uint64_t, size_t> by_hash;
  for (const SeriesSet& set : sets) {
    for (const SelectedSeries& series : set.series) {
      const model::Labels& labels = series.labels.Whole();
      const uint64_t hash = labels.Fingerprint();
      auto [at, end] = by_hash.equal_range(hash);
      while (at != end && merged[at->second].labels != labels) ++at;
      if (at == end) {
        by_hash.emplace(hash, merged.size());
        merged.push_back({labels, {set.SamplesOf(series)}});
      } else {
        merged[at->second].runs.push_back(set.SamplesOf(series));
      }
    }
  }
  SeriesSet out;
  for (Pieces& pieces : merged) {
    const size_t first = out.samples.size();
    AppendMerged(pieces.runs, newest_only, out.samples);
    out.series.push_back({std::move(pieces.labels), first, out.samples.size() - first});
  }
  return out;
}

}  // namespace

Result<SeriesSet> MergedQueryable::Select(const SelectRequest& request) const {
  std::vector<SeriesSet> found;
  size_t held = 0;
  for (const Queryable* part : parts_) {
    SelectRequest rest = request;
    rest.max_samples = request.max_samples - held;
    ASSIGN_OR_RETURN(SeriesSet set, part->Select(rest));
    held += set.samples.size();
    if (!set.series.empty()) found.push_back(std::move(set));
  }
  if (found.empty()) return SeriesSet{};
  if (found.size() == 1) return std::move(found.front());
  return Merge(found, request.newest_only);
}

}  // namespace belfry::storage
