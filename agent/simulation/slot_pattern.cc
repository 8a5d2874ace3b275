#include "agent/simulation/slot_pattern.h"

#include <algorithm>

#include "agent/controllers/cronjob/decide.h"
#include "agent/controllers/cronjob/options.h"
#include "agent/cron/expression.h"
#include "agent/cron/zone_cache.h"

namespace belfry::simulation {
namespace {

constexpr Duration kTick(1);

}  // namespace

SlotPattern::SlotPattern(const Scenario& scenario) {
  cron::ZoneCache zones;
  for (const api::Object& object : scenario.objects) {
    const auto cronjob = api::As<api::CronJob>(object);
    if (cronjob == nullptr) continue;
    std::string name = controllers::ZoneNameOf(cronjob->spec);
    if (name.empty()) name = scenario.time_zone;
    auto schedule = cron::Parse(cronjob->spec.schedule, cron::Profile::kSpark);
    auto zone = zones.Get(name);
    if (!schedule.ok() || !zone.ok()) {
      readable_ = false;
      return;
    }
    std::vector<controllers::EventNote> ignored;
    lines_.push_back({.schedule = *std::move(schedule),
                      .zone = *std::move(zone),
                      .rule = controllers::ReadOptions(cronjob->metadata, ignored).clock_change});
  }
}

void SlotPattern::Take(Instant begin, Duration length) {
  length_ = length;
  for (Line& line : lines_) {
    line.slots.clear();
    line.known_until.reset();
    if (std::holds_alternative<cron::Every>(line.schedule.rule)) continue;
    std::optional<Instant> slot = begin - kTick;
    do {
      slot = cron::Next(line.schedule, line.zone, *slot, line.rule);
      line.slots.push_back(slot ? std::optional(*slot - begin) : std::nullopt);
    } while (slot && *slot < begin + length);
  }
}

bool SlotPattern::Matches(Instant begin) {
  return readable_ && std::ranges::all_of(lines_, [&](Line& line) { return LineMatches(line, begin); });
}

bool SlotPattern::LineMatches(Line& line, Instant begin) const {
  // An interval goes on from the newest slot, whose distance is part of the state that is compared.
  if (const auto* every = std::get_if<cron::Every>(&line.schedule.rule)) {
    return length_ % every->interval == Duration(0);
  }
  std::optional<Instant> slot = line.known_until == begin
                                    ? line.upcoming
                                    : cron::Next(line.schedule, line.zone, begin - kTick, line.rule);
  for (size_t i = 0; i < line.slots.size(); ++i) {
    const std::optional<Duration> distance = slot ? std::optional(*slot - begin) : std::nullopt;
    if (distance != line.slots[i]) return false;
    if (slot && i + 1 < line.slots.size()) slot = cron::Next(line.schedule, line.zone, *slot, line.rule);
  }
  line.known_until = begin + length_;
  line.upcoming = slot;
  return true;
}

}  // namespace belfry::simulation
