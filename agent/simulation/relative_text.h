// Texts without what tells one hour from another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace belfry::simulation {

// Appends `text` (JSON, names) with every time relative to `base`: RFC 3339 times in quotes become their
// distance, the slots in names of Jobs (`etl-29540760`, in minutes or seconds) too; uids and random suffixes
// of pods' names become placeholders, versions are left out. Two states that differ only in when they are
// have the same text.
void AppendRelative(std::string& out, std::string_view text, Instant base);

// Moves the slot in `text` if it is `prefix`, a dash and a slot's number; false if it is not. Requires: `by`
// is whole minutes.
bool MoveSlotName(std::string& text, std::string_view prefix, Duration by);

// Whether a slot's number, or one as large, stand anywhere behind a dash.
bool HasSlotName(std::string_view text);

}  // namespace belfry::simulation
