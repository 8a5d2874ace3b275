// Reading a schedule and finding its next slot, 100,000 times, against a walk over the minutes: what a
// scheduler does that asks each minute whether a line of its table fits.
#include <array>
#include <cstdio>
#include <ctime>

#include "agent/base/clock.h"
#include "agent/cron/expression.h"

namespace {

using belfry::Instant;

constexpr std::array<const char*, 8> kExpressions = {"*/5 * * * *",     "0 2 * * *",           "0 0 29 2 *",
                                                     "30 3 1-7 * 1",    "0 0 30 2 *",          "@every 90s",
                                                     "0 8 * * mon-fri", "15,45 9-17/2 * 1,6 *"};
constexpr int kCount = 100'000;
constexpr int kWalks = 1000;
constexpr int64_t kStart = 1'700'000'000;

Instant StartOf(int i) { return belfry::FromUnixSeconds(kStart + int64_t{i} * 997); }

// Seconds for each search.
double MeasureNext(const belfry::Clock& clock, const belfry::cron::Zone& zone) {
  const belfry::Duration begin = clock.Monotonic();
  int found = 0;
  for (int i = 0; i < kCount; ++i) {
    const auto schedule = belfry::cron::Parse(kExpressions[static_cast<size_t>(i) % kExpressions.size()]);
    found += belfry::cron::Next(*schedule, zone, StartOf(i)).has_value() ? 1 : 0;
  }
  const double taken = belfry::ToSeconds(clock.Monotonic() - begin);
  std::printf("next: %d expressions read and searched in %.3f s (budget 1 s), %d with a slot\n", kCount,
              taken, found);
  return taken / kCount;
}

// The same for `0 2 * * *`, minute by minute.
double MeasureWalk(const belfry::Clock& clock, const belfry::cron::Zone& zone) {
  const belfry::Duration begin = clock.Monotonic();
  int64_t minutes = 0;
  for (int i = 0; i < kWalks; ++i) {
    for (int64_t t = (kStart + i * 997) / 60 * 60 + 60;; t += 60, ++minutes) {
      const std::time_t local = t + zone.At(belfry::FromUnixSeconds(t)).offset.count();
      std::tm civil{};
      gmtime_r(&local, &civil);
      if (civil.tm_hour == 2 && civil.tm_min == 0) break;
    }
  }
  const double taken = belfry::ToSeconds(clock.Monotonic() - begin);
  std::printf("walk: %d daily schedules, %lld minutes looked at in %.3f s\n", kWalks,
              static_cast<long long>(minutes), taken);
  return taken / kWalks;
}

}  // namespace

int main() {
  const belfry::SystemClock clock;
  const auto zone = belfry::cron::LoadZone("America/New_York");
  if (!zone) {
    std::fprintf(stderr, "cron_bench: %s\n", zone.error().message.c_str());
    return 1;
  }
  const double next = MeasureNext(clock, *zone);
  const double walk = MeasureWalk(clock, *zone);
  std::printf("ratio: a walk takes %.0f times as long\n", walk / next);
  return next * kCount <= 1.0 ? 0 : 1;
}
