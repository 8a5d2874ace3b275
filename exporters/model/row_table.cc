#include "exporters/model/row_table.h"

#include <algorithm>
#include <deque>
#include <span>
#include <tuple>

#include "agent/base/check.h"
#include "exporters/model/number.h"
#include "exporters/model/text.h"

namespace belfry::model {

constexpr size_t kRowsPerChunk = 128;
constexpr size_t kMaxPending = 4096;           // rows that are described at one go
constexpr size_t kMaxRowText = (1 << 24) - 1;  // what RowSeries::offset can say

std::string_view SuffixText(Suffix suffix) {
  switch (suffix) {
    case Suffix::kNone:
      return "";
    case Suffix::kTotal:
      return "_total";
    case Suffix::kBucket:
      return "_bucket";
    case Suffix::kSum:
      return "_sum";
    case Suffix::kCount:
      return "_count";
    case Suffix::kInfo:
      return "_info";
  }
  return "";
}

namespace {

// Cuts `out` to the part behind `from` that the limit allows, between characters and never within an escape.
void CutValue(size_t from, std::string& out) {
  size_t end = from + kMaxLabelValue;
  while (end > from && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  size_t backslashes = 0;
  while (end - backslashes > from && out[end - backslashes - 1] == '\\') ++backslashes;
  out.resize(end - backslashes % 2);
}

void AppendCutLabels(LabelsView labels, bool comma_first, std::string& out) {
  for (const auto& [name, value] : labels) {
    if (comma_first) out += ',';
    comma_first = true;
    out += name;
    out += "=\"";
    const size_t from = out.size();
    AppendLabelValue(value, out);
    if (out.size() - from > kMaxLabelValue) CutValue(from, out);
    out += '"';
  }
}

std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      plain += text[i] == 'n' ? '\n' : text[i];
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// A label within a text, without its quotes.
struct LabelSpan {
  uint32_t name = 0;
  uint32_t name_length = 0;
  uint32_t value = 0;
  uint16_t value_length = 0;
  bool escaped = false;
};

// Finds `a="b",c="d"` as AppendCutLabels wrote it in [from, to) of `text`.
void IndexLabels(std::string_view text, size_t from, size_t to, std::vector<LabelSpan>& spans) {
  while (from < to) {
    if (text[from] == ',') ++from;
    const size_t equals = text.find('=', from);
    const size_t value = equals + 2;
    size_t quote = text.find_first_of("\"\\", value);
    const bool escaped = text[quote] == '\\';
    while (text[quote] == '\\') quote = text.find_first_of("\"\\", quote + 2);
    spans.push_back({static_cast<uint32_t>(from), static_cast<uint32_t>(equals - from),
                     static_cast<uint32_t>(value), static_cast<uint16_t>(quote - value), escaped});
    from = quote + 1;
  }
}

// Values with escapes go to `unescaped`, which the views then point into.
void AppendViews(std::string_view text, std::span<const LabelSpan> spans, std::vector<LabelView>& labels,
                 std::deque<std::string>& unescaped) {
  for (const LabelSpan& span : spans) {
    std::string_view value = text.substr(span.value, span.value_length);
    if (span.escaped) value = unescaped.emplace_back(Unescape(value));
    labels.push_back({text.substr(span.name, span.name_length), value});
  }
}

bool InOrder(const RowSeries& a, const RowSeries& b) {
  return std::tie(a.family, a.row) < std::tie(b.family, b.row);
}

}  // namespace

void RowWriter::Base(LabelsView labels) {
  CHECK(text_.empty());
  AppendCutLabels(labels, false, text_);
  base_length_ = text_.size();
}

void RowWriter::Add(size_t family, LabelsView extra, double value, Suffix suffix) {
  const size_t offset = text_.size();
  AppendCutLabels(extra, base_length_ > 0, text_);
  const std::string_view added = std::string_view(text_).substr(offset);
  const auto same = [&](const RowSeries& series) {
    return series.family == family && series.suffix == static_cast<uint8_t>(suffix) &&
           std::string_view(text_).substr(series.offset, series.length) == added;
  };
  if (text_.size() > kMaxRowText || added.size() > UINT16_MAX ||
      std::any_of(series_.begin(), series_.end(), same)) {
    text_.resize(offset);
    return;
  }
  RowSeries series{
      .value = value, .length = static_cast<uint16_t>(added.size()), .family = static_cast<uint8_t>(family)};
  series.offset = static_cast<uint32_t>(offset) & 0xFFFFFF;
  series.suffix = static_cast<uint8_t>(suffix);
  series_.push_back(series);
}

void RowWriter::AddOneOf(size_t family, std::string_view label, std::span<const std::string_view> values,
                         size_t which) {
  for (size_t i = 0; i < values.size(); ++i) {
    const LabelView labels[] = {{label, values[i]}};
    Add(family, labels, i == which ? 1 : 0);
  }
}

// Immutable once built.
struct RowChunk {
  struct Row {
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t base_length = 0;
    uint32_t first_label = 0;  // of the base's, in `labels`
    uint32_t label_count = 0;
  };

