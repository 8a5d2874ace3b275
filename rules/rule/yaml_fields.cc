#include "rules/rule/yaml_fields.h"

#include <charconv>
#include <unordered_set>

namespace belfry::rule {

void YamlReader::Complain(TextPosition position, std::string message) {
  problems_.push_back({.file = file_, .position = position, .message = std::move(message)});
}

bool YamlReader::Count() {
  if (nodes_ > kMaxRuleFileNodes) return false;
  if (++nodes_ <= kMaxRuleFileNodes) return true;
  Complain(TextPosition{},
           "more than " + std::to_string(kMaxRuleFileNodes) + " values, aliases counted each time");
  return false;
}

void YamlReader::ReadMap(const YamlNode& map, std::string_view what, const YamlFields& fields) {
  if (map.IsNull()) return;
  if (!map.IsMap()) return Complain(map, std::string(what) + ": expected a map, found " + map.Describe());
  std::unordered_set<std::string_view> seen;
  for (const auto& [key, value] : map.entries) {
    if (!Count()) return;
    const auto field = fields.find(key->text);
    if (!seen.insert(key->text).second) {
      Complain(*key, "key \"" + key->text + "\" is repeated in " + std::string(what));
    } else if (field != fields.end()) {
      field->second(*value);
    } else if (!ignore_unknown_) {
      Complain(*key, "field " + key->text + " not found in " + std::string(what));
    }
  }
}

YamlField YamlReader::Text(std::string& into, std::string_view name, TextPosition* position) {
  return [this, &into, name, position](const YamlNode& node) {
    if (!node.IsScalar() && !node.IsNull())
      return Complain(node, std::string(name) + ": expected text, found " + node.Describe());
    into = node.text;
    if (position != nullptr) *position = node.position;
  };
}

YamlField YamlReader::Number(int64_t& into, std::string_view name) {
  return [this, &into, name](const YamlNode& node) {
    if (node.IsNull()) return;
    const auto [end, status] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), into);
    if (node.text.empty() || status != std::errc() || end != node.text.data() + node.text.size()) {
      Complain(node, std::string(name) + ": expected a whole number, found " + node.Describe());
    }
  };
}

YamlField YamlReader::Texts(TextMap& into, std::string_view name) {
  return [this, &into, name](const YamlNode& node) {
    if (node.IsNull()) return;
    if (!node.IsMap())
      return Complain(node, std::string(name) + ": expected a map, found " + node.Describe());
    for (const auto& [key, value] : node.entries) {
      if (!Count()) return;
      if (!value->IsScalar() && !value->IsNull()) {
        Complain(*value, std::string(name) + "." + key->text + ": expected text, found " + value->Describe());
      } else if (!into.emplace(key->text, value->text).second) {
        Complain(*key, "key \"" + key->text + "\" is repeated in " + std::string(name));
      }
    }
  };
}

YamlField YamlReader::Each(std::string_view name, YamlField read) {
  return [this, name, read = std::move(read)](const YamlNode& node) {
    if (node.IsNull()) return;
    if (!node.IsList())
      return Complain(node, std::string(name) + ": expected a list, found " + node.Describe());
    for (const YamlNode* item : node.items) {
      if (!Count()) return;
      read(*item);
    }
  };
}

YamlField YamlReader::Ignore() {
  return [](const YamlNode&) {};
}

}  // namespace belfry::rule
