#include "agent/simulation/relative_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace belfry::simulation {
namespace {

// A slot's minutes since 1970 have at least as many digits since 1972. A name of somebody's own that ends in
// as many only keeps two states from being equal.
constexpr size_t kSlotDigits = 7;
constexpr size_t kSecondsDigits = 10;  // as many are seconds: those of schedules with several slots a minute
constexpr size_t kUidLength = 36;
constexpr std::string_view kVersionField = "\"resourceVersion\":\"";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsNameCharacter(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); }

size_t DigitsAt(std::string_view text) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
}

bool IsUid(std::string_view text) {
  if (text.size() < kUidLength) return false;
  for (size_t i = 0; i < kUidLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

// The time that begins `text` and ends at a quote.
std::optional<Instant> TimeAt(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  const auto time = ParseRfc3339(text.substr(0, text.substr(0, 40).find('"')));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

// How long `-abcde`, perhaps after `-0`, is: what pods' names have after their Job's.
size_t PodSuffix(std::string_view text) {
  size_t at = 0;
  if (text.starts_with("-") && DigitsAt(text.substr(1)) > 0) at = 1 + DigitsAt(text.substr(1));
  for (const size_t begin : {at, size_t{0}}) {
    const std::string_view rest = text.substr(begin);
    if (rest.size() < 6 || rest[0] != '-') continue;
    if (!std::all_of(rest.begin() + 1, rest.begin() + 6, IsNameCharacter)) continue;
    if (rest.size() == 6 || !(IsNameCharacter(rest[6]) || rest[6] == '-')) return begin + 6;
  }
  return 0;
}

int64_t NumberAt(std::string_view digits) {
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// What a slot's number of so many digits counts.
Duration UnitOf(size_t digits) { return digits >= kSecondsDigits ? Duration(seconds(1)) : minutes(1); }

}  // namespace

void AppendRelative(std::string& out, std::string_view text, Instant base) {
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (rest[0] == '"' && rest.starts_with(kVersionField)) {
      i += std::min(rest.find('"', kVersionField.size()), rest.size() - 1) + 1;
    } else if (IsDigit(rest[0]) && TimeAt(rest)) {
      out += '@' + std::to_string((*TimeAt(rest) - base).count());
      i += std::min(rest.find('"'), rest.size());
    } else if (IsHex(rest[0]) && IsUid(rest)) {
      out += '#';
      i += kUidLength;
    } else if (rest[0] == '-' && DigitsAt(rest.substr(1)) >= kSlotDigits) {
      const size_t digits = DigitsAt(rest.substr(1));
      out +=
          '~' + std::to_string(NumberAt(rest.substr(1, digits)) - base.time_since_epoch() / UnitOf(digits));
      i += 1 + digits;
      if (const size_t suffix = PodSuffix(text.substr(i)); suffix > 0) {
        out += '~';
        i += suffix;
      }
    } else {
      out += rest[0];
      ++i;
    }
  }
}

bool MoveSlotName(std::string& text, std::string_view prefix, Duration by) {
  if (prefix.empty() || text.size() <= prefix.size() + kSlotDigits || !text.starts_with(prefix)) return false;
  const std::string_view digits = std::string_view(text).substr(prefix.size() + 1);
  if (text[prefix.size()] != '-' || DigitsAt(digits) != digits.size()) return false;
  const int64_t moved = NumberAt(digits) + by / UnitOf(digits.size());
  text.resize(prefix.size() + 1);
  text += std::to_string(moved);
  return true;
}

bool HasSlotName(std::string_view text) {
  for (size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
    if (DigitsAt(text.substr(dash + 1)) >= kSlotDigits) return true;
  }
  return false;
}

}  // namespace belfry::simulation
