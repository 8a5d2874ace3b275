// The tz database is updated under a running controller.
#include <gmock/gmock.h>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "agent/controllers/cronjob/controller.h"
#include "agent/controllers/manager.h"
#include "tests/agent/controllers/cronjob/fixture.h"
#include "tests/agent/cron/zone_files.h"
#include "tests/support/memory_journal.h"

namespace belfry::controllers {
namespace {

using cron::ZoneFile;

class ZoneStory : public ::testing::Test {
 protected:
  ZoneStory() {
    Put("Mars/Olympus", hours(1));
    EXPECT_TRUE(store_.Open().ok());
    manager_.Add(controller_);
    manager_.Start();
    controller_.zones().Watch([this](const std::string& path) { watched_.push_back(path); });
    controller_.zones().AlsoTell([this](const std::vector<std::string>& names) { told_ = names; });
  }

  void Put(const std::string& name, seconds offset) {
    ASSERT_TRUE(files_.WriteFileAtomically("/zones/" + name, ZoneFile(offset), 0644).ok());
  }
  void Create(const std::string& schedule, const std::string& zone) {
    api::CronJob cronjob = EtlCronJob(schedule);
    cronjob.spec.time_zone = zone;
    ASSERT_TRUE(store_.Create(std::move(cronjob)).ok());
    loop_.RunUntilIdle();
  }
  std::string LastSlot() const {
    const auto slot = store_.Get<api::CronJob>("default", "etl")->status.last_schedule_time;
    return slot ? FormatRfc3339(*slot) : "none";
  }
  std::vector<std::string> Events() const {
    std::vector<std::string> events;
    for (const auto& event : store_.List<api::Event>("default")) events.push_back(event->message);
    return events;
  }

  FakeFileSystem files_;
  FakeEventLoop loop_{At("2026-01-01T00:00:00Z")};
  SeededRandom random_{1};
  testing::MemoryJournal journal_;
  store::Store store_{loop_, random_, journal_};
  CronJobController controller_{store_, loop_, {}, cron::ZoneDatabase(files_, "/zones", "/etc/localtime")};
  Manager manager_{loop_, store_};
  std::vector<std::string> watched_;
  std::vector<std::string> told_;
};

TEST_F(ZoneStory, NewRulesMoveTheNextSlotWithoutARestart) {
  Create("0 8 * * *", "Mars/Olympus");
  EXPECT_THAT(watched_, ::testing::UnorderedElementsAre("/zones/Mars", "/zones"));
  loop_.AdvanceTo(At("2026-01-01T05:30:00Z"));
  Put("Mars/Olympus", hours(2));  // 08:00 is 06:00 now, not 07:00
  controller_.zones().FilesChanged();
  loop_.AdvanceTo(At("2026-01-01T05:59:59Z"));
  EXPECT_EQ(LastSlot(), "none");
  EXPECT_EQ(told_, std::vector<std::string>({"Mars/Olympus"}));
  loop_.AdvanceTo(At("2026-01-01T06:00:00Z"));
  EXPECT_EQ(LastSlot(), "2026-01-01T06:00:00Z");
}

TEST_F(ZoneStory, FilesAreReadOnceAllHaveCome) {
  Create("0 8 * * *", "Mars/Olympus");
  Put("Mars/Olympus", hours(2));
  for (int i = 0; i < 100; ++i) {
    controller_.zones().FilesChanged();
    loop_.Advance(milliseconds(20));
  }
  EXPECT_TRUE(told_.empty());
  loop_.Advance(seconds(1));
  EXPECT_EQ(told_.size(), 1U);
  // Nothing waits or polls after that: the next timer is the slot's.
  EXPECT_EQ(loop_.NextDeadline(Instant::max()), At("2026-01-01T06:00:00Z"));
}

TEST_F(ZoneStory, SlotsThatNewRulesPutIntoThePastAreNobodysLoss) {
  Create("*/10 8 * * *", "Mars/Olympus");
  loop_.AdvanceTo(At("2026-01-01T06:35:00Z"));
  Put("Mars/Olympus", hours(2));  // six slots from 06:00, four are past
  controller_.zones().FilesChanged();
  loop_.AdvanceTo(At("2026-01-01T06:35:02Z"));
  EXPECT_EQ(LastSlot(), "2026-01-01T06:30:00Z");
  EXPECT_THAT(Events(), ::testing::UnorderedElementsAre(
                            "Created job etl-29454150",
                            "Job etl-29454150 of Thu, 01 Jan 2026 08:30:00 +0200 starts 5m1s late"));
}

TEST_F(ZoneStory, AZoneThatComesMendsItsCronJobs) {
  Create("0 8 * * *", "Mars/Tharsis");
  EXPECT_EQ(Events(),
            std::vector<std::string>({"invalid timeZone: \"Mars/Tharsis\": unknown time zone Mars/Tharsis"}));
  Put("Mars/Tharsis", hours(3));
  controller_.zones().FilesChanged();
  loop_.AdvanceTo(At("2026-01-01T05:00:00Z"));
  EXPECT_EQ(LastSlot(), "2026-01-01T05:00:00Z");
}

TEST_F(ZoneStory, OthersAreLeftAlone) {
  Put("Mars/Other", hours(1));
  Create("0 8 * * *", "Mars/Olympus");
  const auto reconciles = manager_.Stats()[0].reconciles;
  Put("Mars/Other", hours(2));
  controller_.zones().FilesChanged();
  loop_.Advance(seconds(2));
  EXPECT_EQ(manager_.Stats()[0].reconciles, reconciles);
}

}  // namespace
}  // namespace belfry::controllers
