// Compiled time zone files.
// Source: RFC 9636 (TZif), versions 1 to 4. Where we differ: a file that counts leap seconds is refused, our
// instants do not count them.
#pragma once

#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/cron/zone.h"

namespace belfry::cron {

// Whether a file begins as time zone files do; the database's folder holds others too.
bool LooksLikeTzif(std::string_view bytes);

// The spans of a file, with its rule for the years that it does not list carried out up to the end of
// instants. Errors: kInvalid with what is wrong with the file.
Result<std::vector<ZoneSpan>> ReadTzif(std::string_view bytes);

}  // namespace belfry::cron
