// Which paths there are: resources by group, version and plural, and what a path asks for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/api/meta.h"
#include "agent/apiserver/status.h"

namespace belfry::apiserver {

struct Resource {
  std::string_view group;
  std::string_view version;
  std::string_view plural;
  api::Kind kind;
  bool writable;  // create and delete, besides get and list
};

// Every resource that is served.
std::span<const Resource> Resources();

struct Target {
  const Resource* resource = nullptr;
  std::string ns;    // empty: all of them
  std::string name;  // empty: the collection

  Subject subject() const;
};

// What `/apis/batch/v1/namespaces/default/jobs/x` names; nothing for every other path.
std::optional<Target> ParsePath(std::string_view path);

}  // namespace belfry::apiserver