  std::string text;                    // the rows' texts one after the other
  std::vector<LabelSpan> labels;       // of the rows' bases
  std::vector<Row> rows;               // an unused row has length 0
  std::vector<RowSeries> series;       // in the order of family, then row
  std::vector<uint32_t> family_begin;  // where each family's series begin; one more for the end

  std::string_view RowText(uint8_t row) const {
    return std::string_view(text).substr(rows[row].offset, rows[row].length);
  }
  std::string_view Base(const RowSeries& one) const {
    return RowText(one.row).substr(0, rows[one.row].base_length);
  }
  std::string_view Extra(const RowSeries& one) const {
    return RowText(one.row).substr(one.offset, one.length);
  }
  std::span<const LabelSpan> BaseLabels(const RowSeries& one) const {
    return std::span(labels).subspan(rows[one.row].first_label, rows[one.row].label_count);
  }
  // The labels that only this series has, as IndexLabels finds them.
  void ExtraLabels(const RowSeries& one, std::vector<LabelSpan>& spans) const {
    if (one.length == 0) return;
    const size_t from = size_t{rows[one.row].offset} + one.offset;
    IndexLabels(text, from, from + one.length, spans);
  }
  std::span<const RowSeries> OfFamily(size_t family) const {
    return std::span(series).subspan(family_begin[family], family_begin[family + 1] - family_begin[family]);
  }

  void AddRow(uint8_t row, std::string_view row_text, size_t base_length) {
    const size_t offset = text.size();
    const size_t first_label = labels.size();
    text += row_text;
    IndexLabels(text, offset, offset + base_length, labels);
    rows[row] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(row_text.size()),
                 static_cast<uint32_t>(base_length), static_cast<uint32_t>(first_label),
                 static_cast<uint32_t>(labels.size() - first_label)};
  }

  // Takes the writer's text, and its series marked with their row into `fresh`.
  void AddRow(uint8_t row, const RowWriter& writer, std::vector<RowSeries>& fresh) {
    AddRow(row, writer.text_, writer.base_length_);
    for (RowSeries one : writer.series_) {
      one.row = row;
      fresh.push_back(one);
    }
  }

  void IndexFamilies(size_t families) {
    family_begin.assign(families + 1, 0);
    for (const RowSeries& one : series) ++family_begin[one.family + 1U];
    for (size_t i = 1; i <= families; ++i) family_begin[i] += family_begin[i - 1];
  }
};

namespace {

using Changes = std::map<uint32_t, RowTable::Describe>;

// The chunk of slots from `first` on with the changed rows written anew. `old` may be null.
std::shared_ptr<const RowChunk> Rebuild(const RowChunk* old, const Changes& changes, uint32_t first,
                                        size_t families) {
  auto chunk = std::make_shared<RowChunk>();
  chunk->rows.resize(kRowsPerChunk);
  std::vector<RowSeries> fresh;
  auto change = changes.lower_bound(first);
  std::vector<bool> changed(kRowsPerChunk);
  for (uint32_t row = 0; row < kRowsPerChunk; ++row) {
    if (change != changes.end() && change->first == first + row) {
      changed[row] = true;
      RowWriter writer;
      if (change->second) {
        change->second(writer);
        chunk->AddRow(static_cast<uint8_t>(row), writer, fresh);
      }
      ++change;
    } else if (old != nullptr && old->rows[row].length > 0) {
      chunk->AddRow(static_cast<uint8_t>(row), old->RowText(static_cast<uint8_t>(row)),
                    old->rows[row].base_length);
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(), InOrder);
  std::vector<RowSeries> kept;
  if (old != nullptr) {
    kept.reserve(old->series.size());
    for (const RowSeries& one : old->series) {
      if (!changed[one.row]) kept.push_back(one);
    }
  }
  chunk->series.reserve(kept.size() + fresh.size());
  std::merge(kept.begin(), kept.end(), fresh.begin(), fresh.end(), std::back_inserter(chunk->series),
             InOrder);
  chunk->text.shrink_to_fit();
  chunk->labels.shrink_to_fit();
  chunk->IndexFamilies(families);
  return chunk;
}

}  // namespace

class RowTable::View : public Snapshot {
 public:
  View(std::shared_ptr<const std::vector<Family>> families,
       std::vector<std::shared_ptr<const RowChunk>> chunks)
      : families_(std::move(families)), chunks_(std::move(chunks)) {}

