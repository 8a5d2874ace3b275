#include "exporters/model/row_writer.h"

#include <algorithm>

#include "agent/base/check.h"
#include "exporters/model/text.h"

namespace belfry::model {
namespace {

constexpr size_t kMaxRowText = (1 << 24) - 1;  // what RowSeries::offset can say

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

}  // namespace

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

}  // namespace belfry::model
