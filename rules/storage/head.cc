// A series is a run of sealed chunks and one that grows. Series are found by a hash of their labels when
// written, by posting lists when read. Ids grow and are never used twice, so posting lists stay sorted and a
// reading order never changes.
#include "rules/storage/head.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "rules/storage/label_index.h"
#include "rules/storage/selection.h"
#include "rules/storage/xor_chunk.h"

namespace belfry::storage {
namespace {

constexpr uint32_t kSamplesPerChunk = 120;

struct Series {
  model::Labels labels;
  std::vector<XorChunk> sealed;
  XorChunk open;

  int64_t last_ms() const { return open.last_ms(); }
  void Append(Sample sample) {
    if (open.count() == kSamplesPerChunk) {
      open.Seal();
      sealed.push_back(std::move(open));
      open = XorChunk();
    }
    open.Append(sample);
  }
  void Read(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const {
    for (const XorChunk& chunk : sealed) chunk.Read(from_ms, to_ms, out);
    open.Read(from_ms, to_ms, out);
  }
  // The newest sample of the window alone. The usual case, a window that ends now, decodes nothing.
  void ReadNewest(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const {
    if (open.count() > 0 && open.last_ms() <= to_ms) {
      if (open.last_ms() >= from_ms) out.push_back({open.last_ms(), open.last_value()});
      return;
    }
    const size_t first = out.size();
    Read(from_ms, to_ms, out);
    if (out.size() > first + 1) {
      out[first] = out.back();
      out.resize(first + 1);
    }
  }
  uint64_t label_bytes() const {
    uint64_t bytes = sizeof(Series);
    for (const model::Label& label : labels) bytes += sizeof(label) + label.name.size() + label.value.size();
    return bytes;
  }
};

void SortByName(std::vector<model::LabelView>& labels) {
  const auto less = [](const model::LabelView& a, const model::LabelView& b) { return a.name < b.name; };
  if (!std::is_sorted(labels.begin(), labels.end(), less)) std::sort(labels.begin(), labels.end(), less);
}

// Any good hash over sorted labels; it never leaves the head.
uint64_t HashOf(std::span<const model::LabelView> labels) {
  uint64_t hash = 0;
  for (const model::LabelView& label : labels) {
    const std::hash<std::string_view> text;
    hash = (hash ^ text(label.name)) * 0x9E3779B97F4A7C15ULL;
    hash = (hash ^ text(label.value)) * 0xC2B2AE3D27D4EB4FULL;
    hash ^= hash >> 32;
  }
  return hash;
}

bool Same(const model::Labels& labels, std::span<const model::LabelView> views) {
  return std::equal(labels.begin(), labels.end(), views.begin(), views.end(),
                    [](const model::Label& a, const model::LabelView& b) {
                      return a.name == b.name && a.value == b.value;
                    });
}

}  // namespace

struct Head::State {
  HeadOptions options;
  std::map<SeriesId, Series> series;
  std::unordered_multimap<uint64_t, SeriesId> by_hash;
  LabelIndex index;
  SeriesId next_id = 0;
  std::map<uint64_t, std::vector<SeriesId>> shown;  // by source: what its last snapshot had, ascending
  uint64_t out_of_order = 0;
  uint64_t evicted_by_size = 0;

