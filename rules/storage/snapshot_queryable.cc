#include "rules/storage/snapshot_queryable.h"

#include <algorithm>
#include <set>

#include "rules/storage/selection.h"

namespace belfry::storage {
namespace {

// Whether a family may show samples called `name`: its own name or one with a suffix that the exposition
// formats add.
bool MayShow(const model::Family& family, std::string_view name) {
  if (!name.starts_with(family.name)) return false;
  const std::string_view suffix = name.substr(family.name.size());
  for (const std::string_view known : {"", "_total", "_bucket", "_sum", "_count", "_created", "_info"})
    if (suffix == known) return true;
  return false;
}

class Collector {
 public:
  Collector(const SelectRequest& request, int64_t taken_ms)
      : request_(request), taken_ms_(taken_ms), name_(RequiredName(request.matchers)) {
    for (const Matcher& matcher : request.matchers) {
      if (matcher.name() == model::kMetricName) continue;
      tests_.push_back(
          {matcher.name(), [&matcher](std::string_view value) { return matcher.Matches(value); }});
    }
  }

  void Add(const model::Snapshot& snapshot) {
    const auto families = snapshot.families();
    const auto placed = [&](model::SeriesPlace place, std::string_view name, double value) {
      if (WantsName(name)) Put(SeriesLabels::Borrow(snapshot, place), value);
    };
    const auto passing = [this](std::string_view name, model::LabelsView labels, double value) {
      if (MatchesAll(request_.matchers, name, labels)) Put(model::Labels::Of(name, labels), value);
    };
    for (size_t i = 0; i < families.size() && !full_; ++i) {
      if (!name_.empty() && !MayShow(families[i], name_)) continue;
      if (!snapshot.VisitPlaced(i, tests_, placed)) snapshot.Visit(i, passing);
    }
  }

  // From here on, label sets seen before are skipped.
  void NextSnapshot() { earlier_ = out_.series.size(); }

  Result<SeriesSet> Take() && {
    if (full_) return TooManySamples();
    return std::move(out_);
  }

 private:
  bool WantsName(std::string_view name) const {
    if (!name_.empty()) return name == name_;
    return std::ranges::all_of(request_.matchers, [name](const Matcher& matcher) {
      return matcher.name() != model::kMetricName || matcher.Matches(name);
    });
  }

  void Put(SeriesLabels labels, double value) {
    if (full_) return;
    if (out_.samples.size() >= request_.max_samples) {
      full_ = true;
      return;
    }
    if (earlier_ > 0 && IsKnown(labels)) return;
    if (out_.series.size() == out_.series.capacity()) {
      // In large steps: what is reserved and not used is never touched, what moves is.
      const size_t room = std::max<size_t>(512, 8 * out_.series.size());
      out_.series.reserve(room);
      out_.samples.reserve(room);
    }
    out_.series.push_back({std::move(labels), out_.samples.size(), 1});
    out_.samples.push_back({taken_ms_, value});
  }

  // Whether an earlier snapshot has shown these labels. Sources seldom share a metric, so the set is made
  // when one does.
  bool IsKnown(const model::Labels& labels) {
    for (; in_seen_ < earlier_; ++in_seen_) seen_.insert(out_.series[in_seen_].labels);
    return seen_.contains(labels);
  }

  const SelectRequest& request_;
  int64_t taken_ms_;
  std::string_view name_;
  std::vector<model::LabelTest> tests_;  // of labels other than the name
  std::set<model::Labels> seen_;
  size_t earlier_ = 0;  // series of the snapshots before this one
  size_t in_seen_ = 0;
  bool full_ = false;
  SeriesSet out_;
};

}  // namespace

SnapshotQueryable::SnapshotQueryable(std::vector<std::shared_ptr<const model::Snapshot>> snapshots,
                                     Instant taken)
    : snapshots_(std::move(snapshots)), taken_ms_(ToMillis(taken)) {}

Result<SeriesSet> SnapshotQueryable::Select(const SelectRequest& request) const {
  if (taken_ms_ < request.from_ms || taken_ms_ > request.to_ms) return SeriesSet{};
  Collector collector(request, taken_ms_);
  for (const auto& snapshot : snapshots_) {
    collector.Add(*snapshot);
    collector.NextSnapshot();
  }
  return std::move(collector).Take();
}

}  // namespace belfry::storage
