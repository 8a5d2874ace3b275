// What functions take, and what fields values have.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "rules/template/functions.h"
#include "rules/template/value.h"

namespace belfry::tmpl {

// As Go names the type: `string`, `interface {}`.
std::string ParamTypeName(Param param);
bool Fits(Param param, const Value& value);
// The type of the i-th argument.
Param ParamAt(const Builtin& builtin, size_t i);
// Errors: kInvalid `wrong number of args for NAME: want 1 got 2`.
Result<void> CheckCount(const Builtin& builtin, size_t count);

// `value.name`: a key of a map, a field of a struct, a part of a time. Errors: kInvalid, worded as Go words
// them.
Result<Value> FieldOf(const Value& value, const std::string& name);

}  // namespace belfry::tmpl
