// Matchers as they are written in routes, silences and filters.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "exporters/model/labels.h"
#include "rules/storage/matcher.h"

namespace belfry::notify {

// `team=x`, `team="x y"`, `"a b"=~"c|d"`, and lists with or without braces: `{a="b",c!~"d"}`. Quoted text
// knows \" \\ and \n. Errors: kInvalid, naming the text and what is wrong in it.
Result<std::vector<storage::Matcher>> ParseMatchers(std::string_view text);

// True if every matcher fits; an absent label is empty.
bool MatchesAll(std::span<const storage::Matcher> matchers, const model::Labels& labels);

// `{a="b",c=~"d"}`, sorted by name: how group keys show a route.
std::string FormatMatchers(std::span<const storage::Matcher> matchers);

}  // namespace belfry::notify
