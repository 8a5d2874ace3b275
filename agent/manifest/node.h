// A parsed text as a tree: what YAML and JSON have in common, with the place of everything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/manifest/problem.h"

namespace belfry::manifest {

enum class NodeType : uint8_t { kNull, kBool, kInt, kFloat, kString, kSequence, kMap };

// "null", "bool", "number", "string", "array", "object": how errors call it.
std::string_view NodeTypeName(NodeType type);

// The strings are owned by the Document (or by the text it was read from).
struct Node {
  NodeType type = NodeType::kNull;
  Position at;
  Position key_at;          // in a map: where the key is
  std::string_view key;     // in a map
  std::string_view text;    // a string's characters; for the other scalars their JSON text, numbers as they
                            // were written where JSON allows
  std::vector<Node> items;  // of a sequence, or of a map in the order written; keys are unique

  bool IsScalar() const { return type < NodeType::kSequence; }
  bool IsMap() const { return type == NodeType::kMap; }
  bool IsNull() const { return type == NodeType::kNull; }
  // The member of that key, or null.
  const Node* Find(std::string_view name) const;
};

// The deepest existing node on the way to a field path such as `spec.containers[0].name` or
// `metadata.labels[a.b/c]`.
const Node& Locate(const Node& root, std::string_view path);

// Owns strings; they stay where they are.
class TextPool {
 public:
  std::string_view Add(std::string_view text);

 private:
  static constexpr size_t kChunk = 16384;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t left_ = 0;
  char* next_ = nullptr;
};

struct Document {
  Node root;
  std::shared_ptr<TextPool> texts;
};

// What one text may cost before it is refused.
struct NodeLimits {
  size_t bytes = 8u << 20;         // of text
  size_t depth = 100;              // maps and sequences in each other
  size_t nodes = 1'000'000;        // in all documents of the text together
  size_t alias_nodes = 100'000;    // thereof copies made by YAML aliases and merge keys
  size_t alias_bytes = 16u << 20;  // of strings in such copies
  size_t documents = 50'000;
};

}  // namespace belfry::manifest
