#include "agent/controllers/job/indexes.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace belfry::controllers {
namespace {

std::optional<int32_t> ReadNumber(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

IndexSet IndexSet::Parse(std::string_view text, int32_t completions) {
  IndexSet set;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const size_t hyphen = part.find('-');
    const auto first = ReadNumber(part.substr(0, hyphen));
    const auto last = hyphen == part.npos ? first : ReadNumber(part.substr(hyphen + 1));
    if (!first || !last || *first > *last || *first >= completions) continue;
    set.AddRange(*first, std::min(*last, completions - 1));
  }
  return set;
}

std::string IndexSet::ToString() const {
  std::string text;
  for (const Interval& interval : intervals_) {
    if (!text.empty()) text += ',';
    text += std::to_string(interval.first);
    if (interval.last == interval.first) continue;
    text += interval.last == interval.first + 1 ? ',' : '-';
    text += std::to_string(interval.last);
  }
  return text;
}

void IndexSet::AddRange(int32_t first, int32_t last) {
  // The intervals that touch the new one melt into it.
  auto begin = std::ranges::lower_bound(intervals_, first - 1, {}, &Interval::last);
  auto end = begin;
  for (; end != intervals_.end() && end->first <= last + 1; ++end) {
    first = std::min(first, end->first);
    last = std::max(last, end->last);
    size_ -= end->last - end->first + 1;
  }
  size_ += last - first + 1;
  if (begin == end) {
    intervals_.insert(begin, {first, last});
  } else {
    *begin = {first, last};
    intervals_.erase(begin + 1, end);
  }
}

void IndexSet::AddAll(const IndexSet& other) {
  for (const Interval& interval : other.intervals_) AddRange(interval.first, interval.last);
}

bool IndexSet::Contains(int32_t index) const {
  const auto it = std::ranges::lower_bound(intervals_, index, {}, &Interval::last);
  return it != intervals_.end() && it->first <= index;
}

int64_t IndexSet::CountOf(const IndexSet& other) const {
  int64_t count = 0;
  auto mine = intervals_.begin();
  for (const Interval& theirs : other.intervals_) {
    while (mine != intervals_.end() && mine->last < theirs.first) ++mine;
    for (auto it = mine; it != intervals_.end() && it->first <= theirs.last; ++it) {
      count += std::min(it->last, theirs.last) - std::max(it->first, theirs.first) + 1;
    }
  }
  return count;
}

std::vector<int32_t> IndexSet::FirstMissing(int64_t count, int32_t limit) const {
  std::vector<int32_t> missing;
  int32_t next = 0;
  auto it = intervals_.begin();
  while (std::ssize(missing) < count) {
    if (it != intervals_.end() && it->first <= next) {
      next = it->last + 1;
      ++it;
      continue;
    }
    if (next >= limit) break;
    missing.push_back(next++);
  }
  return missing;
}

}  // namespace belfry::controllers
