#include "rules/promql/signature.h"

#include <functional>

namespace belfry::promql {
namespace {

// Neither byte occurs in UTF-8.
void Append(std::string_view name, std::string_view value, std::string& text) {
  text += name;
  text += '\xFE';
  text += value;
  text += '\xFF';
}

}  // namespace

std::string Signature::Of(const storage::SeriesLabels& labels) const {
  std::string text;
  AppendTo(labels, text);
  return text;
}

void Signature::AppendTo(const storage::SeriesLabels& labels, std::string& text) const {
  if (!on_) {
    for (const model::Label& label : labels.Whole())
      if (Counts(label.name)) Append(label.name, label.value, text);
    return;
  }
  for (const std::string& name : labels_) {
    const std::string_view value = labels.Get(name);
    if (!value.empty()) Append(name, value, text);
  }
}

model::Labels Signature::Part(const model::Labels& labels) const {
  std::vector<model::Label> part;
  for (const model::Label& label : labels)
    if (Counts(label.name)) part.push_back(label);
  return model::Labels(std::move(part));
}

std::vector<size_t> Ordinals::Of(const Grid& grid) {
  std::vector<size_t> ordinals(grid.rows());
  if (signature_.is_empty()) {
    if (grid.rows() > 0 && keys_.empty()) keys_.emplace_back();
    return ordinals;
  }
  Reserve(keys_.size() + grid.rows());
  const std::string* only = signature_.only_label();
  std::string text;
  for (size_t row = 0; row < grid.rows(); ++row) {
    if (only != nullptr) {
      ordinals[row] = Find(grid.labels(row).Get(*only), false);
    } else {
      text.clear();
      signature_.AppendTo(grid.labels(row), text);
      ordinals[row] = Find(text, true);
    }
  }
  return ordinals;
}

void Ordinals::Reserve(size_t keys) {
  size_t size = 16;
  while (size < 2 * keys) size *= 2;
  if (size <= slots_.size()) return;
  slots_.assign(size, 0);
  for (size_t i = 0; i < keys_.size(); ++i) {
    const size_t mask = size - 1;
    size_t at = keys_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

// The number of `key`, a new one if it has none. Open addressing: a probe touches one line of memory most of
// the time, and nothing is allocated for a key that is a view.
size_t Ordinals::Find(std::string_view key, bool copy) {
  const size_t hash = std::hash<std::string_view>()(key);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    const Key& known = keys_[slots_[at] - 1];
    if (known.hash == hash && known.text == key) return slots_[at] - 1;
  }
  if (copy) key = texts_.emplace_back(key);
  keys_.push_back({hash, key});
  slots_[at] = static_cast<uint32_t>(keys_.size());
  return keys_.size() - 1;
}

}  // namespace belfry::promql
