// Sets of completion indexes and their text form: `1,3-5,7`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::controllers {

// Kept as intervals: a hundred thousand indexes finished in order are one.
class IndexSet {
 public:
  // Reads the text form. Unreadable parts are skipped, indexes not below `completions` are cut off.
  static IndexSet Parse(std::string_view text, int32_t completions);

  // Ascending; runs of three or more as `a-b`, of two as `a,b`.
  std::string ToString() const;
  void Add(int32_t index) { AddRange(index, index); }
  void AddRange(int32_t first, int32_t last);
  void AddAll(const IndexSet& other);
  bool Contains(int32_t index) const;
  int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // How many of `other` are in here.
  int64_t CountOf(const IndexSet& other) const;
  // The lowest `count` numbers in [0, limit) that are not in here, ascending.
  std::vector<int32_t> FirstMissing(int64_t count, int32_t limit) const;

  bool operator==(const IndexSet&) const = default;

 private:
  struct Interval {
    int32_t first;
    int32_t last;
    bool operator==(const Interval&) const = default;
  };
  std::vector<Interval> intervals_;  // ascending, neither overlapping nor adjacent
  int64_t size_ = 0;
};

}  // namespace belfry::controllers
