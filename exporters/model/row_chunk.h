// A hundred and twenty-eight rows that never change.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/model/row_writer.h"
#include "exporters/model/source.h"

namespace belfry::model {

inline constexpr uint32_t kRowsPerChunk = 128;

// Says what a row shows from now on; empty: the row is gone.
using Describe = std::function<void(RowWriter&)>;
using RowChanges = std::map<uint32_t, Describe>;  // by slot

// A label within a chunk's text, without its quotes.
struct LabelSpan {
  uint32_t name = 0;
  uint32_t name_length = 0;
  uint32_t value = 0;
  uint16_t value_length = 0;
  bool escaped = false;
};

// Labels as views, used again from series to series.
struct LabelBuffer {
  std::vector<LabelView> labels;
  std::deque<std::string> unescaped;
};

class RowChunk {
 public:
  // The chunk of the slots from `first` on, with the changed rows written anew. `old` may be null.
  static std::shared_ptr<const RowChunk> Rebuild(const RowChunk* old, const RowChanges& changes,
                                                 uint32_t first, size_t families);

  std::span<const RowSeries> OfFamily(size_t family) const {
    return std::span(series_).subspan(family_begin_[family],
                                      family_begin_[family + 1] - family_begin_[family]);
  }
  // Label text as it is exposed: what all series of the row have, and what only this one has.
  std::string_view Base(const RowSeries& one) const {
    return RowText(one.row).substr(0, rows_[one.row].base_length);
  }
  std::string_view Extra(const RowSeries& one) const {
    return RowText(one.row).substr(one.offset, one.length);
  }
  // The labels of a series, without its name.
  void Read(const RowSeries& one, LabelBuffer& buffer) const;
  std::optional<LabelSpan> Find(const RowSeries& one, std::string_view name) const;
  // A label that all rows have, with the same value; nothing: they differ, or have it not in common.
  std::optional<LabelSpan> FindCommon(std::string_view name) const;
  // As it is in the text, and as it was before it was escaped.
  std::string_view RawValue(const LabelSpan& span) const {
    return std::string_view(text_).substr(span.value, span.value_length);
  }
  std::string Value(const LabelSpan& span) const;

 private:
  struct Row {
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t base_length = 0;
    uint32_t first_label = 0;  // of the base's, in `labels_`
    uint32_t label_count = 0;
  };

  std::string_view RowText(size_t row) const {
    return std::string_view(text_).substr(rows_[row].offset, rows_[row].length);
  }
  std::string_view Name(const LabelSpan& span) const {
    return std::string_view(text_).substr(span.name, span.name_length);
  }
  std::span<const LabelSpan> BaseLabels(size_t row) const {
    return std::span(labels_).subspan(rows_[row].first_label, rows_[row].label_count);
  }
  bool SameLabel(const LabelSpan& a, const LabelSpan& b) const {
    return Name(a) == Name(b) && RawValue(a) == RawValue(b);
  }
  void AppendView(const LabelSpan& span, LabelBuffer& buffer) const;
  void AddRow(size_t row, std::string_view row_text, size_t base_length);
  void AddRow(size_t row, const RowWriter& writer, std::vector<RowSeries>& fresh);
  void FindCommonLabels();
  void IndexFamilies(size_t families);

  std::string text_;                    // the rows' texts one after the other
  std::vector<LabelSpan> labels_;       // of the rows' bases
  std::vector<Row> rows_;               // an unused row has length 0
  std::vector<LabelSpan> common_;       // labels that all rows have alike
  std::vector<RowSeries> series_;       // in the order of family, then row
  std::vector<uint32_t> family_begin_;  // where each family's series begin; one more for the end
};

}  // namespace belfry::model
