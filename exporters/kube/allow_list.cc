#include "exporters/kube/allow_list.h"

#include <algorithm>
#include <map>
#include <set>

namespace belfry::kube {
namespace {

bool MatchesKey(std::string_view pattern, std::string_view key) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == key;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return key.size() >= head.size() + tail.size() && key.starts_with(head) && key.ends_with(tail);
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Mangle(std::string_view prefix, std::string_view key) {
  std::string name(prefix);
  name += '_';
  for (size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    if (IsUpper(c)) {
      if (i > 0 && (IsLower(key[i - 1]) || IsDigit(key[i - 1]))) name += '_';
      name += static_cast<char>(c - 'A' + 'a');
    } else {
      name += IsLower(c) || IsDigit(c) ? c : '_';
    }
  }
  return name;
}

}  // namespace

std::vector<model::Label> MangledLabels(std::string_view prefix, const api::StringMap& entries,
                                        const AllowList& allowed) {
  std::vector<model::Label> labels;
  std::map<std::string, int> uses;
  for (const auto& [key, value] : entries) {
    const auto matches = [&key = key](const std::string& pattern) { return MatchesKey(pattern, key); };
    if (!std::any_of(allowed.begin(), allowed.end(), matches)) continue;
    labels.push_back({Mangle(prefix, key), value});
    ++uses[labels.back().name];
  }
  std::set<std::string> taken;
  for (const auto& [name, count] : uses) {
    if (count == 1) taken.insert(name);
  }
  std::map<std::string, int> next;
  for (model::Label& label : labels) {
    if (uses[label.name] == 1) continue;
    const std::string plain = label.name;
    do {
      label.name = plain + "_conflict" + std::to_string(++next[plain]);
    } while (!taken.insert(label.name).second);
  }
  return labels;
}

}  // namespace belfry::kube
