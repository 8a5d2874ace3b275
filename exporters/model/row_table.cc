#include "exporters/model/row_table.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "agent/base/check.h"
#include "exporters/model/number.h"

namespace belfry::model {
namespace {

constexpr size_t kMaxPending = 4096;  // rows that are described at one go

}  // namespace

class RowTable::View : public Snapshot {
 public:
  View(std::shared_ptr<const std::vector<Family>> families,
       std::vector<std::shared_ptr<const RowChunk>> chunks)
      : families_(std::move(families)), chunks_(std::move(chunks)) {}

  std::span<const Family> families() const override { return *families_; }

  void Visit(size_t family, const SeriesVisitor& visit) const override {
    LabelBuffer buffer;
    VisitPlaced(family, {}, [&](SeriesPlace place, std::string_view name, double value) {
      chunks_[place.part]->Read(At(place), buffer);
      visit(name, buffer.labels, value);
    });
  }

  bool VisitPlaced(size_t family, std::span<const LabelTest> tests,
                   const PlacedVisitor& visit) const override {
    std::vector<const LabelTest*> open;  // those that the rows of a chunk do not pass or fail together
    for (size_t part = 0; part < chunks_.size(); ++part) {
      if (!MayPass(*chunks_[part], tests, open)) continue;
      VisitChunk({.family = static_cast<uint32_t>(family), .part = static_cast<uint32_t>(part)}, open, visit);
    }
    return true;
  }

  Labels LabelsAt(SeriesPlace place) const override {
    LabelBuffer buffer;
    const RowSeries& one = At(place);
    chunks_[place.part]->Read(one, buffer);
    return Labels::Of(SampleName(place.family, one), buffer.labels);
  }

  std::optional<std::string_view> LabelAt(SeriesPlace place, std::string_view name) const override {
    const RowChunk& chunk = *chunks_[place.part];
    const RowSeries& one = At(place);
    if (name == kMetricName) {
      return one.suffix == 0 ? std::optional<std::string_view>((*families_)[place.family].name)
                             : std::nullopt;
    }
    const std::optional<LabelSpan> span = chunk.Find(one, name);
    if (!span) return std::string_view();
    if (span->escaped) return std::nullopt;
    return chunk.RawValue(*span);
  }

  size_t Render(size_t family, TextFormat, size_t from, size_t soft_limit, std::string& out) const override {
    const std::string& name = (*families_)[family].name;
    for (size_t i = from; i < chunks_.size(); ++i) {
      if (out.size() > soft_limit && i > from) return i;
      for (const RowSeries& one : chunks_[i]->OfFamily(family)) RenderOne(name, *chunks_[i], one, out);
    }
    return 0;
  }

 private:
  static void RenderOne(const std::string& name, const RowChunk& chunk, const RowSeries& one,
                        std::string& out) {
    out += name;
    if (one.suffix != 0) out += SuffixText(static_cast<Suffix>(one.suffix));
    const std::string_view base = chunk.Base(one);
    if (!base.empty() || one.length > 0) {
      out += '{';
      out += base;
      if (one.length > 0) out += chunk.Extra(one);
      out += '}';
    }
    out += ' ';
    AppendNumber(one.value, out);
    out += '\n';
  }

  // False: no row passes. What is still to be asked of each row goes to `open`.
  static bool MayPass(const RowChunk& chunk, std::span<const LabelTest> tests,
                      std::vector<const LabelTest*>& open) {
    open.clear();
    for (const LabelTest& test : tests) {
      const std::optional<LabelSpan> common = chunk.FindCommon(test.name);
      if (!common) {
        open.push_back(&test);
      } else if (!test.passes(chunk.Value(*common))) {
        return false;
      }
    }
    return true;
  }

  static bool Passes(const RowChunk& chunk, const RowSeries& one, const LabelTest& test) {
    const std::optional<LabelSpan> span = chunk.Find(one, test.name);
    if (!span) return test.passes({});
    return span->escaped ? test.passes(chunk.Value(*span)) : test.passes(chunk.RawValue(*span));
  }

  void VisitChunk(SeriesPlace place, std::span<const LabelTest* const> tests,
                  const PlacedVisitor& visit) const {
    const RowChunk& chunk = *chunks_[place.part];
    const std::string& name = (*families_)[place.family].name;
    for (const RowSeries& one : chunk.OfFamily(place.family)) {
      const auto passes = [&](const LabelTest* test) { return Passes(chunk, one, *test); };
      if (std::ranges::all_of(tests, passes)) {
        if (one.suffix == 0) {
          visit(place, name, one.value);
        } else {
          visit(place, SampleName(place.family, one), one.value);
        }
      }
      ++place.index;
    }
  }

  const RowSeries& At(SeriesPlace place) const {
    return chunks_[place.part]->OfFamily(place.family)[place.index];
  }
  std::string SampleName(size_t family, const RowSeries& one) const {
    return (*families_)[family].name + std::string(SuffixText(static_cast<Suffix>(one.suffix)));
  }

  std::shared_ptr<const std::vector<Family>> families_;
  std::vector<std::shared_ptr<const RowChunk>> chunks_;
};

RowTable::RowTable(std::vector<Family> families)
    : families_(std::make_shared<const std::vector<Family>>(std::move(families))) {
  CHECK(families_->size() <= UINT8_MAX);
}

void RowTable::Set(const std::string& id, Describe describe, const std::string& group) {
  const auto [at, added] = slots_.try_emplace(id, 0);
  if (added) at->second = places_.Take(group);
  pending_[at->second] = std::move(describe);
  if (pending_.size() >= kMaxPending) Settle();
}

void RowTable::Remove(const std::string& id) {
  const auto at = slots_.find(id);
  if (at == slots_.end()) return;
  pending_[at->second] = nullptr;
  places_.GiveBack(at->second);
  slots_.erase(at);
}

void RowTable::Settle() {
  chunks_.resize(places_.chunks());
  for (auto at = pending_.begin(); at != pending_.end();) {
    const uint32_t index = at->first / kRowsPerChunk;
    const uint32_t first = index * kRowsPerChunk;
    chunks_[index] = RowChunk::Rebuild(chunks_[index].get(), pending_, first, families_->size());
    at = pending_.lower_bound(first + kRowsPerChunk);
  }
  pending_.clear();
}

std::shared_ptr<const Snapshot> RowTable::Take() {
  Settle();
  return std::make_shared<View>(families_, chunks_);
}

}  // namespace belfry::model
