#include "agent/manifest/node_builder.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace belfry::manifest {
namespace {

struct Weight {
  size_t nodes = 0;
  size_t bytes = 0;
};

// Stops counting beyond `most` nodes: the tree may be large, and it is too large then anyway.
void Weigh(const Node& node, size_t most, Weight& weight) {
  ++weight.nodes;
  weight.bytes += node.text.size() + node.key.size();
  for (const Node& item : node.items) {
    if (weight.nodes > most) return;
    Weigh(item, most, weight);
  }
}

const Node* FindDuplicate(const std::vector<Node>& members, const Node** first) {
  // Few members: comparing all pairs is cheaper than a table.
  if (members.size() <= 12) {
    for (auto it = members.begin(); it != members.end(); ++it) {
      const auto earlier =
          std::find_if(members.begin(), it, [&](const Node& other) { return other.key == it->key; });
      if (earlier != it) return *first = &*earlier, &*it;
    }
    return nullptr;
  }
  std::unordered_map<std::string_view, const Node*> seen;
  seen.reserve(members.size());
  for (const Node& member : members) {
    const auto [it, inserted] = seen.emplace(member.key, &member);
    if (!inserted) return *first = it->second, &member;
  }
  return nullptr;
}

bool IsMergeKey(const Node& member) { return member.key.data() == NodeBuilder::kMergeKey.data(); }

}  // namespace

constinit const std::string_view NodeBuilder::kMergeKey = "<<";

bool NodeBuilder::Refuse(Position at, std::string message) {
  if (!failure_)
    failure_ =
        Problem{.file = {}, .line = at.line, .column = at.column, .field = {}, .message = std::move(message)};
  return false;
}

bool NodeBuilder::Open(NodeType type, Position at) {
  if (open_.size() >= limits_.depth) {
    return Refuse(at, "nested more than " + std::to_string(limits_.depth) + " levels deep");
  }
  Opened opened{.node = {}, .first = pending_.size()};
  opened.node.type = type;
  opened.node.at = at;
  opened.node.key = std::exchange(key_, {});
  opened.node.key_at = key_at_;
  open_.push_back(std::move(opened));
  return true;
}

bool NodeBuilder::Key(std::string_view key, Position at) {
  key_ = key;
  key_at_ = at;
  return true;
}

bool NodeBuilder::Scalar(NodeType type, std::string_view text, Position at) {
  Node node;
  node.type = type;
  node.at = at;
  node.key = std::exchange(key_, {});
  node.key_at = key_at_;
  node.text = text;
  return Add(std::move(node));
}

bool NodeBuilder::Add(Node node) {
  if (++nodes_ > limits_.nodes) {
    return Refuse(node.at, "more than " + std::to_string(limits_.nodes) + " values in one file");
  }
  pending_.push_back(std::move(node));
  return true;
}

bool NodeBuilder::Close() {
  Opened opened = std::move(open_.back());
  open_.pop_back();
  const auto first = pending_.begin() + static_cast<std::ptrdiff_t>(opened.first);
  opened.node.items.assign(std::make_move_iterator(first), std::make_move_iterator(pending_.end()));
  pending_.erase(first, pending_.end());
  if (opened.node.IsMap() && (!Merge(opened.node.items) || !CheckUnique(opened.node.items))) return false;
  return Add(std::move(opened.node));
}

bool NodeBuilder::CheckUnique(const std::vector<Node>& members) {
  const Node* first = nullptr;
  const Node* second = FindDuplicate(members, &first);
  if (second == nullptr) return true;
  return Refuse(second->key_at, "key \"" + std::string(second->key) + "\" already set in map (line " +
                                    std::to_string(first->key_at.line) + ")");
}

bool NodeBuilder::CountCopy(const Node& node, Position at) {
  Weight weight;
  Weigh(node, limits_.alias_nodes, weight);
  copied_nodes_ += weight.nodes;
  copied_bytes_ += weight.bytes;
  nodes_ += weight.nodes;
  if (copied_nodes_ <= limits_.alias_nodes && copied_bytes_ <= limits_.alias_bytes) return true;
  return Refuse(at, "aliases expand to too much: more than " + std::to_string(limits_.alias_nodes) +
                        " values or " + std::to_string(limits_.alias_bytes >> 20) + " MiB");
}

bool NodeBuilder::Copy(const Node& node, Position at) {
  if (!CountCopy(node, at)) return false;
  Node copy = node;
  copy.at = at;
  copy.key = std::exchange(key_, {});
  copy.key_at = key_at_;
  return Add(std::move(copy));
}

bool NodeBuilder::Merge(std::vector<Node>& members) {
  const auto ours = std::stable_partition(members.begin(), members.end(),
                                          [](const Node& member) { return !IsMergeKey(member); });
  if (ours == members.end()) return true;
  const std::vector<Node> merges(std::make_move_iterator(ours), std::make_move_iterator(members.end()));
  members.erase(ours, members.end());
  for (const Node& merge : merges) {
    if (merge.type != NodeType::kSequence) {
      if (!MergeOne(merge, members)) return false;
      continue;
    }
    for (const Node& lender : merge.items) {
      if (!MergeOne(lender, members)) return false;
    }
  }
  return true;
}

bool NodeBuilder::MergeOne(const Node& lender, std::vector<Node>& members) {
  if (!lender.IsMap()) return Refuse(lender.at, "map merge requires map or sequence of maps as the value");
  if (!CountCopy(lender, lender.at)) return false;
  std::unordered_set<std::string_view> present;
  for (const Node& member : members) present.insert(member.key);
  for (const Node& member : lender.items) {
    if (!present.contains(member.key)) members.push_back(member);
  }
  return true;
}

Node NodeBuilder::TakeRoot() {
  Node root = std::move(pending_.back());
  pending_.clear();
  return root;
}

void NodeBuilder::Abandon() {
  open_.clear();
  pending_.clear();
  key_ = {};
  failure_.reset();
}

}  // namespace belfry::manifest
