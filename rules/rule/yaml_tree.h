// YAML as a tree of values with their places.
// Source: YAML 1.2 as yaml-cpp reads it; merge keys (`<<`) as Prometheus' reader takes them.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/rule/group_spec.h"

namespace belfry::rule {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  using Entry = std::pair<const YamlNode*, const YamlNode*>;

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar that can only be text
  std::string text;     // of a scalar
  TextPosition position;
  std::vector<const YamlNode*> items;  // of a list
  std::vector<Entry> entries;          // of a map, merged ones last

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsList() const { return kind == Kind::kList; }
  bool IsMap() const { return kind == Kind::kMap; }
  // The value of a key, or nullptr.
  const YamlNode* Find(std::string_view key) const;
  // For messages: `a map`, `"text"`, `nothing`.
  std::string Describe() const;
};

// An alias is the node it names, so nothing is copied: whoever walks the tree counts what he meets.
struct YamlFile {
  std::deque<YamlNode> nodes;  // owns them
  std::vector<const YamlNode*> documents;
};

// Errors: `ok` is false, the problem and its place are set, there are no documents. Never throws.
struct YamlResult {
  YamlFile file;
  bool ok = true;
  TextPosition position;
  std::string problem;
};
YamlResult ReadYaml(std::string_view text);

}  // namespace belfry::rule
