#include "rules/template/letter_case.h"

#include <cstdint>

#include "rules/template/constants.h"

namespace belfry::tmpl {
namespace {

bool In(uint32_t c, uint32_t from, uint32_t to) { return c >= from && c <= to; }

// Blocks in which capitals and small letters take turns, the capital first.
bool Alternates(uint32_t c) {
  return In(c, 0x100, 0x137) || In(c, 0x14a, 0x177) || In(c, 0x460, 0x481) || In(c, 0x48a, 0x4bf) ||
         In(c, 0x4d0, 0x52f) || In(c, 0x1e00, 0x1e95) || In(c, 0x1ea0, 0x1eff);
}

uint32_t Upper(uint32_t c) {
  if (In(c, 'a', 'z')) return c - 32;
  if (c < 0x80) return c;
  if (In(c, 0xe0, 0xfe) && c != 0xf7) return c - 32;
  if (c == 0xff) return 0x178;
  if (In(c, 0x3b1, 0x3c9) && c != 0x3c2) return c - 32;
  if (c == 0x3c2) return 0x3a3;
  if (In(c, 0x430, 0x44f)) return c - 32;
  if (In(c, 0x450, 0x45f)) return c - 80;
  if (c == 0x131) return 'I';
  if (Alternates(c)) return c & ~1u;
  // Here the capital has the odd number.
  if (In(c, 0x139, 0x148) || In(c, 0x179, 0x17e)) return c % 2 == 0 ? c - 1 : c;
  return c;
}

uint32_t Lower(uint32_t c) {
  if (In(c, 'A', 'Z')) return c + 32;
  if (c < 0x80) return c;
  if (In(c, 0xc0, 0xde) && c != 0xd7) return c + 32;
  if (c == 0x178) return 0xff;
  if (In(c, 0x391, 0x3a9)) return c + 32;
  if (In(c, 0x410, 0x42f)) return c + 32;
  if (In(c, 0x400, 0x40f)) return c + 80;
  if (c == 0x130) return 'i';
  if (Alternates(c)) return c | 1u;
  if (In(c, 0x139, 0x148) || In(c, 0x179, 0x17e)) return c % 2 == 1 ? c + 1 : c;
  return c;
}

template <class Change>
std::string Convert(std::string_view text, const Change& change) {
  std::string out;
  while (!text.empty()) {
    size_t size = 0;
    const uint32_t code = DecodeUtf8(text, size);
    AppendUtf8(change(code), out);
    text.remove_prefix(size);
  }
  return out;
}

bool IsLetter(uint32_t c) {
  return In(c, 'a', 'z') || In(c, 'A', 'Z') ||
         (c >= 0xc0 && c != 0xd7 && c != 0xf7 && !In(c, 0x2000, 0x2bff));
}
bool InWord(uint32_t c) { return IsLetter(c) || In(c, '0', '9') || c == '_'; }
bool JoinsLetters(uint32_t c) { return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x2019; }

}  // namespace

std::string ToUpper(std::string_view text) { return Convert(text, Upper); }
std::string ToLower(std::string_view text) { return Convert(text, Lower); }

std::string ToTitle(std::string_view text) {
  uint32_t before = ' ';
  uint32_t before_that = ' ';
  return Convert(text, [&](uint32_t c) {
    const bool inside = InWord(before) || (JoinsLetters(before) && IsLetter(before_that));
    before_that = before;
    before = c;
    return inside ? c : Upper(c);
  });
}

}  // namespace belfry::tmpl
