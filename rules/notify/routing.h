// Which receiver is told of an alert, and together with which others.
// Source: Alertmanager's route tree (docs/notifications.md).
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/notify/config.h"
#include "rules/storage/matcher.h"

namespace belfry::notify {

inline constexpr Duration kDefaultGroupWait = seconds(30);
inline constexpr Duration kDefaultGroupInterval = minutes(5);
inline constexpr Duration kDefaultRepeatInterval = hours(4);

// A route with everything it inherits.
struct RouteNode {
  std::string key;  // `{}/{team="x"}`: the matchers from the root on
  std::string receiver;
  std::vector<std::string> group_by;
  bool group_by_all = false;
  std::vector<storage::Matcher> matchers;
  bool continue_matching = false;
  Duration group_wait = kDefaultGroupWait;
  Duration group_interval = kDefaultGroupInterval;
  Duration repeat_interval = kDefaultRepeatInterval;
  std::vector<size_t> children;
};

// A value.
class Routing {
 public:
  // No route at all: nothing matches anything.
  Routing() = default;
  // Requires: Validate found nothing in the configuration `root` is from.
  explicit Routing(const Route& root);

  // The routes that are to tell of an alert: depth first, children in order, the first that matches takes it
  // unless it says `continue`; a node none of whose children match takes it itself.
  std::vector<size_t> Match(const model::Labels& labels) const;
  const RouteNode& node(size_t index) const { return nodes_[index]; }
  const std::vector<RouteNode>& nodes() const { return nodes_; }

 private:
  size_t Add(const Route& route, const RouteNode& parent);
  bool MatchBelow(size_t index, const model::Labels& labels, std::vector<size_t>& out) const;

  std::vector<RouteNode> nodes_;  // [0] is the root
};

// All matchers of a route, the deprecated forms too. Errors: kInvalid.
Result<std::vector<storage::Matcher>> RouteMatchers(const Route& route);

// The labels that an alert shares with its group, and the group's name: `{}/{team="x"}:{alertname="A"}`.
model::Labels GroupLabels(const RouteNode& route, const model::Labels& labels);
std::string GroupKey(const RouteNode& route, const model::Labels& group_labels);

}  // namespace belfry::notify
