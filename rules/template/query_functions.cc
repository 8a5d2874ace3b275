// Functions that ask the rule engine, and those that take its answers apart.
#include <algorithm>

#include "rules/template/functions.h"
#include "rules/template/print.h"

namespace belfry::tmpl {
namespace {

using Args = std::span<const Value>;

constexpr size_t kMaxQuerySamples = 100'000;

Error Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }

Result<Value> Query(const FunctionContext& context, Args args) {
  if (!context.query) return Invalid("no queries here");
  ASSIGN_OR_RETURN(std::vector<QuerySample> answer, context.query(*args[0].As<std::string>(), context.now));
  if (answer.size() > kMaxQuerySamples) {
    return Error{Code::kTooLarge, "answer has more than " + std::to_string(kMaxQuerySamples) + " samples"};
  }
  List list;
  list.type = kSamplesType;
  list.items.reserve(answer.size());
  for (const QuerySample& sample : answer) list.items.push_back(MakeSample(sample.labels, sample.value));
  return Value::Of(std::move(list));
}

Result<Value> First(const FunctionContext&, Args args) {
  const List& samples = *args[0].AsList();
  if (samples.items.empty()) return Invalid("first() called on vector with no elements");
  return samples.items.front();
}

std::string LabelOf(const Value& sample, std::string_view name) {
  const Map& labels = *sample.AsStruct()->Find("Labels")->AsMap();
  const auto found = labels.items.find(name);
  return found == labels.items.end() ? "" : *found->second.As<std::string>();
}

Result<Value> LabelFunction(const FunctionContext&, Args args) {
  return Value::String(LabelOf(args[1], *args[0].As<std::string>()));
}

Result<Value> ValueFunction(const FunctionContext&, Args args) { return *args[0].AsStruct()->Find("Value"); }

Result<Value> StringValue(const FunctionContext&, Args args) {
  return Value::String(LabelOf(args[0], "__value__"));
}

Result<Value> SortByLabel(const FunctionContext&, Args args) {
  const std::string& name = *args[0].As<std::string>();
  List sorted = *args[1].AsList();
  std::stable_sort(sorted.items.begin(), sorted.items.end(),
                   [&](const Value& a, const Value& b) { return LabelOf(a, name) < LabelOf(b, name); });
  return Value::Of(std::move(sorted));
}

// What `template` takes more than one value with: arg0, arg1, …
Result<Value> ArgsFunction(const FunctionContext&, Args args) {
  Map map;
  map.of_strings = false;
  for (size_t i = 0; i < args.size(); ++i) map.items.emplace("arg" + std::to_string(i), args[i]);
  return Value::Of(std::move(map));
}

constexpr Builtin kFunctions[] = {
    {"args", ArgsFunction, 0, true},
    {"first", First, 1, false, {Param::kSamples}},
    {"label", LabelFunction, 2, false, {Param::kString, Param::kSample}},
    {"query", Query, 1, false, {Param::kString}},
    {"sortByLabel", SortByLabel, 2, false, {Param::kString, Param::kSamples}},
    {"strvalue", StringValue, 1, false, {Param::kSample}},
    {"value", ValueFunction, 1, false, {Param::kSample}},
};

}  // namespace

std::span<const Builtin> QueryFunctions() { return kFunctions; }

}  // namespace belfry::tmpl
