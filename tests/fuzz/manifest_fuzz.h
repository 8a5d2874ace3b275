// What must hold for any bytes given as a manifest. Used by the fuzzer and, over a corpus, by a plain test.
#pragma once

#include <string_view>

#include "agent/base/check.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/parse.h"

namespace belfry::manifest {

// Ends the process if a text that was accepted does not survive being written and read again.
inline void FuzzManifest(std::string_view text) {
  const Parsed parsed = ParseManifests("fuzz.yaml", text);
  CHECK(!parsed.objects.empty() || !parsed.errors.empty() || !parsed.warnings.empty());
  for (const ParsedObject& object : parsed.objects) {
    const std::string json = ToJson(object.object);
    const auto stored = FromJson(json);
    CHECK(stored.ok());
    CHECK(ToJson(*stored) == json);
    // As a manifest it says the same: defaults are idempotent, nothing valid becomes invalid.
    const Parsed again = ParseManifests("again.json", json);
    CHECK(again.errors.empty() && again.objects.size() == 1);
    CHECK(ToJson(again.objects[0].object) == json);
    CHECK(again.objects[0].not_acted_on == object.not_acted_on);
  }
  for (const Problem& problem : parsed.errors) CHECK(!problem.message.empty() && problem.file == "fuzz.yaml");
  const auto object = FromJson(text);
  if (!object.ok()) return;
  const auto stored = FromJson(ToJson(*object));
  CHECK(stored.ok() && ToJson(*stored) == ToJson(*object));
}

}  // namespace belfry::manifest
