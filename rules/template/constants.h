// Constants in actions, and UTF-8.
// Source: the Go language specification, literals.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "rules/template/syntax.h"

namespace belfry::tmpl {

inline constexpr uint32_t kReplacement = 0xfffd;

// `12`, `0x1f`, `1_000` in prefixed numbers, `1.5e3`. Errors: kInvalid, also for integers over 64 bits.
Result<Number> ParseNumber(std::string_view text);
// `'x'`, an int. Errors: kInvalid.
Result<Number> ParseCharacter(std::string_view quoted);

void AppendUtf8(uint32_t code, std::string& out);
// The first code point of a text that is not empty and how many bytes it takes; kReplacement and 1 for a byte
// that starts none.
uint32_t DecodeUtf8(std::string_view text, size_t& size);

}  // namespace belfry::tmpl
