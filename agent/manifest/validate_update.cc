// What may not be changed once it is stored.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/manifest/codec.h"
#include "agent/manifest/same_template.h"
#include "agent/manifest/validate.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr std::string_view kImmutable = "field is immutable";
constexpr std::string_view kTemplateFields = "spec.template.";

template <class T>
std::string Text(const std::optional<T>& value) {
  return value ? std::to_string(*value) : "null";
}

// Kept fields of the template that may change while a suspended Job has never started.
bool IsSchedulingDirective(std::string_view path) {
  return path == "spec.template.spec.nodeSelector" || path == "spec.template.spec.tolerations" ||
         path == "spec.template.spec.schedulingGates";
}

// Of the affinities only the one to nodes may change.
std::string WithoutNodeAffinity(const std::string& affinity) {
  auto parsed = nlohmann::json::parse(affinity, nullptr, false);
  if (!parsed.is_object()) return affinity;
  parsed.erase("nodeAffinity");
  return parsed.dump();
}

void TakeResources(const std::vector<api::Container>& from, std::vector<api::Container>& to) {
  for (size_t i = 0; i < std::min(from.size(), to.size()); ++i) to[i].resources = from[i].resources;
}

api::Kept TemplateFields(const api::Kept& kept, bool without_directives) {
  api::Kept fields = api::Rebase(kept, kTemplateFields, kTemplateFields);
  if (!without_directives) return fields;
  std::erase_if(fields, [](const auto& entry) { return IsSchedulingDirective(entry.first); });
  if (const auto affinity = fields.find("spec.template.spec.affinity"); affinity != fields.end()) {
    affinity->second = WithoutNodeAffinity(affinity->second);
    if (affinity->second == "{}") fields.erase(affinity);
  }
  return fields;
}

void CheckTemplate(const api::Job& before, const api::Job& after, FieldErrors& errors) {
  const bool directives = before.spec.suspend.value_or(false) && !before.status.start_time;
  api::PodTemplateSpec old_template = before.spec.pod_template;
  api::PodTemplateSpec new_template = after.spec.pod_template;
  if (directives) {
    old_template.metadata.labels = new_template.metadata.labels;
    old_template.metadata.annotations = new_template.metadata.annotations;
    TakeResources(new_template.spec.containers, old_template.spec.containers);
    TakeResources(new_template.spec.init_containers, old_template.spec.init_containers);
  }
  if (SameTemplate(std::move(old_template), TemplateFields(before.kept, directives), new_template,
                   TemplateFields(after.kept, directives)))
    return;
  errors.InvalidRaw("spec.template", ToJson(new_template), kImmutable);
}

void CheckCompletions(const api::JobSpec& before, const api::JobSpec& after, FieldErrors& errors) {
  if (before.completions == after.completions) return;
  if (!api::IsIndexed(before))
    return errors.InvalidRaw("spec.completions", Text(after.completions), kImmutable);
  if (after.completions != after.parallelism) {
    errors.InvalidRaw("spec.completions", Text(after.completions),
                      "can only be modified in tandem with spec.parallelism");
  }
}

void CheckJob(const api::Job& before, const api::Job& after, FieldErrors& errors) {
  const api::JobSpec& was = before.spec;
  const api::JobSpec& is = after.spec;
  CheckCompletions(was, is, errors);
  if (was.selector != is.selector) errors.InvalidRaw("spec.selector", ToJson(is.selector), kImmutable);
  CheckTemplate(before, after, errors);
  if (was.completion_mode != is.completion_mode)
    errors.Invalid("spec.completionMode", is.completion_mode, kImmutable);
  if (was.pod_failure_policy != is.pod_failure_policy)
    errors.InvalidRaw("spec.podFailurePolicy", ToJson(is.pod_failure_policy), kImmutable);
  if (was.backoff_limit_per_index != is.backoff_limit_per_index) {
    errors.InvalidRaw("spec.backoffLimitPerIndex", Text(is.backoff_limit_per_index), kImmutable);
  }
  if (was.managed_by != is.managed_by)
    errors.InvalidRaw("spec.managedBy", is.managed_by ? Quote(*is.managed_by) : "null", kImmutable);
  if (was.success_policy != is.success_policy)
    errors.InvalidRaw("spec.successPolicy", ToJson(is.success_policy), kImmutable);
}

