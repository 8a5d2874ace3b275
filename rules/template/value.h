// The values templates work on: few kinds, named in errors as Go names them.
// Source: Go's text/template (package documentation) and the data Prometheus hands to alert templates.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"

namespace belfry::tmpl {

struct Nil {
  bool operator==(const Nil&) const = default;
};

struct List;
struct Map;
struct Struct;

// Immutable and cheap to copy: the containers are shared.
class Value {
 public:
  using Data =
      std::variant<Nil, bool, int64_t, double, std::string, Instant, Duration, std::shared_ptr<const List>,
                   std::shared_ptr<const Map>, std::shared_ptr<const Struct>>;

  Value() = default;
  static Value Bool(bool b) { return Value(Data(std::in_place_type<bool>, b)); }
  static Value Int(int64_t i) { return Value(Data(std::in_place_type<int64_t>, i)); }
  static Value Float(double d) { return Value(Data(std::in_place_type<double>, d)); }
  static Value String(std::string s) { return Value(Data(std::in_place_type<std::string>, std::move(s))); }
  static Value Time(Instant t) { return Value(Data(std::in_place_type<Instant>, t)); }
  static Value Span(Duration d) { return Value(Data(std::in_place_type<Duration>, d)); }
  static Value Of(List list);
  static Value Of(Map map);
  static Value Of(Struct s);
  // map[string]string.
  static Value Of(const model::Labels& labels);

  template <class T>
  const T* As() const {
    return std::get_if<T>(&data_);
  }
  const List* AsList() const { return Pointee<List>(); }
  const Map* AsMap() const { return Pointee<Map>(); }
  const Struct* AsStruct() const { return Pointee<Struct>(); }
  bool IsNil() const { return data_.index() == 0; }

  // What `if` and `with` ask: not false, zero, empty or nil.
  bool Truth() const;
  // `string`, `float64`, `map[string]string`, …
  std::string TypeName() const;

 private:
  explicit Value(Data data) : data_(std::move(data)) {}

  template <class T>
  const T* Pointee() const {
    const auto* shared = std::get_if<std::shared_ptr<const T>>(&data_);
    return shared == nullptr ? nullptr : shared->get();
  }

  Data data_;
};

struct List {
  std::vector<Value> items;
  std::string type = "[]interface {}";
};

// A missing key reads as "" (map[string]string) or as nothing (map[string]interface {}).
struct Map {
  std::map<std::string, Value, std::less<>> items;
  bool of_strings = true;
};

// A missing field is an error.
struct Struct {
  std::string type;
  std::vector<std::pair<std::string, Value>> fields;

  const Value* Find(std::string_view name) const;
};

inline constexpr std::string_view kSampleType = "*template.sample";
inline constexpr std::string_view kSamplesType = "template.queryResult";

// One element of what `query` answers: {Labels, Value}.
Value MakeSample(const model::Labels& labels, double value);

}  // namespace belfry::tmpl
