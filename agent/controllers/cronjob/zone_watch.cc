#include "agent/controllers/cronjob/zone_watch.h"

#include <fmt/ranges.h>

#include "agent/base/log.h"

namespace belfry::controllers {
namespace {

constexpr Duration kQuiet = seconds(1);

}  // namespace

ZoneWatch::ZoneWatch(EventLoop& loop, cron::ZoneDatabase database, OnChanged changed)
    : cache_(std::move(database)), quiet_(loop) {
  listeners_.push_back(std::move(changed));
}

const Result<cron::Zone>& ZoneWatch::Get(const std::string& name) {
  // Links lead to other folders, but every update of the database touches its top one, too.
  for (const std::string& path : {cache_.database().WatchPath(name), cache_.database().folder()}) {
    if (paths_.insert(path).second && used_) used_(path);
  }
  return cache_.Get(name);
}

void ZoneWatch::Watch(OnUsed used) {
  used_ = std::move(used);
  for (const std::string& path : paths_) used_(path);
}

void ZoneWatch::FilesChanged() {
  quiet_.RunAfter(kQuiet, [this] { Refresh(); });
}

void ZoneWatch::Refresh() {
  quiet_.Cancel();
  const std::vector<std::string> names = cache_.Refresh();
  if (names.empty()) return;
  LogInfo("controllers", "time zones have changed", {{"zones", fmt::format("{}", fmt::join(names, " "))}});
  for (const OnChanged& listener : listeners_) listener(names);
}

}  // namespace belfry::controllers
