#include "exporters/model/labels.h"

#include <algorithm>

namespace belfry::model {
namespace {

constexpr uint64_t kFnvOffset = 14695981039346656037ULL;
constexpr uint64_t kFnvPrime = 1099511628211ULL;

uint64_t Add(uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return (hash ^ 0xFF) * kFnvPrime;  // the separator, which no UTF-8 text contains
}

void AppendHex(unsigned char byte, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// As Go's strconv.Quote does, save that every character above ASCII stays as it is.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      AppendHex(byte, out);
    } else {
      out += c;
    }
  }
  out += '"';
}

// Already as Labels keeps it: the usual case, and sorting allocates.
bool IsCanonical(const std::vector<Label>& list) {
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i].value.empty() || (i > 0 && list[i - 1].name >= list[i].name)) return false;
  return true;
}

bool NameLess(const Label& label, std::string_view name) { return label.name < name; }

}  // namespace

Labels::Labels(std::initializer_list<Label> labels) : Labels(std::vector<Label>(labels)) {}

Labels::Labels(std::vector<Label> labels) : list_(std::move(labels)) {
  if (IsCanonical(list_)) return;
  std::stable_sort(list_.begin(), list_.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  // Of labels with one name the last one holds.
  const auto same = [](const Label& a, const Label& b) { return a.name == b.name; };
  const auto kept = std::unique(list_.rbegin(), list_.rend(), same);
  list_.erase(list_.begin(), kept.base());
  std::erase_if(list_, [](const Label& label) { return label.value.empty(); });
}

Labels Labels::Of(std::string_view name, LabelsView labels) {
  // Positions in the order of names, found by insertion: sources show a handful of labels, nearly sorted.
  std::vector<Label> list;
  list.reserve(labels.size() + 1);
  const auto insert = [&list](std::string_view key, std::string_view value) {
    size_t at = list.size();
    while (at > 0 && list[at - 1].name > key) --at;
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), {std::string(key), std::string(value)});
  };
  if (!name.empty()) insert(kMetricName, name);
  for (const LabelView& label : labels) insert(label.name, label.value);
  return Labels(std::move(list));
}

std::string_view Labels::Get(std::string_view name) const {
  const auto at = std::lower_bound(list_.begin(), list_.end(), name, NameLess);
  return at != list_.end() && at->name == name ? std::string_view(at->value) : std::string_view();
}

void Labels::Set(std::string_view name, std::string_view value) {
  const auto at = std::lower_bound(list_.begin(), list_.end(), name, NameLess);
  const bool found = at != list_.end() && at->name == name;
  if (value.empty()) {
    if (found) list_.erase(at);
  } else if (found) {
    at->value = value;
  } else {
    list_.insert(at, {std::string(name), std::string(value)});
  }
}

Labels Labels::Without(std::span<const std::string> names) const {
  Labels rest = *this;
  std::erase_if(rest.list_, [names](const Label& label) {
    return std::find(names.begin(), names.end(), label.name) != names.end();
  });
  return rest;
}

Labels Labels::Only(std::span<const std::string> names) const {
  Labels rest = *this;
  std::erase_if(rest.list_, [names](const Label& label) {
    return std::find(names.begin(), names.end(), label.name) == names.end();
  });
  return rest;
}

uint64_t Labels::Fingerprint() const {
  uint64_t hash = kFnvOffset;
  for (const Label& label : list_) hash = Add(Add(hash, label.name), label.value);
  return hash;
}

std::string Labels::ToString() const {
  std::string out(Get(kMetricName));
  const bool named = !out.empty();
  bool first = true;
  for (const Label& label : list_) {
    if (label.name == kMetricName) continue;
    out += first ? "{" : ", ";
    first = false;
    out += label.name;
    out += '=';
    AppendQuoted(label.value, out);
  }
  if (!first) out += '}';
  return first && !named ? "{}" : out;
}

}  // namespace belfry::model
