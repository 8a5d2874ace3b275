// The functions Go's templates have by themselves.
#include <cmath>
#include <cstdio>
#include <optional>

#include "rules/template/constants.h"
#include "rules/template/functions.h"
#include "rules/template/print.h"

namespace belfry::tmpl {
namespace {

using Args = std::span<const Value>;

Error Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }

// Kinds that compare with each other; anything else does not compare.
enum class Kind { kBool, kInt, kFloat, kString };

std::optional<Kind> KindOf(const Value& value) {
  if (value.As<bool>() != nullptr) return Kind::kBool;
  if (value.As<int64_t>() != nullptr) return Kind::kInt;
  if (value.As<double>() != nullptr) return Kind::kFloat;
  if (value.As<std::string>() != nullptr) return Kind::kString;
  return std::nullopt;
}

Result<bool> Equal(const Value& a, const Value& b) {
  if (a.IsNil() || b.IsNil()) return a.IsNil() && b.IsNil();
  const auto ka = KindOf(a);
  const auto kb = KindOf(b);
  if (!ka || !kb) return Invalid("non-comparable type " + (ka ? b : a).TypeName());
  if (*ka != *kb) return Invalid("incompatible types for comparison");
  switch (*ka) {
    case Kind::kBool:
      return *a.As<bool>() == *b.As<bool>();
    case Kind::kInt:
      return *a.As<int64_t>() == *b.As<int64_t>();
    case Kind::kFloat:
      return *a.As<double>() == *b.As<double>();
    case Kind::kString:
      return *a.As<std::string>() == *b.As<std::string>();
  }
  return false;
}

Result<bool> Less(const Value& a, const Value& b) {
  const auto ka = KindOf(a);
  const auto kb = KindOf(b);
  if (!ka || !kb) return Invalid("invalid type for comparison");
  if (*ka != *kb) return Invalid("incompatible types for comparison");
  switch (*ka) {
    case Kind::kBool:
      return Invalid("invalid type for comparison");
    case Kind::kInt:
      return *a.As<int64_t>() < *b.As<int64_t>();
    case Kind::kFloat:
      return *a.As<double>() < *b.As<double>();
    case Kind::kString:
      return *a.As<std::string>() < *b.As<std::string>();
  }
  return false;
}

Result<Value> Eq(const FunctionContext&, Args args) {
  if (args.size() < 2) return Invalid("missing argument for comparison");
  for (const Value& other : args.subspan(1)) {
    ASSIGN_OR_RETURN(const bool equal, Equal(args[0], other));
    if (equal) return Value::Bool(true);
  }
  return Value::Bool(false);
}

Result<Value> Ne(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const bool equal, Equal(args[0], args[1]));
  return Value::Bool(!equal);
}

Result<Value> Lt(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const bool less, Less(args[0], args[1]));
  return Value::Bool(less);
}

// Less or equal, as two questions: with NaN both are false.
Result<Value> Le(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const bool less, Less(args[0], args[1]));
  if (less) return Value::Bool(true);
  ASSIGN_OR_RETURN(const bool equal, Equal(args[0], args[1]));
  return Value::Bool(equal);
}

Result<Value> Gt(const FunctionContext& context, Args args) {
  ASSIGN_OR_RETURN(const Value at_most, Le(context, args));
  return Value::Bool(!*at_most.As<bool>());
}

Result<Value> Ge(const FunctionContext&, Args args) {
  ASSIGN_OR_RETURN(const bool less, Less(args[0], args[1]));
  return Value::Bool(!less);
}

Result<Value> Not(const FunctionContext&, Args args) { return Value::Bool(!args[0].Truth()); }

Result<Value> Len(const FunctionContext&, Args args) {
  if (const auto* s = args[0].As<std::string>()) return Value::Int(static_cast<int64_t>(s->size()));
  if (const List* list = args[0].AsList()) return Value::Int(static_cast<int64_t>(list->items.size()));
  if (const Map* map = args[0].AsMap()) return Value::Int(static_cast<int64_t>(map->items.size()));
  return Invalid(args[0].IsNil() ? "len of nil pointer" : "len of type " + args[0].TypeName());
}

Result<size_t> ToIndex(const Value& value, size_t limit) {
  const auto* i = value.As<int64_t>();
  if (value.IsNil()) return Invalid("cannot index slice/array with nil");
  if (i == nullptr) return Invalid("cannot index slice/array with type " + value.TypeName());
  if (*i < 0 || static_cast<uint64_t>(*i) > limit)
    return Invalid("index out of range: " + std::to_string(*i));
  return static_cast<size_t>(*i);
}

