// Label sets.
// Source: Prometheus' data model.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::model {

inline constexpr std::string_view kMetricName = "__name__";
inline constexpr std::string_view kAlertName = "alertname";

struct Label {
  std::string name;
  std::string value;

  auto operator<=>(const Label&) const = default;
};

// A label as a source shows it, valid during the call only.
struct LabelView {
  std::string_view name;
  std::string_view value;
};
using LabelsView = std::span<const LabelView>;

// A set of labels, sorted by name, without empty values (which mean: no such label). A value.
class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<Label> labels);
  explicit Labels(std::vector<Label> labels);
  // The labels of a series named `name`; empty: none.
  static Labels Of(std::string_view name, LabelsView labels);

  std::string_view Get(std::string_view name) const;  // empty if absent
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  // Sets, or with an empty value removes.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name) { Set(name, {}); }

  Labels Without(std::span<const std::string> names) const;
  Labels Only(std::span<const std::string> names) const;

  const std::vector<Label>& list() const { return list_; }
  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

  // Alertmanager's and Prometheus' identity of a label set: FNV-1a over names and values with 0xff between.
  uint64_t Fingerprint() const;
  // `{a="b", c="d"}`, the name before the brace: `up{job="x"}`; `{}` when empty.
  std::string ToString() const;

  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Label> list_;
};

}  // namespace belfry::model
