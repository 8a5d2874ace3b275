// Reading maps with known fields: every mistake is collected with its place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule/group_spec.h"
#include "rules/rule/yaml_tree.h"

namespace belfry::rule {

inline constexpr size_t kMaxRuleFileNodes = 1'000'000;  // values looked at, aliases each time

// What a field of a map does with its value.
using YamlField = std::function<void(const YamlNode&)>;
using YamlFields = std::map<std::string_view, YamlField>;

// Requires: what the fields write to outlives their use. After kMaxRuleFileNodes values nothing more is read
// and the last problem says so.
class YamlReader {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  // Calls the field's function for each key; unknown and repeated keys are problems. Null is an empty map.
  void ReadMap(const YamlNode& map, std::string_view what, const YamlFields& fields);

  YamlField Text(std::string& into, std::string_view name, TextPosition* position = nullptr);
  YamlField Number(int64_t& into, std::string_view name);
  YamlField Texts(TextMap& into, std::string_view name);
  // Each element of a list, which may be absent.
  YamlField Each(std::string_view name, YamlField read);
  static YamlField Ignore();

  void Complain(const YamlNode& node, std::string message) { Complain(node.position, std::move(message)); }
  void Complain(TextPosition position, std::string message);
  // Keys that no field has are passed over from now on.
  void IgnoreUnknownFields() { ignore_unknown_ = true; }

  const std::string& file() const { return file_; }
  std::vector<Problem>& problems() { return problems_; }

 private:
  bool Count();

  std::string file_;
  std::vector<Problem> problems_;
  size_t nodes_ = 0;
  bool ignore_unknown_ = false;
};

}  // namespace belfry::rule
