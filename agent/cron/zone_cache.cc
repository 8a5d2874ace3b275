#include "agent/cron/zone_cache.h"

namespace belfry::cron {

Result<Zone> ZoneCache::Get(const std::string& name) {
  const auto it = zones_.find(name);
  if (it != zones_.end()) return it->second;
  ASSIGN_OR_RETURN(Zone zone, name.empty() ? LoadLocalZone() : LoadZone(name));
  return zones_.emplace(name, std::move(zone)).first->second;
}

}  // namespace belfry::cron
