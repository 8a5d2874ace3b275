// The parts that Validate is made of; each adds to `errors` under the path it is given.
#pragma once

#include <string>
#include <string_view>

#include "agent/api/object.h"
#include "agent/manifest/field_errors.h"

namespace belfry::manifest {

void ValidateMeta(const api::ObjectMeta& meta, FieldErrors& errors);
// Labels and annotations of an object or a template.
void ValidateLabelsAndAnnotations(const api::ObjectMeta& meta, const std::string& path, FieldErrors& errors);

void ValidatePodSpec(const api::PodSpec& spec, const std::string& path, FieldErrors& errors);
void ValidateResources(const api::ResourceRequirements& resources, const std::string& path,
                       FieldErrors& errors);
void ValidateContainer(const api::Container& container, const std::string& path, FieldErrors& errors);

enum class JobParent { kNone, kCronJob };
void ValidateJobSpec(const api::JobSpec& spec, const std::string& path, JobParent parent,
                     FieldErrors& errors);
void ValidatePodFailurePolicy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors);
void ValidateSuccessPolicy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors);
void ValidateJob(const api::Job& job, FieldErrors& errors);

// `before_schedule`: the schedule that is stored; null on creation.
void ValidateCronJob(const api::CronJob& cronjob, const std::string* before_schedule, FieldErrors& errors);

void ValidateConfigMap(const api::ConfigMap& config, FieldErrors& errors);
void ValidateSecret(const api::Secret& secret, FieldErrors& errors);
void ValidateClaim(const api::PersistentVolumeClaim& claim, FieldErrors& errors);
void ValidatePrometheusRule(const api::PrometheusRule& rule, FieldErrors& errors);

}  // namespace belfry::manifest
