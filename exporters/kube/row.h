// A row of the table, filled by family names instead of numbers.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "agent/api/meta.h"
#include "exporters/kube/families.h"
#include "exporters/model/row_table.h"

namespace belfry::kube {

class Row {
 public:
  Row(model::RowWriter& writer, std::initializer_list<model::LabelView> base) : writer_(writer) {
    writer_.Base(std::span(base.begin(), base.size()));
  }

  void Add(FamilyId family, double value) { writer_.Add(Index(family), value); }
  void Add(FamilyId family, std::initializer_list<model::LabelView> labels, double value) {
    writer_.Add(Index(family), std::span(labels.begin(), labels.size()), value);
  }
  template <class T>
  void AddIfSet(FamilyId family, const std::optional<T>& value) {
    if (value) Add(family, static_cast<double>(*value));
  }
  void AddTime(FamilyId family, const std::optional<Instant>& t) {
    if (t) Add(family, static_cast<double>(ToUnixSeconds(*t)));
  }
  // The condition's three series, if the object has it.
  void AddCondition(FamilyId family, const api::Condition* condition);
  void AddOneOf(FamilyId family, std::string_view label, std::span<const std::string_view> values,
                size_t which) {
    writer_.AddOneOf(Index(family), label, values, which);
  }
  // One series per owner, with what an object without owner shows in the place of names.
  void AddOwners(FamilyId family, const std::vector<api::OwnerReference>& owners, std::string_view none);

  model::RowWriter& writer() { return writer_; }
  static size_t Index(FamilyId family) { return static_cast<size_t>(family); }

 private:
  model::RowWriter& writer_;
};

}  // namespace belfry::kube
