#include "agent/cron/zone_cache.h"

namespace belfry::cron {
namespace {

bool SameZone(const Result<Zone>& a, const Result<Zone>& b) {
  if (a.ok() != b.ok()) return false;
  return a.ok() ? *a == *b : a.error() == b.error();
}

}  // namespace

// The version is taken first: a file that is replaced in between is read again at the next look.
ZoneCache::Entry ZoneCache::Read(const std::string& name) const {
  auto version = database_.Version(name);
  return {.version = std::move(version), .zone = database_.Load(name)};
}

const Result<Zone>& ZoneCache::Get(const std::string& name) {
  auto it = zones_.find(name);
  if (it == zones_.end()) it = zones_.emplace(name, Read(name)).first;
  return it->second.zone;
}

std::vector<std::string> ZoneCache::Refresh() {
  std::vector<std::string> changed;
  for (auto& [name, entry] : zones_) {
    if (database_.Version(name) == entry.version) continue;
    Entry fresh = Read(name);
    const bool worse = entry.zone.ok() && !fresh.zone.ok();
    entry.version = fresh.version;
    if (worse || SameZone(entry.zone, fresh.zone)) continue;
    entry.zone = std::move(fresh.zone);
    changed.push_back(name);
  }
  return changed;
}

}  // namespace belfry::cron
