#include "rules/unittest/sample_loader.h"

#include <unordered_map>

#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/storage/sample.h"

namespace belfry::unittest {

SampleLoader::SampleLoader(const TestGroup& group, storage::Head& head)
    : head_(head),
      next_ms_(storage::ToMillis(group.start)),
      interval_ms_(storage::ToMillis(group.interval)) {}

Result<SampleLoader> SampleLoader::Make(const TestGroup& group, promql::Dialect dialect,
                                        storage::Head& head) {
  SampleLoader loader(group, head);
  loader.feeds_.reserve(group.series.size());
  std::unordered_map<storage::SeriesId, size_t> feed_of;
  for (const InputSeries& input : group.series) {
    const auto labels = promql::ParseMetric(input.series, {.dialect = dialect});
    if (!labels.ok()) {
      return Error{Code::kInvalid, std::to_string(input.position.line) + ":" +
                                       std::to_string(input.position.column) + ": series " +
                                       promql::Quote(input.series) + ": " + labels.error().message};
    }
    const Feed feed{head.Add(*labels), ValueCursor(input.values)};
    const auto [known, added] = feed_of.emplace(feed.series, loader.feeds_.size());
    if (added) {
      loader.feeds_.push_back(feed);
    } else {
      loader.feeds_[known->second] = feed;
    }
  }
  return loader;
}

void SampleLoader::LoadUntil(int64_t time_ms) {
  for (; next_ms_ <= time_ms && !feeds_.empty(); next_ms_ += interval_ms_) {
    bool ended = false;
    for (Feed& feed : feeds_) {
      if (feed.values.done()) {
        ended = true;
        continue;
      }
      if (feed.values.run().kind != ValueRun::Kind::kGap)
        head_.Append(feed.series, next_ms_, feed.values.value());
      feed.values.Next();
    }
    if (ended) std::erase_if(feeds_, [](const Feed& feed) { return feed.values.done(); });
  }
}

}  // namespace belfry::unittest
