// Loaded zones by name, and whether the database has newer ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/cron/zone_database.h"

namespace belfry::cron {

// Thread: one.
class ZoneCache {
 public:
  explicit ZoneCache(ZoneDatabase database = ZoneDatabase()) : database_(std::move(database)) {}

  // The zone of that name, or the host's if `name` is empty. Read once; Refresh looks for newer ones. Errors:
  // as ZoneDatabase::Load.
  const Result<Zone>& Get(const std::string& name);

  // Looks at the files of all zones asked for so far, and reads those again that were replaced. Returns the
  // names whose zone, or failure to have one, is another now. A file that has gone or is damaged takes
  // nothing away: the zone stays as it was read. Cost: a stat for each zone.
  std::vector<std::string> Refresh();

  const ZoneDatabase& database() const { return database_; }

 private:
  struct Entry {
    std::optional<FileInfo> version;
    Result<Zone> zone;
  };

  Entry Read(const std::string& name) const;

  ZoneDatabase database_;
  std::map<std::string, Entry> zones_;
};

}  // namespace belfry::cron
