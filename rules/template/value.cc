#include "rules/template/value.h"

namespace belfry::tmpl {

Value Value::Of(List list) { return Value(Data(std::make_shared<const List>(std::move(list)))); }
Value Value::Of(Map map) { return Value(Data(std::make_shared<const Map>(std::move(map)))); }
Value Value::Of(Struct s) { return Value(Data(std::make_shared<const Struct>(std::move(s)))); }

Value Value::Of(const model::Labels& labels) {
  Map map;
  for (const model::Label& label : labels) map.items.emplace(label.name, String(label.value));
  return Of(std::move(map));
}

bool Value::Truth() const {
  if (const auto* b = As<bool>()) return *b;
  if (const auto* i = As<int64_t>()) return *i != 0;
  if (const auto* d = As<double>()) return *d != 0;
  if (const auto* s = As<std::string>()) return !s->empty();
  if (const auto* span = As<Duration>()) return span->count() != 0;
  if (const List* list = AsList()) return !list->items.empty();
  if (const Map* map = AsMap()) return !map->items.empty();
  return !IsNil();
}

std::string Value::TypeName() const {
  if (As<bool>() != nullptr) return "bool";
  if (As<int64_t>() != nullptr) return "int";
  if (As<double>() != nullptr) return "float64";
  if (As<std::string>() != nullptr) return "string";
  if (As<Instant>() != nullptr) return "*time.Time";
  if (As<Duration>() != nullptr) return "*time.Duration";
  if (const List* list = AsList()) return list->type;
  if (const Map* map = AsMap()) return map->of_strings ? "map[string]string" : "map[string]interface {}";
  if (const Struct* s = AsStruct()) return s->type;
  return "<nil>";
}

const Value* Struct::Find(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

Value MakeSample(const model::Labels& labels, double value) {
  return Value::Of(Struct{.type = std::string(kSampleType),
                          .fields = {{"Labels", Value::Of(labels)}, {"Value", Value::Float(value)}}});
}

}  // namespace belfry::tmpl