Result<Value> IndexMap(const Map& map, const Value& key) {
  const auto* name = key.As<std::string>();
  if (key.IsNil()) return Invalid("value is nil; should be of type string");
  if (name == nullptr) return Invalid("value has type " + key.TypeName() + "; should be string");
  const auto found = map.items.find(*name);
  if (found != map.items.end()) return found->second;
  return map.of_strings ? Value::String("") : Value();
}

Result<Value> IndexOnce(const Value& item, const Value& key) {
  if (item.IsNil()) return Invalid("index of untyped nil");
  if (const Map* map = item.AsMap()) return IndexMap(*map, key);
  const List* list = item.AsList();
  const auto* text = item.As<std::string>();
  if (list == nullptr && text == nullptr) return Invalid("can't index item of type " + item.TypeName());
  const size_t size = list != nullptr ? list->items.size() : text->size();
  ASSIGN_OR_RETURN(const size_t i, ToIndex(key, size));
  if (i >= size) return Invalid("index out of range: " + std::to_string(i));
  if (list != nullptr) return list->items[i];
  return Value::Int(static_cast<unsigned char>((*text)[i]));
}

Result<Value> Index(const FunctionContext&, Args args) {
  Value item = args[0];
  for (const Value& key : args.subspan(1)) {
    ASSIGN_OR_RETURN(item, IndexOnce(item, key));
  }
  return item;
}

Result<Value> Slice(const FunctionContext&, Args args) {
  const List* list = args[0].AsList();
  const auto* text = args[0].As<std::string>();
  if (args[0].IsNil()) return Invalid("slice of untyped nil");
  if (args.size() > 4) return Invalid("too many slice indexes: " + std::to_string(args.size() - 1));
  if (list == nullptr && text == nullptr) return Invalid("can't slice item of type " + args[0].TypeName());
  if (text != nullptr && args.size() > 3) return Invalid("cannot 3-index slice a string");
  const size_t size = list != nullptr ? list->items.size() : text->size();
  size_t bounds[3] = {0, size, size};
  for (size_t i = 1; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(bounds[i - 1], ToIndex(args[i], size));
  }
  if (bounds[0] > bounds[1]) {
    return Invalid("invalid slice index: " + std::to_string(bounds[0]) + " > " + std::to_string(bounds[1]));
  }
  if (text != nullptr) return Value::String(text->substr(bounds[0], bounds[1] - bounds[0]));
  const auto begin = list->items.begin();
  return Value::Of(
      List{.items = {begin + static_cast<ptrdiff_t>(bounds[0]), begin + static_cast<ptrdiff_t>(bounds[1])},
           .type = list->type});
}

Result<Value> CallFunction(const FunctionContext&, Args args) {
  if (args[0].IsNil()) return Invalid("call of nil");
  return Invalid("non-function of type " + args[0].TypeName());
}

Result<Value> PrintFunction(const FunctionContext&, Args args) { return Value::String(PrintAll(args)); }
Result<Value> PrintLineFunction(const FunctionContext&, Args args) { return Value::String(PrintLine(args)); }
Result<Value> PrintFormatFunction(const FunctionContext&, Args args) {
  return Value::String(PrintFormat(*args[0].As<std::string>(), args.subspan(1)));
}

Result<Value> Html(const FunctionContext&, Args args) {
  std::string out;
  for (const char c : PrintAll(args)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        out += "\xef\xbf\xbd";
        break;
      default:
        out += c;
    }
  }
  return Value::String(std::move(out));
}

Result<Value> JavaScript(const FunctionContext&, Args args) {
  std::string out;
  char escape[8];
  for (const char c : PrintAll(args)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '\'' || c == '"') {
      out += {'\\', c};
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&' || c == '=') {
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out += c;
    }
  }
  return Value::String(std::move(out));
}

// Decided by the interpreter, which must not evaluate what comes after the deciding argument.
Result<Value> Last(const FunctionContext&, Args args) { return args.back(); }

constexpr Builtin kFunctions[] = {
    {"and", Last, 1, true},
    {"call", CallFunction, 1, true},
    {"eq", Eq, 1, true},
    {"ge", Ge, 2, false},
    {"gt", Gt, 2, false},
    {"html", Html, 0, true},
    {"index", Index, 1, true},
    {"js", JavaScript, 0, true},
    {"le", Le, 2, false},
    {"len", Len, 1, false},
    {"lt", Lt, 2, false},
    {"ne", Ne, 2, false},
    {"not", Not, 1, false},
    {"or", Last, 1, true},
    {"print", PrintFunction, 0, true},
    {"printf", PrintFormatFunction, 1, true, {Param::kString, Param::kAny, Param::kAny}},
    {"println", PrintLineFunction, 0, true},
    {"slice", Slice, 1, true},
};

}  // namespace

std::span<const Builtin> LanguageFunctions() { return kFunctions; }

}  // namespace belfry::tmpl
