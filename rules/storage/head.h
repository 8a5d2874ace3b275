// History in memory: series of compressed chunks with an index by label.
// Source: the Gorilla encoding (Pelkonen et al., VLDB 2015) as Prometheus' XOR chunks use it: 120 samples a
// chunk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "exporters/model/labels.h"
#include "exporters/model/source.h"
#include "rules/storage/label_index.h"
#include "rules/storage/queryable.h"

namespace belfry::storage {

struct HeadOptions {
  Duration retention = std::chrono::hours(2);
  uint64_t max_bytes = 200ULL << 20;  // of chunks and index, estimated; the oldest chunks go first
};

struct HeadStats {
  size_t series = 0;
  size_t chunks = 0;
  size_t samples = 0;
  uint64_t chunk_bytes = 0;
  uint64_t bytes = 0;            // chunks, labels and index, estimated
  uint64_t out_of_order = 0;     // appends refused because the series has a sample at that time or later
  uint64_t evicted_by_size = 0;  // chunks dropped before their time
};

// Decides from name and labels whether a series' history is kept.
using KeepFilter = std::function<bool(std::string_view name, model::LabelsView labels)>;

// Thread: one.
class Head : public Queryable {
 public:
  explicit Head(HeadOptions options = {});
  ~Head() override;

  // Adds a sample. False (and counted) if the series already has one at that time with another value, or a
  // later one.
  bool Append(const model::Labels& labels, int64_t time_ms, double value);
  // The same in two steps, for who appends to a series many times: its id is valid until Truncate drops it.
  SeriesId Add(const model::Labels& labels);
  bool Append(SeriesId series, int64_t time_ms, double value);
  // Adds the newest values of all kept series; series that the previous call for the same `source` had and
  // this one has not get a stale marker. `source`: any number that stays the same for the same origin.
  void AppendSnapshot(uint64_t source, const model::Snapshot& snapshot, int64_t time_ms,
                      const KeepFilter& keep);
  // Drops chunks that ended before now − retention, then the oldest beyond max_bytes, then series without
  // chunks.
  void Truncate(int64_t now_ms);
  // From the next Truncate on.
  void SetRetention(Duration retention);
  Duration retention() const;

  Result<SeriesSet> Select(const SelectRequest& request) const override;
  HeadStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace belfry::storage
