// Loaded zones by name.
#pragma once

#include <map>
#include <string>

#include "agent/cron/zone.h"

namespace belfry::cron {

// Thread: one.
class ZoneCache {
 public:
  // The zone of that name, or the host's if `name` is empty. Errors: as LoadZone and LoadLocalZone; they are
  // not kept.
  Result<Zone> Get(const std::string& name);

 private:
  std::map<std::string, Zone> zones_;
};

}  // namespace belfry::cron
