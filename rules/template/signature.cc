#include "rules/template/signature.h"

#include <algorithm>

#include "rules/template/print.h"
#include "rules/template/time_format.h"

namespace belfry::tmpl {

std::string ParamTypeName(Param param) {
  switch (param) {
    case Param::kString:
      return "string";
    case Param::kInt:
      return "int";
    case Param::kFloat:
      return "float64";
    case Param::kSample:
      return std::string(kSampleType);
    case Param::kSamples:
      return std::string(kSamplesType);
    case Param::kAny:
      return "interface {}";
  }
  return "interface {}";
}

bool Fits(Param param, const Value& value) {
  switch (param) {
    case Param::kAny:
      return true;
    case Param::kString:
      return value.As<std::string>() != nullptr;
    case Param::kInt:
      return value.As<int64_t>() != nullptr;
    case Param::kFloat:
      return value.As<double>() != nullptr;
    case Param::kSample:
      return value.AsStruct() != nullptr && value.AsStruct()->type == kSampleType;
    case Param::kSamples:
      return value.AsList() != nullptr && value.AsList()->type == kSamplesType;
  }
  return false;
}

Param ParamAt(const Builtin& builtin, size_t i) {
  const size_t last = builtin.variadic ? builtin.count : static_cast<size_t>(builtin.count) - 1;
  return builtin.params[std::min({i, last, std::size(builtin.params) - 1})];
}

Result<void> CheckCount(const Builtin& builtin, size_t count) {
  const bool enough = builtin.variadic ? count >= builtin.count : count == builtin.count;
  if (enough) return {};
  return Error{Code::kInvalid, "wrong number of args for " + std::string(builtin.name) + ": want " +
                                   (builtin.variadic ? "at least " : "") + std::to_string(builtin.count) +
                                   " got " + std::to_string(count)};
}

Result<Value> FieldOf(const Value& value, const std::string& name) {
  if (value.IsNil()) return Error{Code::kInvalid, "nil data; no entry for key \"" + name + "\""};
  if (const Map* map = value.AsMap()) {
    const auto found = map->items.find(name);
    if (found != map->items.end()) return found->second;
    return map->of_strings ? Value::String("") : Value();
  }
  if (const Struct* s = value.AsStruct()) {
    if (const Value* field = s->Find(name)) return *field;
  } else if (const auto* time = value.As<Instant>()) {
    auto part = TimeMethod(*time, name);
    if (part.ok()) return part;
  } else if (const auto* span = value.As<Duration>()) {
    if (name == "Seconds") return Value::Float(ToSeconds(*span));
    if (name == "Minutes") return Value::Float(ToSeconds(*span) / 60);
    if (name == "Hours") return Value::Float(ToSeconds(*span) / 3600);
    if (name == "String") return Value::String(PrintSpan(*span));
  }
  return Error{Code::kInvalid, "can't evaluate field " + name + " in type " + value.TypeName()};
}

}  // namespace belfry::tmpl
