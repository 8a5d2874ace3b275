// Rules and their alerts as text, a piece at a time: a group may have a hundred thousand alerts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/api/reply.h"
#include "rules/rule/engine.h"
#include "rules/storage/matcher.h"

namespace belfry::rules_api {

// Which rules an answer has.
struct RuleFilter {
  std::string type;                                     // "alert", "record", or empty: both
  std::vector<std::string> names;                       // empty: all
  std::vector<std::vector<storage::Matcher>> matchers;  // on the labels as written; one list must fit
  bool with_alerts = true;

  bool any() const { return !type.empty() || !names.empty() || !matchers.empty(); }
  bool Takes(const rule::RuleSpec& spec) const;
};

// Empty: everything is wanted.
bool Wanted(const std::vector<std::string>& names, const std::string& name);

// An alert as the API shows it.
void AppendAlert(const rule::Alert& alert, std::string& out);

// `{"status":"success","data":{"groups":[`, the groups, `close`. `groups` are of `snapshot`.
Reply GroupsReply(std::shared_ptr<const rule::EngineSnapshot> snapshot,
                  std::vector<const rule::GroupStatus*> groups, RuleFilter filter, std::string close);

}  // namespace belfry::rules_api
