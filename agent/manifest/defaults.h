// What the API server fills in where a manifest is silent. Source: pkg/apis/{batch,core}/v1/defaults.go as
// of 1.34.
#pragma once

#include "agent/api/object.h"

namespace belfry::manifest {

// Idempotent. The uid-dependent part of a Job is CompleteJob's.
void ApplyDefaults(api::Job& job);
// Of the Job template only the pods' defaults: a Job's own are filled in when it is created, as on a cluster.
void ApplyDefaults(api::CronJob& cronjob);
void ApplyDefaults(api::Pod& pod);
void ApplyDefaults(api::ConfigMap& config);
void ApplyDefaults(api::Secret& secret);
void ApplyDefaults(api::PersistentVolumeClaim& claim);
void ApplyDefaults(api::PrometheusRule& rule);
void ApplyDefaults(api::Event& event);

// Sets the generated selector and the template's controller-uid and job-name labels; none with
// manualSelector. A Job without labels of its own takes the template's. Idempotent. Requires: metadata.uid
// and name are set, defaults are applied.
void CompleteJob(api::Job& job);

inline constexpr std::string_view kControllerUidLabel = "batch.kubernetes.io/controller-uid";
inline constexpr std::string_view kJobNameLabel = "batch.kubernetes.io/job-name";
inline constexpr std::string_view kLegacyControllerUidLabel = "controller-uid";
inline constexpr std::string_view kLegacyJobNameLabel = "job-name";

}  // namespace belfry::manifest
