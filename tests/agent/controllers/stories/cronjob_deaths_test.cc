// CronJobs whose agent dies: at each place at which it can, again and again, over whole days.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>

#include "tests/agent/controllers/stories/cronjobs.h"

namespace belfry::controllers {
namespace {

using api::CronJob;
using api::Job;
using testing::AgentWorld;
using testing::At;
using testing::Lasting;
using testing::SimpleCronJob;

// The slot of `<cronjob>-<unix minutes>-<random>`.
int64_t SlotMinuteOf(const std::string& pod) {
  const size_t end = pod.rfind('-');
  const size_t begin = pod.rfind('-', end - 1) + 1;
  int64_t minute = 0;
  std::from_chars(pod.data() + begin, pod.data() + end, minute);
  return minute;
}

// Of seven runs one overlaps the two slots after it, of five one fails, and its retry too; ends differ from
// slots' ends by a second so that no order of events at one instant is asked for.
runtime::FakeRuntime::Scripts MixedScript(minutes period) {
  return [period](const runtime::ContainerStart& start) {
    const int64_t slot = SlotMinuteOf(start.pod) / period.count();
    runtime::Script script;
    script.duration = slot % 7 == 3 ? 2 * period + seconds(121) : seconds(41);
    script.exit_code = slot % 5 == 2 ? 1 : 0;
    script.term_delay = seconds(3);
    return script;
  };
}

std::string TextOf(const std::optional<Instant>& t) { return t ? FormatRfc3339(*t) : "-"; }

// All that must not depend on when the agent died: statuses without uids, Jobs by name, how often each ran.
std::string EndState(AgentWorld& world) {
  std::string text;
  for (const auto& cronjob : world.store().List<CronJob>()) {
    text += cronjob->metadata.name + " last " + TextOf(cronjob->status.last_schedule_time) + " successful " +
            TextOf(cronjob->status.last_successful_time) + " accounted " +
            TextOf(cronjob->status.accounted_until);
    for (const auto& active : cronjob->status.active) text += " active " + active.name;
    text += "\n";
  }
  for (const auto& job : world.store().List<Job>()) {
    text += job->metadata.name + " " + std::to_string(job->status.succeeded) + "/" +
            std::to_string(job->status.failed);
    for (const auto& condition : job->status.conditions) text += " " + condition.type;
    text += "\n";
  }
  std::map<std::string, int> runs;
  for (const auto& start : world.runtime().starts()) ++runs[start.pod.substr(0, start.pod.rfind('-'))];
  for (const auto& [job, count] : runs) text += job + " ran " + std::to_string(count) + "\n";
  return text;
}

class PolicyStory : public ::testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<AgentWorld> NewWorld(const std::string& start,
                                              const std::string& schedule = "*/5 * * * *",
                                              minutes period = minutes(5)) {
    auto world = std::make_unique<AgentWorld>(MixedScript(period), At(start));
    world->Create(
        SimpleCronJob("etl", schedule, [](api::CronJobSpec& spec) { spec.concurrency_policy = GetParam(); }));
    return world;
  }
};

// Every place at which an agent can die, one after the other, in four slots: a run that overlaps the two
// after it, one of those, a run that fails and is retried, and one more. Each history has one death.
TEST_P(PolicyStory, DeathBeforeAnyActionLeavesTheSameEnd) {
  constexpr const char* kStart = "2026-01-01T00:14:30Z";
  constexpr Duration kTime = minutes(17);
  const auto calm = NewWorld(kStart);
  const uint64_t first = calm->actions();
  calm->Run(kTime);
  const std::string expected = EndState(*calm);
  const uint64_t actions = calm->actions() - first;
  EXPECT_GT(actions, 40U);
  for (uint64_t n = 1; n <= actions; ++n) {
    const auto world = NewWorld(kStart);
    world->DieBefore(n);
    world->Run(kTime);
    ASSERT_EQ(world->deaths(), 1U) << n;
    ASSERT_EQ(EndState(*world), expected) << "died before action " << n;
  }
}

// Every place of a whole day, in one history for each n: the agent dies before the n-th action of each hour.
// At each hour's end the world must be what it is on a calm day, so each death finds what it would
// find as the only one, and the histories together hold one for each action of the day.
TEST_P(PolicyStory, DayWithADeathBeforeEachActionOfEachSlot) {
  constexpr minutes kPeriod(60);
  const auto new_world = [&] { return NewWorld("2026-01-01T00:29:30Z", "0 * * * *", kPeriod); };
  struct Slot {
    uint64_t actions;
    std::string end;
  };
  std::vector<Slot> calm_day;
  uint64_t most = 0;
  for (const auto calm = new_world(); calm_day.size() < 24;) {
    const uint64_t before = calm->actions();
    calm->Run(kPeriod);
    calm_day.push_back({calm->actions() - before, EndState(*calm)});
    most = std::max(most, calm_day.back().actions);
  }
  for (uint64_t n = 1; n <= most; ++n) {
    const auto world = new_world();
    for (const Slot& slot : calm_day) {
      const uint64_t deaths = world->deaths();
      world->DieBefore(n);
      world->Run(kPeriod);
      world->DieBefore(0);
      SCOPED_TRACE(
          fmt::format("died before action {} of the slot that ends {}", n, FormatRfc3339(world->now())));
      ASSERT_GE(world->deaths() - deaths, n <= slot.actions ? 1U : 0U);
      ASSERT_EQ(EndState(*world), slot.end);
    }
  }
}

// The agent dies again and again, each time one action later after its start than the time before.
void ExpectDeathsToChangeNothing(const std::function<std::unique_ptr<AgentWorld>()>& make, Duration time) {
  const auto calm = make();
  calm->Run(time);
  const auto world = make();
  const Instant end = world->now() + time;
  for (uint64_t n = 1; world->now() < end; n = n % 40 + 1) {
    world->DieBefore(n);
    world->Run(std::min<Duration>(minutes(5), end - world->now()));
  }
  EXPECT_GT(world->deaths(), static_cast<uint64_t>(time / minutes(10)));
  EXPECT_EQ(EndState(*world), EndState(*calm));
}

TEST_P(PolicyStory, FourHoursOfDeathsEqualCalmOnes) {
  ExpectDeathsToChangeNothing([] { return NewWorld("2026-01-01T00:00:30Z"); }, hours(4));
}

TEST(CronJobStory, DayOfDeathsEqualsACalmDay) {
  ExpectDeathsToChangeNothing(
      [] {
        auto world = std::make_unique<AgentWorld>(MixedScript(minutes(5)), At("2026-01-01T00:00:30Z"));
        world->Create(SimpleCronJob("etl", "*/5 * * * *",
                                    [](api::CronJobSpec& spec) { spec.concurrency_policy = "Forbid"; }));
        return world;
      },
      hours(24));
}

INSTANTIATE_TEST_SUITE_P(Policies, PolicyStory, ::testing::Values("Allow", "Forbid", "Replace"),
                         [](const auto& info) { return std::string(info.param); });

// Fifty CronJobs of one second, and a death before some action of that second: each runs once.
TEST(CronJobStory, DeathAmongManyDueInOneSecondStartsEachOnce) {
  const auto make = [] {
    auto world = std::make_unique<AgentWorld>(Lasting(seconds(5)), At("2026-01-01T00:59:30Z"));
    for (int i = 0; i < 50; ++i) world->Create(SimpleCronJob("etl-" + std::to_string(i), "0 * * * *"));
    return world;
  };
  const auto calm = make();
  const uint64_t first = calm->actions();
  calm->Run(minutes(2));
  const uint64_t actions = calm->actions() - first;
  ASSERT_EQ(calm->runtime().starts().size(), 50U);
  for (uint64_t n = 1; n <= actions; n += 67) {
    const auto world = make();
    world->DieBefore(n);
    world->Run(minutes(2));
    ASSERT_EQ(world->deaths(), 1U) << n;
    ASSERT_EQ(world->runtime().starts().size(), 50U) << "died before action " << n;
    ASSERT_EQ(EndState(*world), EndState(*calm)) << "died before action " << n;
  }
}

}  // namespace
}  // namespace belfry::controllers
