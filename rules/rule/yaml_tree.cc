// Built from the parser's events: yaml-cpp's own nodes cost several allocations each, and a test file has
// tens of thousands.
#include "rules/rule/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>

namespace belfry::rule {
namespace {

TextPosition PositionOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
}

class Builder : public YAML::EventHandler {
 public:
  // A value takes a character at least, and a key alone has a null besides. yaml-cpp does not end behind some
  // stray commas: it reads empty documents, one after the other.
  Builder(YamlFile& file, size_t text_size) : file_(file), most_nodes_(2 * text_size + 2) {}

  void OnDocumentStart(const YAML::Mark&) override {
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(Make(YamlNode::Kind::kNull, mark, anchor));
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found != anchors_.end()) Place(*found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = Make(YamlNode::Kind::kScalar, mark, anchor);
    node.text = value;
    node.quoted = tag != "?";
    Place(node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Kind::kList, mark, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Kind::kMap, mark, anchor));
  }
  void OnMapEnd() override {
    Merge(*open_.back().node);
    open_.pop_back();
  }

 private:
  struct Level {
    YamlNode* node;
    const YamlNode* key = nullptr;  // of a map: read, its value is awaited
  };

  YamlNode& Make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (file_.nodes.size() == most_nodes_)
      throw YAML::ParserException(mark, "more values than the text has room for");
    YamlNode& node = file_.nodes.emplace_back();
    node.kind = kind;
    node.position = PositionOf(mark);
    if (anchor != 0) anchors_[anchor] = &node;
    return node;
  }

  void Open(YamlNode& node) {
    Place(node);
    open_.push_back({&node});
  }

  void Place(const YamlNode& node) {
    if (open_.empty()) return file_.documents.push_back(&node);
    Level& level = open_.back();
    if (level.node->IsList()) {
      level.node->items.push_back(&node);
    } else if (level.key == nullptr) {
      level.key = &node;
    } else {
      level.node->entries.emplace_back(level.key, &node);
      level.key = nullptr;
    }
  }

  // `<<: *base` and `<<: [*a, *b]`: their entries, where the map has none of that name itself.
  static void Merge(YamlNode& map) {
    const auto is_merge = [](const YamlNode::Entry& entry) {
      return entry.first->IsScalar() && !entry.first->quoted && entry.first->text == "<<" &&
             (entry.second->IsMap() || entry.second->IsList());
    };
    const auto merge = std::find_if(map.entries.begin(), map.entries.end(), is_merge);
    if (merge == map.entries.end()) return;
    const YamlNode* from = merge->second;
    map.entries.erase(merge);
    std::unordered_set<std::string_view> names;
    for (const YamlNode::Entry& entry : map.entries) names.insert(entry.first->text);
    const auto add = [&](const YamlNode& source) {
      if (&source == &map) return;
      for (const YamlNode::Entry& entry : source.entries) {
        if (names.insert(entry.first->text).second) map.entries.push_back(entry);
      }
    };
    add(*from);
    for (const YamlNode* item : from->items) add(*item);
  }

  YamlFile& file_;
  size_t most_nodes_;
  std::vector<Level> open_;
  std::unordered_map<YAML::anchor_t, const YamlNode*> anchors_;
};

// A text as a stream without a copy.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: only read
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.first->IsScalar() && entry.first->text == key) return entry.second;
  }
  return nullptr;
}

std::string YamlNode::Describe() const {
  switch (kind) {
    case Kind::kMap:
      return "a map";
    case Kind::kList:
      return "a list";
    case Kind::kScalar:
      return "\"" + text.substr(0, 40) + "\"";
    case Kind::kNull:
      break;
  }
  return "nothing";
}

YamlResult ReadYaml(std::string_view text) {
  YamlResult result;
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  Builder builder(result.file, text.size());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    result.ok = false;
    result.position = {static_cast<size_t>(std::max(error.mark.line, 0)) + 1,
                       static_cast<size_t>(std::max(error.mark.column, 0)) + 1};
    result.problem = error.msg;
    result.file.documents.clear();
  }
  return result;
}

}  // namespace belfry::rule
