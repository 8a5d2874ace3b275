// Schedule texts.
// Source: the standard parser of robfig/cron v3 (what Kubernetes, Argo and the Spark operator accept), its
// error texts included; Amazon EventBridge's cron() and rate().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "agent/base/result.h"
#include "agent/cron/schedule.h"

namespace belfry::cron {

// Which dialect a text is in; the kind of the object that carries it decides.
enum class Profile {
  kKubernetes,  // five fields, @descriptors, @every; no zone inside
  kSpark,       // the same with an optional TZ=… or CRON_TZ=… in front; Argo Workflows too
  kAws,         // cron(six fields with ? L W # and years), rate(5 minutes)
};

struct ParseError {
  std::string message;
  size_t column = 1;  // where the fault begins; counts characters, from 1
  size_t width = 1;   // how many characters it spans

  bool operator==(const ParseError&) const = default;
};

// The schedule, or what is wrong and where.
std::variant<Schedule, ParseError> ParseExpression(std::string_view text,
                                                   Profile profile = Profile::kKubernetes);

// The same for callers that have no place to point at.
// Errors: kInvalid with the text that Kubernetes shows after `spec.schedule: Invalid value: "…": `.
Result<Schedule> Parse(std::string_view text, Profile profile = Profile::kKubernetes);

}  // namespace belfry::cron
