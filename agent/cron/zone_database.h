// The tz database on the host's disk, and which version of a zone is there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/file_system.h"
#include "agent/cron/zone.h"

namespace belfry::cron {

// Cheap to copy. Thread: any, if the file system's is.
class ZoneDatabase {
 public:
  // The host's.
  ZoneDatabase();
  // Requires: `files` outlives the database. `folder` holds the compiled zones, `local` is the file of the
  // zone that the host's clocks show.
  ZoneDatabase(const FileSystem& files, std::string folder, std::string local);

  // The zone of that name, case matters; an empty name is the host's zone (UTC where none is set). Cost: a
  // file read, keep the value. Errors: kInvalid `unknown time zone X`, with what is wrong with its file if
  // there is one.
  Result<Zone> Load(std::string_view name) const;

  // What the zone's file is now; another answer means that it was replaced. Nothing if there is none.
  std::optional<FileInfo> Version(std::string_view name) const;

  // The folder, or for an empty name the file, in which a change of that zone shows itself.
  std::string WatchPath(std::string_view name) const;
  const std::string& folder() const { return folder_; }

 private:
  std::string PathOf(std::string_view name) const;

  std::shared_ptr<const FileSystem> files_;
  std::string folder_;
  std::string local_;
};

}  // namespace belfry::cron
