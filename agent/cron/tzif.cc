// A file is a header with counts and the arrays that it counts, in 32 bits for old readers; from version 2 on
// the same follows in 64 bits, and then a rule. Every array's length is checked before it is read, so that
// reading needs no care.
#include "agent/cron/tzif.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "agent/cron/posix_rule.h"

namespace belfry::cron {
namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kMagic = "TZif";
constexpr size_t kHeaderBytes = 44;
constexpr size_t kTypeBytes = 6;

constexpr sys_seconds kFirst = std::chrono::ceil<seconds>(Instant::min());
constexpr sys_seconds kLast = std::chrono::floor<seconds>(Instant::max());

Error Damaged(std::string_view why) { return {Code::kInvalid, std::string(why)}; }

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

struct Header {
  char version = 0;  // '\0', '2', '3', '4'
  uint64_t isutc = 0, isstd = 0, leap = 0, times = 0, types = 0, characters = 0;

  uint64_t BodyBytes(uint64_t time_size) const {
    return times * (time_size + 1) + types * kTypeBytes + characters + leap * (time_size + 4) + isstd + isutc;
  }
};

Result<Header> TakeHeader(std::string_view& rest) {
  if (rest.size() < kHeaderBytes) return Damaged("the header is cut off");
  if (!LooksLikeTzif(rest)) return Damaged("the header is not that of a time zone file");
  std::array<uint64_t, 6> counts{};
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = BigEndian(rest.substr(20 + 4 * i, 4));
  const Header header{.version = rest[4],
                      .isutc = counts[0],
                      .isstd = counts[1],
                      .leap = counts[2],
                      .times = counts[3],
                      .types = counts[4],
                      .characters = counts[5]};
  rest.remove_prefix(kHeaderBytes);
  return header;
}

struct Change {
  sys_seconds at;
  seconds offset;
};

struct Body {
  std::vector<Change> changes;
  seconds first_offset{0};
};

sys_seconds TimeAt(std::string_view bytes, size_t time_size) {
  const uint64_t value = BigEndian(bytes);
  return sys_seconds(seconds(time_size == 4 ? static_cast<int32_t>(static_cast<uint32_t>(value))
                                            : static_cast<int64_t>(value)));
}

Result<std::vector<seconds>> ReadOffsets(std::string_view types) {
  std::vector<seconds> offsets;
  for (size_t at = 0; at < types.size(); at += kTypeBytes) {
    const seconds offset(static_cast<int32_t>(static_cast<uint32_t>(BigEndian(types.substr(at, 4)))));
    if (offset > kLargestOffset || offset < -kLargestOffset) {
      return Damaged(fmt::format("an offset of {} s", offset.count()));
    }
    offsets.push_back(offset);
  }
  return offsets;
}

Result<Body> TakeBody(std::string_view& rest, const Header& header, size_t time_size) {
  if (header.BodyBytes(time_size) > rest.size()) return Damaged("it is cut off");
  if (header.types == 0) return Damaged("it has no offset");
  if (header.leap != 0) return Damaged("it counts leap seconds");
  const std::string_view times = rest.substr(0, header.times * time_size);
  const std::string_view indexes = rest.substr(times.size(), header.times);
  ASSIGN_OR_RETURN(const std::vector<seconds> offsets,
                   ReadOffsets(rest.substr(times.size() + indexes.size(), header.types * kTypeBytes)));
  Body body{.changes = {}, .first_offset = offsets[0]};
  for (size_t i = 0; i < header.times; ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= offsets.size()) return Damaged("a change to an offset that is not there");
    const sys_seconds at = TimeAt(times.substr(i * time_size, time_size), time_size);
    if (i > 0 && at <= body.changes.back().at) return Damaged("its changes are out of order");
    body.changes.push_back({.at = at, .offset = offsets[type]});
  }
  rest.remove_prefix(header.BodyBytes(time_size));
  return body;
}

// The rule between newlines at the end; nothing where the file knows none.
Result<std::optional<PosixRule>> TakeFooter(std::string_view rest) {
  if (rest.empty() || rest[0] != '\n') return Damaged("the rule at its end is missing");
  rest.remove_prefix(1);
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return Damaged("the rule at its end is cut off");
  if (end == 0) return std::optional<PosixRule>();
  ASSIGN_OR_RETURN(const PosixRule rule, ParsePosixRule(rest.substr(0, end)));
  return std::optional(rule);
}

std::chrono::year YearOf(sys_seconds t) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(t)).year();
}

// The rule's changes after the listed ones, year by year. Where it is daylight time all year round, a year's
// end is the next one's begin: that order is kept.
void AppendRule(const PosixRule& rule, Body& body) {
  const auto& daylight = rule.daylight;
  const bool listed = !body.changes.empty();
  const sys_seconds after = listed ? std::max(body.changes.back().at, kFirst) : kFirst;
  if (!daylight) {
    // A file of the one offset has no change to hang it on.
    if (!listed) body.first_offset = rule.standard_offset;
    return;
  }
  if (after >= kLast) return;
  for (std::chrono::year year = YearOf(after) - std::chrono::years(1); year <= YearOf(kLast); ++year) {
    std::array<Change, 2> both = {
        Change{ChangeIn(daylight->begins, year, rule.standard_offset), daylight->offset},
        Change{ChangeIn(daylight->ends, year, daylight->offset), rule.standard_offset}};
    if (both[1].at < both[0].at) std::swap(both[0], both[1]);
    for (const Change& change : both) {
      if (change.at > after) {
        body.changes.push_back(change);
      } else if (!listed) {
        body.first_offset = change.offset;
      }
    }
  }
}

// Changes that are none, or have no room among instants, are left out.
std::vector<ZoneSpan> ToSpans(const Body& body) {
  std::vector<ZoneSpan> spans = {
      {.begin = Instant::min(), .end = Instant::max(), .offset = body.first_offset}};
  for (const Change& change : body.changes) {
    if (change.at > kLast) break;
    if (change.at <= std::max(kFirst, std::chrono::floor<seconds>(spans.back().begin))) {
      spans.back().offset = change.offset;
    } else if (change.offset != spans.back().offset) {
      spans.back().end = Instant(change.at);
      spans.push_back({.begin = Instant(change.at), .end = Instant::max(), .offset = change.offset});
    }
    // Of two changes at one instant the second holds; it may undo the first.
    if (spans.size() > 1 && spans[spans.size() - 2].offset == spans.back().offset) {
      spans.pop_back();
      spans.back().end = Instant::max();
    }
  }
  return spans;
}

}  // namespace

bool LooksLikeTzif(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<std::vector<ZoneSpan>> ReadTzif(std::string_view bytes) {
  ASSIGN_OR_RETURN(Header header, TakeHeader(bytes));
  if (header.version == '\0') {
    ASSIGN_OR_RETURN(const Body body, TakeBody(bytes, header, 4));
    return ToSpans(body);
  }
  if (header.BodyBytes(4) > bytes.size()) return Damaged("it is cut off");
  bytes.remove_prefix(header.BodyBytes(4));
  ASSIGN_OR_RETURN(header, TakeHeader(bytes));
  ASSIGN_OR_RETURN(Body body, TakeBody(bytes, header, 8));
  ASSIGN_OR_RETURN(const std::optional<PosixRule> rule, TakeFooter(bytes));
  if (rule) AppendRule(*rule, body);
  return ToSpans(body);
}

}  // namespace belfry::cron