  // `labels`: sorted by name, no empty values.
  std::pair<SeriesId, Series*> FindOrAdd(std::span<const model::LabelView> labels);
  std::pair<SeriesId, Series*> FindOrAdd(const model::Labels& labels);
  bool AppendTo(Series& series, Sample sample);
  void MarkVanished(const std::vector<SeriesId>& before, const std::vector<SeriesId>& now, int64_t time_ms);
  void DropChunksBefore(int64_t ms, uint64_t* dropped);
  int64_t CutToFit() const;
  void DropEmptySeries();
  uint64_t ChunkBytes() const;
  uint64_t LabelBytes() const;
};

std::pair<SeriesId, Series*> Head::State::FindOrAdd(std::span<const model::LabelView> labels) {
  const uint64_t hash = HashOf(labels);
  const auto [begin, end] = by_hash.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    Series& found = series.at(at->second);
    if (Same(found.labels, labels)) return {at->second, &found};
  }
  const SeriesId id = next_id++;
  Series& added = series[id];
  added.labels = model::Labels::Of({}, labels);
  by_hash.emplace(hash, id);
  index.Add(id, added.labels);
  return {id, &added};
}

std::pair<SeriesId, Series*> Head::State::FindOrAdd(const model::Labels& labels) {
  std::vector<model::LabelView> views;
  views.reserve(labels.size());
  for (const model::Label& label : labels) views.push_back({label.name, label.value});
  return FindOrAdd(std::span<const model::LabelView>(views));
}

bool Head::State::AppendTo(Series& series, Sample sample) {
  if (series.open.count() > 0 && sample.time_ms <= series.last_ms()) {
    const bool repeated =
        sample.time_ms == series.last_ms() &&
        std::bit_cast<uint64_t>(sample.value) == std::bit_cast<uint64_t>(series.open.last_value());
    if (!repeated) ++out_of_order;
    return repeated;
  }
  series.Append(sample);
  return true;
}

void Head::State::MarkVanished(const std::vector<SeriesId>& before, const std::vector<SeriesId>& now,
                               int64_t time_ms) {
  for (const SeriesId id : before) {
    if (std::binary_search(now.begin(), now.end(), id)) continue;
    const auto at = series.find(id);
    if (at != series.end()) AppendTo(at->second, {time_ms, StaleMarker()});
  }
}

void Head::State::DropChunksBefore(int64_t ms, uint64_t* dropped) {
  for (auto& [id, one] : series) {
    const auto old = [ms](const XorChunk& chunk) { return chunk.last_ms() < ms; };
    const auto keep = std::find_if_not(one.sealed.begin(), one.sealed.end(), old);
    *dropped += static_cast<uint64_t>(keep - one.sealed.begin());
    one.sealed.erase(one.sealed.begin(), keep);
    if (one.open.count() > 0 && old(one.open)) {
      one.open = XorChunk();
      ++*dropped;
    }
  }
}

// The time before which chunks must go so that the rest fits.
int64_t Head::State::CutToFit() const {
  uint64_t bytes = ChunkBytes() + LabelBytes() + index.bytes();
  if (bytes <= options.max_bytes) return INT64_MIN;
  std::vector<std::pair<int64_t, uint64_t>> chunks;  // end, size
  for (const auto& [id, one] : series) {
    for (const XorChunk& chunk : one.sealed) chunks.emplace_back(chunk.last_ms(), chunk.byte_size());
    if (one.open.count() > 0) chunks.emplace_back(one.open.last_ms(), one.open.byte_size());
  }
  std::sort(chunks.begin(), chunks.end());
  int64_t cut = INT64_MIN;
  for (const auto& [end, size] : chunks) {
    if (bytes <= options.max_bytes) break;
    bytes -= std::min(bytes, size);
    cut = end + 1;
  }
  return cut;
}

void Head::State::DropEmptySeries() {
  const auto empty = [this](SeriesId id) {
    const auto at = series.find(id);
    return at == series.end() || (at->second.sealed.empty() && at->second.open.count() == 0);
  };
  const bool any = std::any_of(series.begin(), series.end(), [&](const auto& e) { return empty(e.first); });
  if (!any) return;
  index.Remove(empty);
  std::erase_if(by_hash, [&](const auto& entry) { return empty(entry.second); });
  std::erase_if(series, [](const auto& e) { return e.second.sealed.empty() && e.second.open.count() == 0; });
}

uint64_t Head::State::ChunkBytes() const {
  uint64_t bytes = 0;
  for (const auto& [id, one] : series) {
    bytes += one.sealed.capacity() * sizeof(XorChunk) + one.open.byte_size();
    for (const XorChunk& chunk : one.sealed) bytes += chunk.byte_size();
  }
  return bytes;
}

uint64_t Head::State::LabelBytes() const {
  uint64_t bytes = 0;
  for (const auto& [id, one] : series) bytes += one.label_bytes();
  return bytes;
}

Head::Head(HeadOptions options) : state_(std::make_unique<State>()) { state_->options = options; }
Head::~Head() = default;

bool Head::Append(const model::Labels& labels, int64_t time_ms, double value) {
  return state_->AppendTo(*state_->FindOrAdd(labels).second, {time_ms, value});
}

SeriesId Head::Add(const model::Labels& labels) { return state_->FindOrAdd(labels).first; }

bool Head::Append(SeriesId series, int64_t time_ms, double value) {
  return state_->AppendTo(state_->series.at(series), {time_ms, value});
}

void Head::AppendSnapshot(uint64_t source, const model::Snapshot& snapshot, int64_t time_ms,
                          const KeepFilter& keep) {
  std::vector<SeriesId> now;
  std::vector<model::LabelView> views;
  const auto visit = [&](std::string_view name, model::LabelsView labels, double value) {
    if (!keep(name, labels)) return;
    views.assign(labels.begin(), labels.end());
    views.push_back({model::kMetricName, name});
    std::erase_if(views, [](const model::LabelView& label) { return label.value.empty(); });
    SortByName(views);
    const auto [id, series] = state_->FindOrAdd(views);
    now.push_back(id);
    state_->AppendTo(*series, {time_ms, value});
  };
  for (size_t i = 0; i < snapshot.families().size(); ++i) snapshot.Visit(i, visit);
  std::sort(now.begin(), now.end());
  std::vector<SeriesId>& before = state_->shown[source];
  state_->MarkVanished(before, now, time_ms);
  before = std::move(now);
}

void Head::Truncate(int64_t now_ms) {
  uint64_t by_age = 0;
  state_->DropChunksBefore(now_ms - ToMillis(state_->options.retention), &by_age);
  state_->DropEmptySeries();
  const int64_t cut = state_->CutToFit();
  if (cut == INT64_MIN) return;
  state_->DropChunksBefore(cut, &state_->evicted_by_size);
  state_->DropEmptySeries();
}

void Head::SetRetention(Duration retention) { state_->options.retention = retention; }
Duration Head::retention() const { return state_->options.retention; }

Result<SeriesSet> Head::Select(const SelectRequest& request) const {
  SeriesSet out;
  bool full = false;
  const auto offer = [&](const Series& series) {
    if (full || !MatchesAll(request.matchers, series.labels)) return;
    const size_t first = out.samples.size();
    if (request.newest_only) {
      series.ReadNewest(request.from_ms, request.to_ms, out.samples);
    } else {
      series.Read(request.from_ms, request.to_ms, out.samples);
    }
    if (out.samples.size() > request.max_samples) full = true;
    if (out.samples.size() > first)
      out.series.push_back({SeriesLabels::Borrow(series.labels), first, out.samples.size() - first});
  };
  if (const auto candidates = state_->index.Candidates(request.matchers)) {
    for (const SeriesId id : *candidates) offer(state_->series.at(id));
  } else {
    for (const auto& [id, series] : state_->series) offer(series);
  }
  if (full) return TooManySamples();
  return out;
}

HeadStats Head::stats() const {
  HeadStats stats;
  for (const auto& [id, series] : state_->series) {
    stats.chunks += series.sealed.size() + (series.open.count() > 0 ? 1 : 0);
    stats.samples += series.open.count();
    for (const XorChunk& chunk : series.sealed) stats.samples += chunk.count();
  }
  stats.series = state_->series.size();
  stats.chunk_bytes = state_->ChunkBytes();
  stats.bytes = stats.chunk_bytes + state_->LabelBytes() + state_->index.bytes();
  stats.out_of_order = state_->out_of_order;
  stats.evicted_by_size = state_->evicted_by_size;
  return stats;
}

}  // namespace belfry::storage
