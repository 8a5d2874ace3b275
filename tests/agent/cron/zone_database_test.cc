#include "agent/cron/zone_database.h"

#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"
#include "agent/cron/zone_cache.h"
#include "tests/agent/cron/zone_files.h"

namespace belfry::cron {
namespace {

using Names = std::vector<std::string>;

class ZoneDatabaseTest : public testing::Test {
 protected:
  void Put(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(files_.WriteFileAtomically("/zones/" + name, bytes, 0644).ok());
  }
  static int64_t OffsetOf(const Result<Zone>& zone) {
    return zone.ok() ? zone->At(Instant()).offset.count() : -1;
  }

  FakeFileSystem files_;
  ZoneDatabase database_{files_, "/zones", "/etc/localtime"};
};

TEST_F(ZoneDatabaseTest, LoadsByNameAndTheHostsOwn) {
  Put("Mars/Olympus", ZoneFile(seconds(5400)));
  EXPECT_EQ(OffsetOf(database_.Load("Mars/Olympus")), 5400);
  EXPECT_EQ(database_.Load("")->name(), "UTC");  // none is set
  ASSERT_TRUE(files_.WriteFileAtomically("/etc/localtime", ZoneFile(seconds(7200)), 0644).ok());
  EXPECT_EQ(database_.Load("")->name(), "Local");
  EXPECT_EQ(OffsetOf(database_.Load("")), 7200);
}

TEST_F(ZoneDatabaseTest, UtcNeedsNoFile) { EXPECT_EQ(*database_.Load("UTC"), Zone()); }

TEST_F(ZoneDatabaseTest, NamesLeadNowhereElse) {
  ASSERT_TRUE(files_.WriteFileAtomically("/secret", ZoneFile(seconds(1)), 0644).ok());
  for (const char* name : {"../secret", "/secret", "x/../../secret", "..", ".", "a//b", "-x"}) {
    EXPECT_EQ(database_.Load(name).error().message, std::string("unknown time zone ") + name);
    EXPECT_EQ(database_.Version(name), std::nullopt);
  }
}

TEST_F(ZoneDatabaseTest, ADamagedFileIsNamedWithItsFault) {
  Put("Mars/Olympus", ZoneFile(seconds(5400)).substr(0, 50));
  EXPECT_EQ(
      database_.Load("Mars/Olympus").error(),
      (Error{Code::kInvalid, "unknown time zone Mars/Olympus: read /zones/Mars/Olympus: it is cut off"}));
  Put("zone.tab", "# a table, no zone");
  EXPECT_EQ(database_.Load("zone.tab").error().message, "unknown time zone zone.tab");
}

TEST_F(ZoneDatabaseTest, TooLargeIsUnknown) {
  Put("Mars/Olympus", ZoneFile(seconds(5400)) + std::string(1 << 20, '\0'));
  EXPECT_EQ(database_.Load("Mars/Olympus").error().message, "unknown time zone Mars/Olympus");
}

class ZoneCacheTest : public ZoneDatabaseTest {
 protected:
  ZoneCache cache_{database_};
};

TEST_F(ZoneCacheTest, RefreshTellsOnlyOfZonesThatAreOthersNow) {
  Put("A", ZoneFile(seconds(3600)));
  Put("B", ZoneFile(seconds(3600)));
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);
  EXPECT_EQ(OffsetOf(cache_.Get("B")), 3600);
  EXPECT_EQ(cache_.Refresh(), Names());
  Put("A", ZoneFile(seconds(7200)));
  Put("B", ZoneFile(seconds(3600)));           // replaced by its like
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);  // not before the look
  EXPECT_EQ(cache_.Refresh(), Names({"A"}));
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 7200);
  EXPECT_EQ(cache_.Refresh(), Names());
}

TEST_F(ZoneCacheTest, AZoneThatComesIsTold) {
  EXPECT_FALSE(cache_.Get("A").ok());
  EXPECT_EQ(cache_.Refresh(), Names());
  Put("A", ZoneFile(seconds(3600)));
  EXPECT_EQ(cache_.Refresh(), Names({"A"}));
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);
}

TEST_F(ZoneCacheTest, AFileThatGoesOrIsDamagedTakesNothingAway) {
  Put("A", ZoneFile(seconds(3600)));
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);
  Put("A", "TZif, half written");
  EXPECT_EQ(cache_.Refresh(), Names());
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);
  ASSERT_TRUE(files_.RemoveAll("/zones/A").ok());
  EXPECT_EQ(cache_.Refresh(), Names());
  EXPECT_EQ(OffsetOf(cache_.Get("A")), 3600);
  Put("A", ZoneFile(seconds(7200)));
  EXPECT_EQ(cache_.Refresh(), Names({"A"}));
}

TEST_F(ZoneCacheTest, TheHostsZoneIsOneOfThem) {
  ASSERT_TRUE(files_.WriteFileAtomically("/etc/localtime", ZoneFile(seconds(3600)), 0644).ok());
  EXPECT_EQ(OffsetOf(cache_.Get("")), 3600);
  ASSERT_TRUE(files_.WriteFileAtomically("/etc/localtime", ZoneFile(seconds(7200)), 0644).ok());
  EXPECT_EQ(cache_.Refresh(), Names({""}));
}

}  // namespace
}  // namespace belfry::cron
