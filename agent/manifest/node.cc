#include "agent/manifest/node.h"

#include <charconv>
#include <cstring>

namespace belfry::manifest {
namespace {

const Node* Element(const Node& node, std::string_view index) {
  size_t position = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), position);
  if (error != std::errc() || end != index.data() + index.size() || position >= node.items.size())
    return nullptr;
  return &node.items[position];
}

// Takes the first segment off `path` and finds its node.
const Node* Step(const Node& node, std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  if (path.starts_with('[')) {
    const size_t close = path.find(']');
    if (close == std::string_view::npos) return nullptr;
    const std::string_view inside = path.substr(1, close - 1);
    path.remove_prefix(close + 1);
    return node.type == NodeType::kSequence ? Element(node, inside) : node.Find(inside);
  }
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const std::string_view name = path.substr(0, end);
  path.remove_prefix(end);
  return node.Find(name);
}

}  // namespace

std::string_view NodeTypeName(NodeType type) {
  switch (type) {
    case NodeType::kNull:
      return "null";
    case NodeType::kBool:
      return "bool";
    case NodeType::kInt:
    case NodeType::kFloat:
      return "number";
    case NodeType::kString:
      return "string";
    case NodeType::kSequence:
      return "array";
    case NodeType::kMap:
      return "object";
  }
  return "value";
}

const Node* Node::Find(std::string_view name) const {
  if (!IsMap()) return nullptr;
  for (const Node& item : items) {
    if (item.key == name) return &item;
  }
  return nullptr;
}

const Node& Locate(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (!path.empty()) {
    const Node* next = Step(*node, path);
    if (next == nullptr) break;
    node = next;
  }
  return *node;
}

std::string_view TextPool::Add(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > kChunk / 4) {
    chunks_.push_back(std::make_unique<char[]>(text.size()));
    char* const large = chunks_.back().get();
    std::memcpy(large, text.data(), text.size());
    return {large, text.size()};
  }
  if (text.size() > left_) {
    chunks_.push_back(std::make_unique<char[]>(kChunk));
    next_ = chunks_.back().get();
    left_ = kChunk;
  }
  std::memcpy(next_, text.data(), text.size());
  const std::string_view kept(next_, text.size());
  next_ += text.size();
  left_ -= text.size();
  return kept;
}

}  // namespace belfry::manifest
