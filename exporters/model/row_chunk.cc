#include "exporters/model/row_chunk.h"

#include <algorithm>
#include <tuple>

namespace belfry::model {
namespace {

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

// The label at `from`, or behind the comma there, of `a="b",c="d"` as AppendCutLabels wrote it.
LabelSpan LabelFrom(std::string_view text, size_t from) {
  if (text[from] == ',') ++from;
  const size_t equals = text.find('=', from);
  const size_t value = equals + 2;
  size_t quote = text.find_first_of("\"\\", value);
  const bool escaped = text[quote] == '\\';
  while (text[quote] == '\\') quote = text.find_first_of("\"\\", quote + 2);
  return {static_cast<uint32_t>(from), static_cast<uint32_t>(equals - from), static_cast<uint32_t>(value),
          static_cast<uint16_t>(quote - value), escaped};
}

// Calls `found` with each label in [from, to) of `text` until it returns true.
template <class Found>
void VisitLabels(std::string_view text, size_t from, size_t to, const Found& found) {
  while (from < to) {
    const LabelSpan span = LabelFrom(text, from);
    if (found(span)) return;
    from = size_t{span.value} + span.value_length + 1;
  }
}

bool InOrder(const RowSeries& a, const RowSeries& b) {
  return std::tie(a.family, a.row) < std::tie(b.family, b.row);
}

}  // namespace

std::shared_ptr<const RowChunk> RowChunk::Rebuild(const RowChunk* old, const RowChanges& changes,
                                                  uint32_t first, size_t families) {
  auto chunk = std::make_shared<RowChunk>();
  chunk->rows_.resize(kRowsPerChunk);
  std::vector<RowSeries> fresh;
  auto change = changes.lower_bound(first);
  std::vector<bool> changed(kRowsPerChunk);
  for (uint32_t row = 0; row < kRowsPerChunk; ++row) {
    if (change != changes.end() && change->first == first + row) {
      changed[row] = true;
      RowWriter writer;
      if (change->second) {
        change->second(writer);
        chunk->AddRow(row, writer, fresh);
      }
      ++change;
    } else if (old != nullptr && old->rows_[row].length > 0) {
      chunk->AddRow(row, old->RowText(row), old->rows_[row].base_length);
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(), InOrder);
  std::vector<RowSeries> kept;
  if (old != nullptr) {
    kept.reserve(old->series_.size());
    for (const RowSeries& one : old->series_) {
      if (!changed[one.row]) kept.push_back(one);
    }
  }
  chunk->series_.reserve(kept.size() + fresh.size());
  std::merge(kept.begin(), kept.end(), fresh.begin(), fresh.end(), std::back_inserter(chunk->series_),
             InOrder);
  chunk->text_.shrink_to_fit();
  chunk->labels_.shrink_to_fit();
  chunk->FindCommonLabels();
  chunk->IndexFamilies(families);
  return chunk;
}

void RowChunk::AddRow(size_t row, std::string_view row_text, size_t base_length) {
  const size_t offset = text_.size();
  const size_t first_label = labels_.size();
  text_ += row_text;
  VisitLabels(text_, offset, offset + base_length, [this](const LabelSpan& span) {
    labels_.push_back(span);
    return false;
  });
  rows_[row] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(row_text.size()),
                static_cast<uint32_t>(base_length), static_cast<uint32_t>(first_label),
                static_cast<uint32_t>(labels_.size() - first_label)};
}

// Takes the writer's text, and its series marked with their row into `fresh`.
void RowChunk::AddRow(size_t row, const RowWriter& writer, std::vector<RowSeries>& fresh) {
  AddRow(row, writer.text_, writer.base_length_);
  for (RowSeries one : writer.series_) {
    one.row = static_cast<uint8_t>(row);
    fresh.push_back(one);
  }
}

void RowChunk::FindCommonLabels() {
  bool begun = false;
  for (size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].length == 0) continue;
    const auto labels = BaseLabels(row);
    if (!std::exchange(begun, true)) common_.assign(labels.begin(), labels.end());
    std::erase_if(common_, [&](const LabelSpan& common) {
      return std::ranges::none_of(labels, [&](const LabelSpan& one) { return SameLabel(common, one); });
    });
    if (common_.empty()) return;
  }
}

void RowChunk::IndexFamilies(size_t families) {
  family_begin_.assign(families + 1, 0);
  for (const RowSeries& one : series_) ++family_begin_[one.family + 1U];
  for (size_t i = 1; i <= families; ++i) family_begin_[i] += family_begin_[i - 1];
}

void RowChunk::AppendView(const LabelSpan& span, LabelBuffer& buffer) const {
  std::string_view value = RawValue(span);
  if (span.escaped) value = buffer.unescaped.emplace_back(Unescape(value));
  buffer.labels.push_back({Name(span), value});
}

void RowChunk::Read(const RowSeries& one, LabelBuffer& buffer) const {
  buffer.labels.clear();
  buffer.unescaped.clear();
  for (const LabelSpan& span : BaseLabels(one.row)) AppendView(span, buffer);
  const size_t from = size_t{rows_[one.row].offset} + one.offset;
  VisitLabels(text_, from, from + one.length, [&](const LabelSpan& span) {
    AppendView(span, buffer);
    return false;
  });
}

std::optional<LabelSpan> RowChunk::Find(const RowSeries& one, std::string_view name) const {
  std::optional<LabelSpan> found;
  const auto is_wanted = [&](const LabelSpan& span) {
    if (Name(span) != name) return false;
    found = span;
    return true;
  };
  if (std::ranges::any_of(BaseLabels(one.row), is_wanted)) return found;
  const size_t from = size_t{rows_[one.row].offset} + one.offset;
  VisitLabels(text_, from, from + one.length, is_wanted);
  return found;
}

std::optional<LabelSpan> RowChunk::FindCommon(std::string_view name) const {
  const auto at = std::ranges::find(common_, name, [this](const LabelSpan& span) { return Name(span); });
  return at == common_.end() ? std::nullopt : std::optional(*at);
}

std::string RowChunk::Value(const LabelSpan& span) const {
  return span.escaped ? Unescape(RawValue(span)) : std::string(RawValue(span));
}

}  // namespace belfry::model
