// The two grammars behind ParseExpression; each keeps the place of its fault.
#pragma once

#include <string_view>
#include <vector>

#include "agent/cron/expression.h"
#include "agent/cron/field.h"

namespace belfry::cron {

// The words of `text`, separated by white space.
std::vector<std::string_view> Words(std::string_view text);

// Errors: kInvalid `expected exactly 5 fields, found 2: [a b]`, with the place in `parser`. `text` is what
// the words are from.
Result<void> CheckFieldCount(FieldParser& parser, const std::vector<std::string_view>& words, size_t wanted,
                             std::string_view text);

Result<Schedule> ParseStandard(FieldParser& parser, std::string_view text);
Result<Schedule> ParseAws(FieldParser& parser, std::string_view text);

}  // namespace belfry::cron
