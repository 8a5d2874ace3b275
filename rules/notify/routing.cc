#include "rules/notify/routing.h"

#include <utility>

#include "agent/base/check.h"
#include "rules/notify/matchers.h"

namespace belfry::notify {

Result<std::vector<storage::Matcher>> RouteMatchers(const Route& route) {
  std::vector<storage::Matcher> all;
  for (const std::string& text : route.matchers) {
    ASSIGN_OR_RETURN(const std::vector<storage::Matcher> some, ParseMatchers(text));
    all.insert(all.end(), some.begin(), some.end());
  }
  for (const auto& [name, value] : route.match) all.push_back(storage::Matcher::Equal(name, value));
  for (const auto& [name, value] : route.match_re) {
    ASSIGN_OR_RETURN(storage::Matcher matcher, storage::Matcher::Make(name, storage::MatchOp::kRegex, value));
    all.push_back(std::move(matcher));
  }
  return all;
}

Routing::Routing(const Route& root) { Add(root, RouteNode{}); }

size_t Routing::Add(const Route& route, const RouteNode& parent) {
  auto matchers = RouteMatchers(route);
  CHECK(matchers.ok());
  RouteNode node = parent;
  node.children.clear();
  node.key = (parent.key.empty() ? "" : parent.key + "/") + FormatMatchers(*matchers);
  node.matchers = *std::move(matchers);
  node.continue_matching = route.continue_matching;
  if (!route.receiver.empty()) node.receiver = route.receiver;
  if (route.group_by) {
    node.group_by_all = route.group_by->size() == 1 && route.group_by->front() == "...";
    node.group_by = node.group_by_all ? std::vector<std::string>() : *route.group_by;
  }
  node.group_wait = route.group_wait.value_or(parent.group_wait);
  node.group_interval = route.group_interval.value_or(parent.group_interval);
  node.repeat_interval = route.repeat_interval.value_or(parent.repeat_interval);
  const size_t index = nodes_.size();
  nodes_.push_back(node);
  for (const Route& child : route.routes) {
    const size_t child_index = Add(child, node);
    nodes_[index].children.push_back(child_index);
  }
  return index;
}

std::vector<size_t> Routing::Match(const model::Labels& labels) const {
  std::vector<size_t> out;
  if (!nodes_.empty()) MatchBelow(0, labels, out);
  return out;
}

bool Routing::MatchBelow(size_t index, const model::Labels& labels, std::vector<size_t>& out) const {
  const RouteNode& node = nodes_[index];
  if (!MatchesAll(node.matchers, labels)) return false;
  const size_t before = out.size();
  for (const size_t child : node.children) {
    if (MatchBelow(child, labels, out) && !nodes_[child].continue_matching) break;
  }
  if (out.size() == before) out.push_back(index);
  return true;
}

model::Labels GroupLabels(const RouteNode& route, const model::Labels& labels) {
  return route.group_by_all ? labels : labels.Only(route.group_by);
}

std::string GroupKey(const RouteNode& route, const model::Labels& group_labels) {
  return route.key + ":" + group_labels.ToString();
}

}  // namespace belfry::notify