void CheckPod(const api::Pod& before, const api::Pod& after, FieldErrors& errors) {
  api::PodSpec allowed = before.spec;
  allowed.active_deadline_seconds = after.spec.active_deadline_seconds;
  for (size_t i = 0; i < std::min(allowed.containers.size(), after.spec.containers.size()); ++i) {
    allowed.containers[i].image = after.spec.containers[i].image;
  }
  if (allowed == after.spec) return;
  errors.Forbidden("spec",
                   "pod updates may not change fields other than `spec.containers[*].image` and "
                   "`spec.activeDeadlineSeconds`");
}

void CheckConfig(bool immutable, bool same, bool still_immutable, FieldErrors& errors) {
  if (!immutable) return;
  if (!still_immutable) errors.Forbidden("immutable", "field is immutable when `immutable` is set");
  if (!same) errors.Forbidden("data", "field is immutable when `immutable` is set");
}

void CheckKind(const api::Job& before, const api::Job& after, FieldErrors& errors) {
  ValidateJob(after, errors);
  CheckJob(before, after, errors);
}
void CheckKind(const api::CronJob& before, const api::CronJob& after, FieldErrors& errors) {
  ValidateCronJob(after, &before.spec.schedule, errors);
}
void CheckKind(const api::Pod& before, const api::Pod& after, FieldErrors& errors) {
  ValidatePodSpec(after.spec, "spec", errors);
  CheckPod(before, after, errors);
}
void CheckKind(const api::ConfigMap& before, const api::ConfigMap& after, FieldErrors& errors) {
  ValidateConfigMap(after, errors);
  CheckConfig(before.immutable.value_or(false),
              before.data == after.data && before.binary_data == after.binary_data,
              after.immutable.value_or(false), errors);
}
void CheckKind(const api::Secret& before, const api::Secret& after, FieldErrors& errors) {
  ValidateSecret(after, errors);
  if (before.type != after.type) errors.Invalid("type", after.type, kImmutable);
  CheckConfig(before.immutable.value_or(false), before.data == after.data, after.immutable.value_or(false),
              errors);
}
void CheckKind(const api::PrometheusRule&, const api::PrometheusRule& after, FieldErrors& errors) {
  ValidatePrometheusRule(after, errors);
}
void CheckKind(const api::Event&, const api::Event&, FieldErrors&) {}
void CheckKind(const api::PersistentVolumeClaim& before, const api::PersistentVolumeClaim& after,
               FieldErrors& errors) {
  ValidateClaim(after, errors);
  const auto fixed = [](const api::PersistentVolumeClaim& claim) {
    api::Kept kept = claim.kept;
    kept.erase("spec.volumeAttributesClassName");
    return std::pair(claim.access_modes, std::move(kept));
  };
  if (fixed(before) == fixed(after)) return;
  errors.Forbidden("spec",
                   "spec is immutable after creation except resources.requests and "
                   "volumeAttributesClassName for bound claims");
}

}  // namespace

std::vector<FieldError> ValidateUpdate(const api::Object& before, const api::Object& after) {
  FieldErrors errors;
  ValidateMeta(api::MetaOf(after), errors);
  std::visit(
      [&](const auto& pointer) {
        const auto* old = std::get_if<std::remove_cvref_t<decltype(pointer)>>(&before);
        if (old != nullptr) CheckKind(**old, *pointer, errors);
      },
      after);
  return errors.Take();
}

}  // namespace belfry::manifest
