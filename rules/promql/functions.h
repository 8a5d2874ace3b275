// The functions of the language: their types and where they are computed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "rules/promql/ast.h"
#include "rules/storage/sample.h"

namespace belfry::promql {

class Evaluator;
struct Steps;
struct Evaluated;

// What a function of a range sees of one series at one evaluation time.
struct Window {
  std::span<const storage::Sample> samples;  // at least one, no stale markers
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  int64_t at_ms = 0;  // evaluation time, without offset
  double range_seconds = 0;
  std::span<const double> params;  // the scalar arguments, in order
  Dialect dialect = Dialect::kPrometheus3;
};

using RangeFunction = std::optional<double> (*)(const Window& window);  // nullopt: no sample
// The same for all windows of one series at once, in order of time. `values`: one for each, Absent() for
// none.
using SweepFunction = void (*)(std::span<const Window> windows, std::span<double> values);
using MapFunction = double (*)(double value, std::span<const double> params);
using CalendarFunction = double (*)(int64_t unix_seconds);
using SpecialFunction = Result<Evaluated> (*)(Evaluator& evaluator, const Call& call, const Steps& steps);

struct FunctionInfo {
  enum class Availability { kBoth, kOnly2, kOnly3, kExperimental };

  std::string_view name;
  std::vector<ValueType> args;
  // How many arguments beyond all but the last of `args` there may be; 0: exactly `args`, −1: any number.
  int variadic = 0;
  ValueType returns = ValueType::kVector;
  std::variant<RangeFunction, SweepFunction, MapFunction, CalendarFunction, SpecialFunction> run;
  bool keeps_name = false;
  // Refuses scalar arguments that make no sense.
  Result<void> (*check)(std::span<const double> params) = nullptr;
  Availability availability = Availability::kBoth;
};

// The text that argument `arg` is. Requires: it is a string, perhaps in parentheses.
const std::string& TextArgument(const Call& call, size_t arg);

// nullptr: none of that name. Names are case-sensitive.
const FunctionInfo* FindFunction(std::string_view name, Dialect dialect);
// Sorted by name.
const std::vector<FunctionInfo>& AllFunctions();

// The tables of the families.
std::vector<FunctionInfo> MathFunctions();
std::vector<FunctionInfo> CalendarFunctions();
std::vector<FunctionInfo> RateFunctions();
std::vector<FunctionInfo> OverTimeFunctions();
std::vector<FunctionInfo> LabelFunctions();
std::vector<FunctionInfo> VectorFunctions();
std::vector<FunctionInfo> HistogramFunctions();
std::vector<FunctionInfo> ExperimentalFunctions();

}  // namespace belfry::promql
