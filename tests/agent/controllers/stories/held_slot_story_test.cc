// What becomes of each slot while runs, policies, deadlines and outages meet: told by the agent, and reckoned
// here from docs/cron.md, slot by slot.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::CronJob;
using testing::AgentWorld;

constexpr Duration kPeriod = minutes(10);
constexpr Duration kSpan = minutes(75);
const Instant kMidnight = *ParseRfc3339("2026-01-01T00:00:00Z");
const Instant kEnd = kMidnight + kSpan;

enum class Trouble { kNone, kDeaths, kDown, kClockJump, kSuspended };
constexpr const char* kTroubleNames[] = {"calm", "deaths", "down", "clock jump", "suspended"};

// From `from`, exclusive, to `to`: minutes and parts of them after midnight.
struct Disturbance {
  Trouble trouble = Trouble::kNone;
  Duration from{0};
  Duration to{0};

  bool Covers(Instant t) const { return kMidnight + from < t && t <= kMidnight + to; }
};

struct Case {
  std::string policy;
  std::optional<int64_t> deadline;
  Duration run;  // each takes this long
  Disturbance disturbance;
  AgentWorld::Turns turns = AgentWorld::Turns::kCronJobsFirst;
};

std::string TextOf(const Case& c) {
  return fmt::format("{}, deadline {}, runs of {} ns, {} from {} to {}, {}", c.policy,
                     c.deadline.value_or(-1), c.run.count(),
                     kTroubleNames[static_cast<int>(c.disturbance.trouble)],
                     FormatDuration(c.disturbance.from), FormatDuration(c.disturbance.to),
                     c.turns == AgentWorld::Turns::kCronJobsFirst ? "CronJobs first" : "pods first");
}

// By slot.
struct Fates {
  std::map<Instant, Duration> started;  // how late
  std::map<Instant, MissReason> lost;

  bool operator==(const Fates&) const = default;
};

std::string TextOf(const Fates& fates) {
  std::map<Instant, std::string> lines;
  for (const auto& [slot, delay] : fates.started) {
    lines[slot] = fmt::format("{} started +{}ns\n", FormatRfc3339(slot), delay.count());
  }
  for (const auto& [slot, reason] : fates.lost) {
    lines[slot] += fmt::format("{} lost: {}\n", FormatRfc3339(slot), MissReasonName(reason));
  }
  std::string text;
  for (const auto& [slot, line] : lines) text += line;
  return text;
}

// --- The reckoning ---

class Reckoning {
 public:
  explicit Reckoning(const Case& c) : case_(c) {}

  Fates Run() {
    for (Instant slot = kMidnight + kPeriod; slot <= kEnd; slot += kPeriod) Add(slot);
    return fates_;
  }

 private:
  bool Is(Trouble trouble) const { return case_.disturbance.trouble == trouble; }

  // When the agent learns of what happens at `t`: nothing happens in a time that a clock jumped over.
  Instant Seen(Instant t) const {
    const bool unseen = (Is(Trouble::kDown) || Is(Trouble::kClockJump)) && case_.disturbance.Covers(t);
    return unseen ? kMidnight + case_.disturbance.to : t;
  }

  void Add(Instant slot) {
    const bool held = case_.policy == "Forbid" && free_ > slot;
    Instant start = std::max(Seen(slot), held ? free_ : slot);
    if (Is(Trouble::kSuspended) && case_.disturbance.Covers(start)) {
      start = kMidnight + case_.disturbance.to;
    }
    // The instant at which a newer slot takes its place belongs to that one; so does the deadline's.
    Instant lost = slot + kPeriod;
    if (case_.deadline) lost = std::min<Instant>(lost, slot + seconds(*case_.deadline));
    if (start < lost) {
      if (start > kEnd) return;
      fates_.started[slot] = start - slot;
      free_ = Seen(start + case_.run);
    } else if (Seen(lost) <= kEnd) {
      fates_.lost[slot] = ReasonFor(slot, held, lost, start);
    }
  }

  MissReason ReasonFor(Instant slot, bool held, Instant lost, Instant start) const {
    if (Is(Trouble::kSuspended) && case_.disturbance.Covers(lost)) return MissReason::kSuspended;
    if (held) return MissReason::kConcurrency;
    if (case_.deadline && slot + seconds(*case_.deadline) <= start) return MissReason::kDeadline;
    return Is(Trouble::kClockJump) ? MissReason::kClock : MissReason::kAgentDown;
  }

  const Case& case_;
  Instant free_;  // when the run before has ended, as far as is known
  Fates fates_;
};

// --- The agent ---

void Disturb(AgentWorld& world, const Disturbance& disturbance) {
  const auto suspend = [&world](bool value) {
    world.Change<CronJob>("etl", [value](CronJob& cronjob) { cronjob.spec.suspend = value; });
  };
  if (disturbance.trouble == Trouble::kDeaths) {
    for (uint64_t n = 1; world.now() < kEnd; n = n % 23 + 1) {
      world.DieBefore(n);
      world.Run(std::min<Duration>(minutes(4), kEnd - world.now()));
    }
    return;
  }
  world.Run(kMidnight + disturbance.from - world.now());
  const Instant to = kMidnight + disturbance.to;
  switch (disturbance.trouble) {
    case Trouble::kDown:
      world.Stop();
      world.loop().AdvanceTo(to);
      return world.Restart();
    case Trouble::kClockJump:
      return world.loop().JumpClock(disturbance.to - disturbance.from);
    case Trouble::kSuspended:
      suspend(true);
      world.Run(to - world.now());
      return suspend(false);
    default:
      return;
  }
}

