// core/v1 Event: what the owner of an object should know.
#pragma once

#include <string>

#include "agent/api/meta.h"

namespace belfry::api {

enum class EventType { kNormal, kWarning };

struct Event {
  static constexpr Kind kKind = Kind::kEvent;
  ObjectMeta metadata;
  ObjectReference involved_object;
  EventType type = EventType::kNormal;
  std::string reason;   // CamelCase
  std::string message;  // a sentence
  std::string source;   // "job-controller"
  std::optional<Instant> first_timestamp;
  std::optional<Instant> last_timestamp;
  int32_t count = 1;
  Kept kept;

  bool operator==(const Event&) const = default;
};

}  // namespace belfry::api
