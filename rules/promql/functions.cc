#include "rules/promql/functions.h"

#include <algorithm>
#include <iterator>

namespace belfry::promql {
namespace {

bool NameLess(const FunctionInfo& a, std::string_view name) { return a.name < name; }

std::vector<FunctionInfo> BuildTable() {
  std::vector<FunctionInfo> table;
  for (auto* family : {MathFunctions, CalendarFunctions, RateFunctions, OverTimeFunctions, LabelFunctions,
                       VectorFunctions, HistogramFunctions, ExperimentalFunctions}) {
    std::vector<FunctionInfo> part = family();
    std::move(part.begin(), part.end(), std::back_inserter(table));
  }
  std::sort(table.begin(), table.end(),
            [](const FunctionInfo& a, const FunctionInfo& b) { return a.name < b.name; });
  return table;
}

}  // namespace

const std::string& TextArgument(const Call& call, size_t arg) {
  const Expr* expr = call.args[arg].get();
  while (const auto* paren = std::get_if<Paren>(&expr->node)) expr = paren->expr.get();
  return std::get<StringLiteral>(expr->node).value;
}

const std::vector<FunctionInfo>& AllFunctions() {
  static const std::vector<FunctionInfo> kTable = BuildTable();
  return kTable;
}

const FunctionInfo* FindFunction(std::string_view name, Dialect dialect) {
  const auto& table = AllFunctions();
  const auto at = std::lower_bound(table.begin(), table.end(), name, NameLess);
  if (at == table.end() || at->name != name) return nullptr;
  using Availability = FunctionInfo::Availability;
  const bool two = dialect == Dialect::kPrometheus2;
  if (at->availability == (two ? Availability::kOnly3 : Availability::kOnly2)) return nullptr;
  if (two && at->availability == Availability::kExperimental) return nullptr;
  return &*at;
}

}  // namespace belfry::promql