  std::span<const Family> families() const override { return *families_; }

  void Visit(size_t family, const SeriesVisitor& visit) const override {
    VisitPlaced(family, [&visit](SeriesPlace, std::string_view name, LabelsView labels, double value) {
      visit(name, labels, value);
    });
  }

  bool VisitPlaced(size_t family, const PlacedVisitor& visit) const override {
    LabelBuffer buffer;
    std::string long_name;
    for (size_t part = 0; part < chunks_.size(); ++part) {
      const auto all = chunks_[part]->OfFamily(family);
      for (size_t i = 0; i < all.size(); ++i) {
        buffer.Read(*chunks_[part], all[i]);
        const SeriesPlace place{static_cast<uint32_t>(family), static_cast<uint32_t>(part),
                                static_cast<uint32_t>(i)};
        if (all[i].suffix == 0) {
          visit(place, (*families_)[family].name, buffer.labels, all[i].value);
        } else {
          long_name = SampleName(family, all[i]);
          visit(place, long_name, buffer.labels, all[i].value);
        }
      }
    }
    return true;
  }

  Labels LabelsAt(SeriesPlace place) const override {
    const RowSeries& one = At(place);
    LabelBuffer buffer;
    buffer.Read(*chunks_[place.part], one);
    return Labels::Of(SampleName(place.family, one), buffer.labels);
  }

  std::optional<std::string_view> LabelAt(SeriesPlace place, std::string_view name) const override {
    const RowChunk& chunk = *chunks_[place.part];
    const RowSeries& one = At(place);
    if (name == kMetricName && one.suffix == 0) return (*families_)[place.family].name;
    // Labels beyond the base's are rare, and so are escapes: they are read whole.
    if (name == kMetricName || one.length > 0) return std::nullopt;
    const std::string_view text = chunk.text;
    for (const LabelSpan& span : chunk.BaseLabels(one)) {
      if (text.substr(span.name, span.name_length) != name) continue;
      if (span.escaped) return std::nullopt;
      return text.substr(span.value, span.value_length);
    }
    return std::string_view();
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

  // Used again from series to series.
  struct LabelBuffer {
    std::vector<LabelView> labels;
    std::vector<LabelSpan> extra;
    std::deque<std::string> unescaped;

    void Read(const RowChunk& chunk, const RowSeries& one) {
      labels.clear();
      unescaped.clear();
      AppendViews(chunk.text, chunk.BaseLabels(one), labels, unescaped);
      if (one.length == 0) return;
      extra.clear();
      chunk.ExtraLabels(one, extra);
      AppendViews(chunk.text, extra, labels, unescaped);
    }
  };

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

void RowTable::Set(const std::string& id, Describe describe) {
  const auto [at, added] = slots_.try_emplace(id, 0);
  if (added) {
    if (free_.empty()) {
      at->second = next_slot_++;
    } else {
      at->second = free_.back();
      free_.pop_back();
    }
  }
  pending_[at->second] = std::move(describe);
  if (pending_.size() >= kMaxPending) Settle();
}

void RowTable::Remove(const std::string& id) {
  const auto at = slots_.find(id);
  if (at == slots_.end()) return;
  pending_[at->second] = nullptr;
  free_.push_back(at->second);
  slots_.erase(at);
}

void RowTable::Settle() {
  chunks_.resize((next_slot_ + kRowsPerChunk - 1) / kRowsPerChunk);
  for (auto at = pending_.begin(); at != pending_.end();) {
    const uint32_t index = at->first / static_cast<uint32_t>(kRowsPerChunk);
    const auto first = index * static_cast<uint32_t>(kRowsPerChunk);
    chunks_[index] = Rebuild(chunks_[index].get(), pending_, first, families_->size());
    at = pending_.lower_bound(first + static_cast<uint32_t>(kRowsPerChunk));
  }
  pending_.clear();
}

std::shared_ptr<const Snapshot> RowTable::Take() {
  Settle();
  return std::make_shared<View>(families_, chunks_);
}

}  // namespace belfry::model
