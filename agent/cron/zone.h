// Time zones as values: which offset holds when.
// Source: the system's tz database (zone_database.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::cron {

// No zone is or was further from UTC (RFC 9636 3.2).
inline constexpr seconds kLargestOffset = hours(26);

// A time of constant offset: begin ≤ t < end; the first one of a zone begins at Instant::min(), the last ends
// at Instant::max().
struct ZoneSpan {
  Instant begin = Instant::min();
  Instant end = Instant::max();
  seconds offset{0};  // civil time − UTC

  bool operator==(const ZoneSpan&) const = default;
};

// Cheap to copy. Thread: any.
class Zone {
 public:
  Zone();  // UTC
  // Requires: spans without holes, in order, from Instant::min() to Instant::max().
  Zone(std::string name, std::vector<ZoneSpan> spans);

  const std::string& name() const { return data_->name; }
  // The span that holds `t`.
  const ZoneSpan& At(Instant t) const;

  bool operator==(const Zone& other) const { return data_ == other.data_ || *data_ == *other.data_; }

 private:
  struct Data {
    std::string name;
    std::vector<ZoneSpan> spans;

    bool operator==(const Data&) const = default;
  };
  std::shared_ptr<const Data> data_;
};

// Whether `name` can be a zone's: parts of letters, digits and `.-_+`, none of which leads elsewhere.
bool IsZoneName(std::string_view name);

// The zone of that name in the host's tz database, as it is now; case matters. Cost: a file read, keep the
// value. Errors: kInvalid `unknown time zone X`, with what is wrong with its file if there is one.
Result<Zone> LoadZone(std::string_view name);

// The zone that the host's clocks show (/etc/localtime; UTC where there is none). Errors: kInvalid.
Result<Zone> LoadLocalZone();

// Whether Kubernetes takes `name` for spec.timeZone.
// Errors: kInvalid with the text that the API server gives, to be put after `spec.timeZone: Invalid value:
// "x": `.
Result<void> CheckTimeZoneName(std::string_view name);

// `t` in civil time with offset: `2026-03-29T03:30:00+02:00`, `…Z` for offset 0. Whole seconds.
std::string FormatInZone(Instant t, const Zone& zone);
// `Sun, 29 Mar 2026 03:30:00 +0200`.
std::string FormatRfc1123InZone(Instant t, const Zone& zone);

}  // namespace belfry::cron
