#pragma once

#include "agent/api/job.h"

namespace belfry::manifest {

// The least that validates.
inline api::Job GoodJob() {
  api::Job job;
  job.metadata.name = "etl";
  job.metadata.ns = "default";
  job.spec.pod_template.spec.restart_policy = "Never";
  api::Container container;
  container.name = "main";
  container.image = "busybox";
  job.spec.pod_template.spec.containers = {container};
  return job;
}

}  // namespace belfry::manifest
