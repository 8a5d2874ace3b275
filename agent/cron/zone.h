// Time zones as values: which offset holds when.
// Source: the system's tz database (/usr/share/zoneinfo).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::cron {

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

// The zone of that name, case matters. Errors: kInvalid `unknown time zone X`. Cost: a file read, keep the
// value.
Result<Zone> LoadZone(std::string_view name);

// The zone that the host's clocks show (/etc/localtime). Errors: kUnavailable.
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
