// Builds a Node tree from a parser's events, within limits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/manifest/node.h"

namespace belfry::manifest {

// Every call returns false once something is refused; failure() then says what. One builder per text: limits
// count over all its documents.
class NodeBuilder {
 public:
  // YAML's plain `<<`: its value, a map or several, lends the map around it the members that it does not have
  // itself; the first lender wins. Told from the ordinary key "<<" by its address.
  static const std::string_view kMergeKey;

  explicit NodeBuilder(const NodeLimits& limits) : limits_(limits) {}

  bool Open(NodeType type, Position at);
  // The key of the next value. Requires: the innermost open node is a map.
  bool Key(std::string_view key, Position at);
  bool Scalar(NodeType type, std::string_view text, Position at);
  // Ends the innermost sequence or map. A key given twice is refused; members under kMergeKey are merged
  // first.
  bool Close();
  // A copy of a finished node (a YAML alias).
  bool Copy(const Node& node, Position at);
  // Counts a second copy of last() that the caller keeps.
  bool CountAnchor() { return CountCopy(last(), last().at); }
  bool Refuse(Position at, std::string message);

  bool AtRoot() const { return open_.empty(); }
  bool InMap() const { return !open_.empty() && open_.back().node.IsMap(); }
  // The node that ended last.
  const Node& last() const { return pending_.back(); }
  // The finished root. Requires: AtRoot() after one value.
  Node TakeRoot();
  // Forgets an unfinished document; counts stay.
  void Abandon();
  // No further document can be read within the limits.
  bool exhausted() const { return nodes_ > limits_.nodes; }
  const Problem* failure() const { return failure_ ? &*failure_ : nullptr; }

 private:
  struct Opened {
    Node node;
    size_t first;  // its items start here in pending_
  };
  bool Add(Node node);
  bool Merge(std::vector<Node>& members);
  bool MergeOne(const Node& lender, std::vector<Node>& members);
  bool CountCopy(const Node& node, Position at);
  bool CheckUnique(const std::vector<Node>& members);

  const NodeLimits limits_;
  std::vector<Opened> open_;
  std::vector<Node> pending_;  // finished nodes whose parents are still open
  std::string_view key_;
  Position key_at_;
  size_t nodes_ = 0;
  size_t copied_nodes_ = 0;
  size_t copied_bytes_ = 0;
  std::optional<Problem> failure_;
};

}  // namespace belfry::manifest
