// The time zones in use, kept as the tz database has them while that is updated under the agent.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/cron/zone_cache.h"

namespace belfry::controllers {

// Nothing here polls: somebody watches the files and says when one changes. Thread: the core loop's.
class ZoneWatch {
 public:
  using OnChanged = std::function<void(const std::vector<std::string>& names)>;
  using OnUsed = std::function<void(const std::string& path)>;

  // `changed` hears which zones are others now. Requires: the loop outlives the watch.
  ZoneWatch(EventLoop& loop, cron::ZoneDatabase database, OnChanged changed);

  // The zone of that name, or the host's if it is empty. Errors: as ZoneDatabase::Load.
  const Result<cron::Zone>& Get(const std::string& name);

  // `used` is told once of each file or folder in which a change of a zone in use would show, those used
  // already included; FilesChanged is to be called when one does.
  void Watch(OnUsed used);
  // Looks at the files once no change has come for a second: an update replaces hundreds, and links before
  // what they lead to.
  void FilesChanged();
  // The same at once.
  void Refresh();
  // A further listener.
  void AlsoTell(OnChanged changed) { listeners_.push_back(std::move(changed)); }

 private:
  cron::ZoneCache cache_;
  std::vector<OnChanged> listeners_;
  OnUsed used_;
  std::set<std::string> paths_;
  Timer quiet_;
};

}  // namespace belfry::controllers
