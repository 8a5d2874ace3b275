#include "exporters/exposition/page.h"

#include <unordered_map>

#include "exporters/model/text.h"

namespace belfry::exposition {
namespace {

using model::Family;
using model::MetricType;
using model::TextFormat;

// The word after TYPE. The older format knows no infos; its word for "unknown" is another.
std::string_view TypeWord(MetricType type, TextFormat format) {
  const bool open = format == TextFormat::kOpenMetrics;
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kInfo:
      return open ? "info" : "gauge";
    case MetricType::kUnknown:
      return open ? "unknown" : "untyped";
  }
  return "untyped";
}

// The name in HELP and TYPE: in the older format that of the samples, with the suffix.
std::string HeadName(const Family& family, TextFormat format) {
  if (format == TextFormat::kOpenMetrics) return family.name;
  if (family.type == MetricType::kCounter) return family.name + "_total";
  if (family.type == MetricType::kInfo) return family.name + "_info";
  return family.name;
}

void AppendLine(std::string_view keyword, std::string_view name, std::string_view text, std::string& out) {
  out += "# ";
  out += keyword;
  out += ' ';
  out += name;
  out += ' ';
  out += text;
  out += '\n';
}

}  // namespace

Page::Page(Snapshots snapshots, TextFormat format) : snapshots_(std::move(snapshots)), format_(format) {
  std::unordered_map<std::string_view, size_t> group_of;
  for (const auto& snapshot : snapshots_) {
    const auto families = snapshot->families();
    for (size_t i = 0; i < families.size(); ++i) {
      const auto [at, added] = group_of.try_emplace(families[i].name, groups_.size());
      if (added) groups_.push_back({&families[i], {}});
      groups_[at->second].parts.emplace_back(snapshot.get(), i);
    }
  }
}

std::string Page::Next(size_t size) {
  std::string out;
  out.reserve(size + size / 8);
  while (out.size() < size && group_ < groups_.size()) Continue(size, out);
  if (group_ == groups_.size() && !ended_) {
    ended_ = true;
    if (format_ == TextFormat::kOpenMetrics) out += "# EOF\n";
  }
  return out;
}

// Writes on in the current part and moves to the next one when it is complete.
void Page::Continue(size_t size, std::string& out) {
  const Group& group = groups_[group_];
  const auto& [snapshot, family] = group.parts[part_];
  const size_t before = out.size();
  if (!headed_) AppendHead(*group.head, out);
  const size_t samples = out.size();
  from_ = snapshot->Render(family, format_, from_, size, out);
  if (out.size() > samples) {
    headed_ = true;
  } else if (!headed_) {
    out.resize(before);
  }
  if (from_ != 0) return;
  if (++part_ < group.parts.size()) return;
  part_ = 0;
  headed_ = false;
  ++group_;
}

void Page::AppendHead(const Family& family, std::string& out) const {
  const std::string name = HeadName(family, format_);
  const bool open = format_ == TextFormat::kOpenMetrics;
  std::string help;
  model::AppendHelp(family.help, open, help);
  if (open) AppendLine("TYPE", name, TypeWord(family.type, format_), out);
  AppendLine("HELP", name, help, out);
  if (!open) AppendLine("TYPE", name, TypeWord(family.type, format_), out);
  // A unit must be the end of the name, or the page is not OpenMetrics.
  if (open && !family.unit.empty() && name.ends_with("_" + family.unit))
    AppendLine("UNIT", name, family.unit, out);
}

std::string WritePage(Snapshots snapshots, TextFormat format) {
  Page page(std::move(snapshots), format);
  std::string whole;
  for (std::string piece = page.Next(1 << 20); !piece.empty(); piece = page.Next(1 << 20)) whole += piece;
  return whole;
}

}  // namespace belfry::exposition
