// The functions templates may call: Go's own and Prometheus'.
// Source: Go's text/template, Functions; Prometheus' template reference.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "rules/template/template.h"
#include "rules/template/value.h"

namespace belfry::tmpl {

// What functions may ask of the world.
struct FunctionContext {
  Instant now;
  std::string_view external_url;
  const QueryFunction& query;
};

enum class Param : uint8_t { kAny, kString, kInt, kFloat, kSample, kSamples };

struct Builtin {
  std::string_view name;
  Result<Value> (*run)(const FunctionContext& context, std::span<const Value> args) = nullptr;
  uint8_t count = 0;      // parameters, the variadic one not counted
  bool variadic = false;  // any number more of the last of `params`
  Param params[3] = {Param::kAny, Param::kAny, Param::kAny};
};

// nullptr if there is none. `and` and `or` are the interpreter's: they stop at the first decisive argument.
const Builtin* FindBuiltin(std::string_view name);
// Every name a template may call.
bool KnowsFunction(std::string_view name);

std::span<const Builtin> LanguageFunctions();  // eq, len, printf, …
std::span<const Builtin> NumberFunctions();    // humanize, toTime, …
std::span<const Builtin> TextFunctions();      // toUpper, reReplaceAll, stripPort, …
std::span<const Builtin> QueryFunctions();     // query, first, label, …

// Floats, ints, durations (seconds) and numbers as text. Errors: kInvalid.
Result<double> ToFloat(const Value& value);

}  // namespace belfry::tmpl
