// The property that fuzzing checks of an input series.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/model/number.h"
#include "rules/promql/text.h"
#include "rules/storage/head.h"
#include "rules/unittest/sample_loader.h"
#include "rules/unittest/series_values.h"

namespace belfry::unittest::testing {

inline constexpr uint64_t kSamplesRead = 300;  // of one text, however many it stands for

inline std::string Unsigned(double value) {
  const std::string text = model::FormatNumber(std::fabs(value));
  return text.front() == '+' ? text.substr(1) : text;
}

// A run in the notation it can be read from again.
inline std::string Written(const ValueRun& run) {
  if (run.kind == ValueRun::Kind::kStale) return "stale";
  if (run.kind == ValueRun::Kind::kGap) return "_x" + std::to_string(run.count);
  const std::string step = (std::signbit(run.step) ? "-" : "+") + Unsigned(run.step);
  return (std::signbit(run.start) ? "-" : "") + Unsigned(run.start) + step + "x" +
         std::to_string(run.count - 1);
}

// NaN is as good as any other here, a stale marker is not.
inline bool SameNumber(double a, double b) {
  if (storage::IsStale(a) != storage::IsStale(b)) return false;
  return std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, sizeof a) == 0;
}

inline bool SameRun(const ValueRun& a, const ValueRun& b) {
  return a.kind == b.kind && a.count == b.count && SameNumber(a.start, b.start) && SameNumber(a.step, b.step);
}

// The first samples by the notation's definition: repeated addition, a gap is none.
inline std::string CheckCursor(const std::vector<ValueRun>& runs) {
  ValueCursor cursor(runs);
  uint64_t read = 0;
  for (const ValueRun& run : runs) {
    double value = run.start;
    for (uint64_t i = 0; i < run.count; ++i, cursor.Next()) {
      if (++read > kSamplesRead) return {};
      if (cursor.done()) return "ends before " + Written(run);
      if (cursor.run().kind != run.kind || !SameNumber(cursor.value(), value))
        return "is not at " + Written(run);
      if (run.kind == ValueRun::Kind::kNumber && i + 1 < run.count) value += run.step;
    }
  }
  return cursor.done() ? "" : "goes on after its end";
}

// Loads an hour of the series in two steps; refused labels are an error, never a crash.
inline std::string CheckLoading(std::string_view series, const std::vector<ValueRun>& runs) {
  TestGroup group{.interval = seconds(30)};
  group.series.push_back({.series = std::string(series), .values = runs, .position = {}});
  storage::Head head;
  auto loader = SampleLoader::Make(group, promql::Dialect::kPrometheus3, head);
  if (!loader.ok()) return loader.error().message.empty() ? "refused without a word" : "";
  loader->LoadUntil(60'000);
  const size_t early = head.stats().samples;
  loader->LoadUntil(3'600'000);
  const size_t all = head.stats().samples;
  return early > 3 || all > 121 || all < early ? "loads samples whose time has not come" : "";
}

// Reads any bytes as `SERIES\nVALUES`. Empty, or what went wrong.
inline std::string CheckSeries(std::string_view text) {
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string_view values = text.substr(line);
  const auto runs = ParseSeriesValues(values);
  if (!runs.ok()) {
    const std::string& why = runs.error().message;
    size_t column = 0;
    if (std::sscanf(why.c_str(), "column %zu: ", &column) != 1) return "no column in: " + why;
    const bool inside = column >= 1 && column <= values.size() && !promql::IsSpace(values[column - 1]);
    return inside ? "" : "no item at the column of: " + why;
  }
  std::string written;
  for (const ValueRun& run : *runs) written += Written(run) + " ";
  const auto again = ParseSeriesValues(written);
  if (!again.ok()) return written + ": " + again.error().message;
  if (!std::equal(runs->begin(), runs->end(), again->begin(), again->end(), SameRun))
    return "reads otherwise when written as " + written;
  const std::string wrong = CheckCursor(*runs);
  return wrong.empty() ? CheckLoading(text.substr(0, line), *runs) : wrong;
}

}  // namespace belfry::unittest::testing