std::unique_ptr<AgentWorld> Lived(const Case& c) {
  const auto script = [run = c.run](const runtime::ContainerStart&) {
    return runtime::Script{.duration = run};
  };
  auto world = std::make_unique<AgentWorld>(script, kMidnight + seconds(30), c.turns);
  CronJob cronjob;
  cronjob.metadata.name = "etl";
  cronjob.spec.schedule = "*/10 * * * *";
  cronjob.spec.time_zone = "UTC";
  cronjob.spec.concurrency_policy = c.policy;
  cronjob.spec.suspend = false;
  cronjob.spec.starting_deadline_seconds = c.deadline;
  cronjob.spec.job_template.spec = testing::SimpleJob("template").spec;
  world->Create(std::move(cronjob));
  if (c.disturbance.trouble != Trouble::kNone) Disturb(*world, c.disturbance);
  world->Run(kEnd - world->now());
  return world;
}

// A slot told of twice is a failure here.
Fates Told(const AgentWorld& world) {
  Fates fates;
  for (const auto& [cronjob, record] : world.slots()) {
    if (const auto* started = std::get_if<SlotStarted>(&record)) {
      EXPECT_TRUE(fates.started.emplace(started->slot, started->delay).second);
    } else if (const auto* missed = std::get_if<SlotsMissed>(&record)) {
      for (int64_t i = 0; i < missed->count; ++i) {
        EXPECT_TRUE(fates.lost.emplace(missed->newest - i * kPeriod, missed->reason).second);
      }
    }
  }
  return fates;
}

// Told to the owner: those losses that nobody chose.
bool OwnerShouldKnow(const Fates& fates) {
  return std::ranges::any_of(fates.lost, [](const auto& one) {
    return one.second != MissReason::kConcurrency && one.second != MissReason::kSuspended;
  });
}

void Expect(const Case& c) {
  SCOPED_TRACE(TextOf(c));
  const auto world = Lived(c);
  const Fates expected = Reckoning(c).Run();
  EXPECT_EQ(TextOf(Told(*world)), TextOf(expected));
  const auto events = world->EventsOf("etl");
  const bool said = std::ranges::any_of(
      events, [](const std::string& event) { return event.starts_with("MissSchedule: "); });
  EXPECT_EQ(said, OwnerShouldKnow(expected));
}

// --- The axes ---

// Up to three slots are held, by runs that end a tick before, at and a tick after a slot, and with a
// deadline.
std::vector<Duration> Runs() {
  std::vector<Duration> runs = {seconds(1), seconds(60)};
  for (int slots = 1; slots <= 3; ++slots) {
    for (const Duration beyond : {Duration(-1), Duration(0), Duration(1), Duration(seconds(60))}) {
      runs.push_back(slots * kPeriod + beyond);
    }
  }
  return runs;
}

// None, shorter than a period, one period, more than two. The agent's own order gets them all.
std::vector<std::optional<int64_t>> Deadlines(AgentWorld::Turns turns) {
  if (turns == AgentWorld::Turns::kCronJobsFirst) return {std::nullopt, 60};
  return {std::nullopt, 60, 600, 1500};
}

// Between slots, at their edges, over one and over several of them.
std::vector<Disturbance> DisturbancesOf(Trouble trouble) {
  return {{trouble, minutes(13), minutes(17)},
          {trouble, minutes(15), minutes(31)},
          {trouble, minutes(25), minutes(64)},
          {trouble, minutes(22), minutes(40) + Duration(1)}};
}

std::vector<Disturbance> Disturbances() {
  std::vector<Disturbance> all = {{}, {.trouble = Trouble::kDeaths}};
  for (const Trouble trouble : {Trouble::kDown, Trouble::kClockJump, Trouble::kSuspended}) {
    for (const Disturbance& one : DisturbancesOf(trouble)) all.push_back(one);
  }
  return all;
}

class HeldSlots : public ::testing::TestWithParam<AgentWorld::Turns> {};

TEST_P(HeldSlots, AreStartedOrLostAsReckoned) {
  for (const Disturbance& disturbance : Disturbances()) {
    for (const Duration run : Runs()) {
      for (const auto deadline : Deadlines(GetParam())) {
        Expect({"Forbid", deadline, run, disturbance, GetParam()});
      }
    }
  }
}

TEST_P(HeldSlots, AreOnlyForbids) {
  for (const Disturbance& disturbance : Disturbances()) {
    for (const char* policy : {"Allow", "Replace"}) {
      for (const std::optional<int64_t> deadline : {std::optional<int64_t>(), {60}, {600}}) {
        Expect({policy, deadline, 2 * kPeriod, disturbance, GetParam()});
      }
    }
  }
}

// The agent's own order, in which ends are noted before new things are begun, and another.
INSTANTIATE_TEST_SUITE_P(Turns, HeldSlots,
                         ::testing::Values(AgentWorld::Turns::kCronJobsFirst, AgentWorld::Turns::kPodsFirst),
                         [](const auto& info) {
                           return info.param == AgentWorld::Turns::kPodsFirst ? "PodsFirst" : "CronJobsFirst";
                         });

}  // namespace
}  // namespace belfry::controllers
