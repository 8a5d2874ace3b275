// Objects with every field set, for round trips.
#pragma once

#include <vector>

#include "agent/api/object.h"

namespace belfry::manifest {

api::Job FullJob();
api::CronJob FullCronJob();
api::Pod FullPod();
api::ConfigMap FullConfigMap();
api::Secret FullSecret();
api::PersistentVolumeClaim FullClaim();
api::PrometheusRule FullPrometheusRule();
api::Event FullEvent();
// One of each kind.
std::vector<api::Object> FullObjects();

}  // namespace belfry::manifest
