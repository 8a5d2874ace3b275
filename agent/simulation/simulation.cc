// A year of hourly jobs is the same hour again and again. At each full hour the whole state - objects,
// running containers, alerts, places in lists of outcomes - is written as text in which every time is a
// distance from that hour. When a state has come twice after the same number of hours, with the same events
// between, and the schedules have the same slots in the hours to come, those hours cannot be but the same
// again: their events are told again, moved. Where the slots differ (a clock change, a weekend, a holiday in
// a list of days) a fresh world is started a while before, and must reach the very state that is expected
// there; if it does not, the old one lives through all that was told.
#include "agent/simulation/simulation.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/controllers/cronjob/options.h"
#include "agent/cron/expression.h"
#include "agent/simulation/clock_changes.h"
#include "agent/simulation/moving_events.h"
#include "agent/simulation/recurrence.h"
#include "agent/simulation/slot_pattern.h"
#include "agent/simulation/summarizer.h"
#include "agent/simulation/world.h"

namespace belfry::simulation {
namespace {

constexpr Duration kHour = hours(1);

Instant NextHour(Instant t) { return Instant(std::chrono::floor<hours>(t.time_since_epoch()) + kHour); }

RuleShape ShapeAt(Effort effort, const std::vector<rule::GroupSpec>& groups) {
  RuleShape shape = ShapeOf(groups);
  if (effort == Effort::kEveryInstant) shape.reads_only_forward = false;
  return shape;
}

class Simulation {
 public:
  Simulation(const Scenario& scenario, const EventSink& sink, Effort effort)
      : scenario_(scenario),
        sink_(sink),
        shape_(ShapeAt(effort, scenario.rules)),
        may_recur_(effort == Effort::kOncePerCycle && MayRecur()),
        summarizer_(scenario),
        pattern_(scenario) {
    for (const api::Object& object : scenario.objects) {
      if (api::KindOf(object) == api::Kind::kCronJob) cronjobs_.insert(api::MetaOf(object).name);
    }
  }

  Result<Summary> Run() {
    ASSIGN_OR_RETURN(world_, NewWorld(scenario_));
    for (now_ = scenario_.from; now_ < scenario_.to;) {
      const Instant next = std::min(NextHour(now_), scenario_.to);
      world_->RunUntil(next);
      now_ = next;
      if (may_recur_ && now_ < scenario_.to) RETURN_IF_ERROR(CloseHour());
      if (told_ > kMaxEvents) return TooManyEvents();
    }
    return Finish();
  }

 private:
  // Slots of rules are at the same places of every hour, and nothing remembers more than the state's text.
  bool MayRecur() const {
    return shape_.moves_with_time &&
           std::ranges::all_of(scenario_.rules, [this](const rule::GroupSpec& group) {
             const Duration interval =
                 group.interval > Duration(0) ? group.interval : scenario_.rule_interval;
             return kHour % interval == Duration(0);
           });
  }

  Result<std::unique_ptr<World>> NewWorld(const Scenario& scenario, ScriptBook::Position position = {}) {
    auto world = std::make_unique<World>(scenario, shape_, [this](const Event& event) { OnEvent(event); });
    world->scripts().SetPosition(std::move(position));
    RETURN_IF_ERROR(world->Start());
    return world;
  }

  void OnEvent(const Event& event) {
    if (muted_) return;
    if (may_recur_) recurrence_.Add(event);
    Event told = event;
    Tell(told);
  }

  void Tell(Event& event) {
    ++told_;
    summarizer_.Add(event);
    sink_(event);
  }

  Result<void> CloseHour() {
    recurrence_.Close(now_, world_->StateText(now_), world_->scripts().position());
    if (now_ < look_again_) return {};
    const std::optional<size_t> period = recurrence_.Period();
    return period ? TellAgain(*period) : Result<void>();
  }

