#include "rules/unittest/series_values.h"

#include <charconv>
#include <optional>

#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/storage/sample.h"

namespace belfry::unittest {
namespace {

bool IsSign(char c) { return c == '+' || c == '-'; }

// The end of the number that begins at `at`: its sign, digits, fraction, exponent, or Inf and NaN. An `x`
// always means repetition, so there are no hexadecimal numbers here.
size_t EndOfNumber(std::string_view item, size_t at) {
  size_t i = at;
  if (i < item.size() && IsSign(item[i])) ++i;
  while (i < item.size() && item[i] != 'x' && item[i] != 'X') {
    const bool exponent_sign = i > at && IsSign(item[i]) && (item[i - 1] == 'e' || item[i - 1] == 'E');
    if (IsSign(item[i]) && !exponent_sign) break;
    ++i;
  }
  return i;
}

std::optional<double> NumberOf(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto number = promql::ParseNumber(text);
  return number.ok() ? std::optional(*number) : std::nullopt;
}

// N of a trailing `xN`.
std::optional<uint64_t> Times(std::string_view text) {
  uint64_t times = 0;
  if (text.size() < 2 || text[0] != 'x') return std::nullopt;
  const auto [end, status] = std::from_chars(text.data() + 1, text.data() + text.size(), times);
  if (status != std::errc() || end != text.data() + text.size() || times == UINT64_MAX) return std::nullopt;
  return times;
}

std::optional<ValueRun> ParseGap(std::string_view item) {
  if (item.size() == 1) return ValueRun{.kind = ValueRun::Kind::kGap};
  const auto times = Times(item.substr(1));
  if (!times) return std::nullopt;
  return ValueRun{.kind = ValueRun::Kind::kGap, .count = *times};
}

std::optional<ValueRun> ParseItem(std::string_view item) {
  if (item[0] == '_') return ParseGap(item);
  if (item == "stale") return ValueRun{.kind = ValueRun::Kind::kStale, .start = storage::StaleMarker()};
  const size_t start_end = EndOfNumber(item, 0);
  const size_t step_end = EndOfNumber(item, start_end);
  const auto start = NumberOf(item.substr(0, start_end));
  if (!start) return std::nullopt;
  ValueRun run{.start = *start};
  if (step_end > start_end) {
    const auto step = NumberOf(item.substr(start_end, step_end - start_end));
    if (!step || step_end == item.size()) return std::nullopt;
    run.step = *step;
  }
  if (step_end == item.size()) return run;
  const auto times = Times(item.substr(step_end));
  if (!times) return std::nullopt;
  run.count = *times + 1;
  return run;
}

Error BadItem(size_t at, std::string_view item) {
  const std::string place = "column " + std::to_string(at + 1) + ": ";
  if (item.starts_with("{{")) {
    return {Code::kUnsupported, place + "native histograms are not supported, only floats"};
  }
  return {Code::kInvalid, place + promql::Quote(promql::Truncated(item, 40)) +
                              " is no sample; write 1, 1x3, 1+2x3, 1-2x3, _, _x3 or stale"};
}

}  // namespace

Result<std::vector<ValueRun>> ParseSeriesValues(std::string_view text) {
  std::vector<ValueRun> runs;
  for (size_t at = 0; at < text.size();) {
    if (promql::IsSpace(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && !promql::IsSpace(text[end])) ++end;
    const std::string_view item = text.substr(at, end - at);
    const auto run = ParseItem(item);
    if (!run) return BadItem(at, item);
    runs.push_back(*run);
    at = end;
  }
  return runs;
}

void ValueCursor::Enter() {
  while (run_ < runs_->size() && (*runs_)[run_].count == 0) ++run_;
  if (done()) return;
  left_ = run().count;
  value_ = run().start;
}

void ValueCursor::Next() {
  // A gap or a marker has no step, and adding to a marker would change its bits.
  if (--left_ > 0) {
    if (run().kind == ValueRun::Kind::kNumber) value_ += run().step;
    return;
  }
  ++run_;
  Enter();
}

}  // namespace belfry::unittest