  // Tells the newest `period` hours again for as long as they come again.
  Result<void> TellAgain(size_t period) {
    const Duration length = kHour * static_cast<int64_t>(period);
    auto moving = MovingEvents::Make(recurrence_.Newest(period), cronjobs_);
    if (!moving) {
      may_recur_ = false;
      return {};
    }
    pattern_.Take(now_ - length, length);
    Instant end = now_;
    while (end < scenario_.to && pattern_.Matches(end)) end += length;
    const Duration lead = kHour * static_cast<int64_t>(recurrence_.Reach(period));
    if (end < scenario_.to && end - now_ < 2 * lead) {
      look_again_ = end + kHour;
      return {};
    }
    told_again_ += std::min(end, scenario_.to) - now_;
    for (Instant begin = now_; begin < end && told_ <= kMaxEvents; begin += length) {
      moving->MoveBy(length);
      for (Event& event : moving->events()) {
        if (event.at < scenario_.to) Tell(event);
      }
    }
    return end >= scenario_.to ? Jump(scenario_.to) : Resume(end, lead);
  }

  Result<void> Jump(Instant to) {
    now_ = to;
    return {};
  }

  // Goes on at `at` with a world that was started `lead` before, or else with the old one.
  Result<void> Resume(Instant at, Duration lead) {
    const uint64_t expected = recurrence_.state();
    auto scenario = std::make_unique<Scenario>(scenario_);
    scenario->from = at - lead;
    muted_ = true;
    const auto hours_before = static_cast<size_t>(lead / kHour);
    ASSIGN_OR_RETURN(auto fresh, NewWorld(*scenario, recurrence_.PositionBefore(hours_before)));
    fresh->RunUntil(at);
    std::string state = fresh->StateText(at);
    if (HashOf(state) == expected) {
      world_ = std::move(fresh);
      resumed_ = std::move(scenario);
    } else {
      may_recur_ = false;
      told_again_ = Duration(0);
      world_->RunUntil(at);
    }
    muted_ = false;
    recurrence_.Clear();
    recurrence_.Close(at, state, world_->scripts().position());
    return Jump(at);
  }

  Error TooManyEvents() const {
    return {Code::kTooLarge, fmt::format("more than {} events by {}; shorten the span or leave objects out",
                                         kMaxEvents, FormatRfc3339Seconds(now_))};
  }

  Summary Finish() {
    Summary summary = summarizer_.Finish();
    summary.told_again = told_again_;
    summary.rule_errors = world_->RuleErrors();
    for (const api::Object& object : scenario_.objects) {
      const auto cronjob = api::As<api::CronJob>(object);
      if (cronjob == nullptr) continue;
      const auto sums = std::ranges::find_if(summary.cronjobs, [&](const CronJobSummary& one) {
        return one.ns == cronjob->metadata.ns && one.name == cronjob->metadata.name;
      });
      sums->clock_changes = ClockChangesOf(*cronjob);
    }
    return summary;
  }

  std::vector<std::string> ClockChangesOf(const api::CronJob& cronjob) const {
    std::string name = controllers::ZoneNameOf(cronjob.spec);
    const auto schedule = cron::Parse(cronjob.spec.schedule, cron::Profile::kSpark);
    const auto zone = cron::LoadZone(name.empty() ? scenario_.time_zone : name);
    if (!schedule.ok() || !zone.ok()) return {};
    std::vector<controllers::EventNote> ignored;
    const auto options = controllers::ReadOptions(cronjob.metadata, ignored);
    return ClockChangeNotes(*schedule, *zone, options.clock_change, scenario_.from, scenario_.to);
  }

  const Scenario& scenario_;
  const EventSink& sink_;
  const RuleShape shape_;
  bool may_recur_;
  Summarizer summarizer_;
  SlotPattern pattern_;
  std::set<std::string> cronjobs_;
  Recurrence recurrence_;
  std::unique_ptr<Scenario> resumed_;  // of the world, if it is not the first
  std::unique_ptr<World> world_;
  Instant now_;
  Instant look_again_;
  uint64_t told_ = 0;
  Duration told_again_{0};
  bool muted_ = false;
};

}  // namespace

Result<Summary> Simulate(const Scenario& scenario, const EventSink& sink, Effort effort) {
  RETURN_IF_ERROR(Check(scenario));
  return Simulation(scenario, sink, effort).Run();
}

}  // namespace belfry::simulation
