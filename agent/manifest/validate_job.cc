#include <algorithm>

#include "agent/manifest/codec.h"
#include "agent/manifest/defaults.h"
#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr int32_t kMaxIndexedParallelism = 100'000;
constexpr int32_t kMaxManyIndexes = 10'000;  // where completions are above 100000

bool ManyIndexes(const api::JobSpec& spec) { return spec.completions.value_or(0) > kMaxIndexedParallelism; }

void ValidateMode(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kModes[] = {"NonIndexed", "Indexed"};
  if (!spec.completion_mode.empty() && std::ranges::find(kModes, spec.completion_mode) == std::end(kModes)) {
    errors.Unsupported(path + ".completionMode", spec.completion_mode, kModes);
  }
  if (!api::IsIndexed(spec)) return;
  if (!spec.completions) errors.Required(path + ".completions", "when completion mode is Indexed");
  if (spec.parallelism.value_or(0) > kMaxIndexedParallelism) {
    errors.Invalid(path + ".parallelism", *spec.parallelism,
                   "must be less than or equal to 100000 when completion mode is Indexed");
  }
}

void ValidatePerIndex(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  errors.NonNegative(path + ".backoffLimitPerIndex", spec.backoff_limit_per_index);
  errors.NonNegative(path + ".maxFailedIndexes", spec.max_failed_indexes);
  if (spec.max_failed_indexes && !spec.backoff_limit_per_index)
    errors.Required(path + ".backoffLimitPerIndex", "when maxFailedIndexes is specified");
  if (spec.completion_mode.empty() || spec.completion_mode == "NonIndexed") {
    if (spec.backoff_limit_per_index)
      errors.Invalid(path + ".backoffLimitPerIndex", *spec.backoff_limit_per_index,
                     "requires indexed completion mode");
    if (spec.max_failed_indexes)
      errors.Invalid(path + ".maxFailedIndexes", *spec.max_failed_indexes,
                     "requires indexed completion mode");
  }
  if (!api::IsIndexed(spec)) return;
  if (spec.max_failed_indexes) {
    if (spec.completions && *spec.max_failed_indexes > *spec.completions) {
      errors.Invalid(path + ".maxFailedIndexes", *spec.max_failed_indexes,
                     "must be less than or equal to completions");
    }
    if (*spec.max_failed_indexes > kMaxIndexedParallelism) {
      errors.Invalid(path + ".maxFailedIndexes", *spec.max_failed_indexes,
                     "must be less than or equal to 100000");
    }
  }
  if (!spec.backoff_limit_per_index || !ManyIndexes(spec)) return;
  if (!spec.max_failed_indexes) {
    errors.Required(path + ".maxFailedIndexes", "must be specified when completions is above 100000");
  } else if (*spec.max_failed_indexes > kMaxManyIndexes) {
    errors.Invalid(path + ".maxFailedIndexes", *spec.max_failed_indexes,
                   "must be less than or equal to 10000 when completions are above 100000 and used with "
                   "backoff limit per index");
  }
  if (spec.parallelism.value_or(0) > kMaxManyIndexes) {
    errors.Invalid(path + ".parallelism", *spec.parallelism,
                   "must be less than or equal to 10000 when completions are above 100000 and used with "
                   "backoff limit per index");
  }
}

void ValidateReplacement(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kAll[] = {"Failed", "TerminatingOrFailed"};
  static constexpr std::string_view kWithPolicy[] = {"Failed"};
  const std::span<const std::string_view> allowed = spec.pod_failure_policy
                                                        ? std::span<const std::string_view>(kWithPolicy)
                                                        : std::span<const std::string_view>(kAll);
  if (!spec.pod_replacement_policy.empty() &&
      std::ranges::find(allowed, spec.pod_replacement_policy) == allowed.end()) {
    errors.Unsupported(path + ".podReplacementPolicy", spec.pod_replacement_policy, allowed);
  }
}

void ValidateManagedBy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  if (!spec.managed_by) return;
  const std::string at = path + ".managedBy";
  const std::string& name = *spec.managed_by;
  if (name.empty()) return errors.Required(at);
  if (name.size() > 63) errors.TooLong(at, 63);
  const size_t slash = name.find('/');
  if (slash == 0 || slash >= name.size() - 1)  // or there is none
    return errors.Invalid(at, name, "must be a domain-prefixed path (such as \"acme.io/foo\")");
  const std::string domain = name.substr(0, slash);
  const std::string rest = name.substr(slash + 1);
  if (const std::string wrong = CheckDnsSubdomain(domain); !wrong.empty()) errors.Invalid(at, domain, wrong);
  if (const std::string wrong = CheckUrlPath(rest); !wrong.empty()) errors.Invalid(at, rest, wrong);
}

void ValidateRestartPolicy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kPolicies[] = {"OnFailure", "Never"};
  const std::string at = path + ".template.spec.restartPolicy";
  const std::string& policy = spec.pod_template.spec.restart_policy;
  if (policy.empty() || policy == "Always") {
    errors.Required(at, "valid values: \"OnFailure\", \"Never\"");
  } else if (std::ranges::find(kPolicies, policy) == std::end(kPolicies)) {
    errors.Unsupported(at, policy, kPolicies);
  } else if (spec.pod_failure_policy && policy != "Never") {
    errors.Invalid(at, policy, "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

// The pod's own check of the policy would say the same in other words.
void ValidateTemplate(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  ValidateLabelsAndAnnotations(spec.pod_template.metadata, path + ".template", errors);
  ValidateRestartPolicy(spec, path, errors);
  api::PodSpec pod = spec.pod_template.spec;
  pod.restart_policy = "Never";
  ValidatePodSpec(pod, path + ".template.spec", errors);
}

// A Job's pods take their names from it: with many indexes there must be room.
void ValidateIndexedName(const api::Job& job, FieldErrors& errors) {
  if (!api::IsIndexed(job.spec) || job.spec.completions.value_or(0) <= 0 || job.metadata.name.empty()) return;
  const std::string hostname = job.metadata.name + "-" + std::to_string(*job.spec.completions - 1);
  if (!CheckDnsLabel(hostname).empty()) {
    errors.Invalid("metadata.name", job.metadata.name,
                   "will not able to create pod with invalid DNS label: " + hostname);
  }
}

// The labels that a Job gives to its pods may stand in the manifest, but only with the values it will give.
void ValidateOwnLabels(const api::Job& job, FieldErrors& errors) {
  const auto& labels = job.spec.pod_template.metadata.labels;
  const auto check = [&](std::string_view name, const std::string& wanted) {
    const auto label = labels.find(name);
    if (label == labels.end() || (label->second == wanted && !wanted.empty())) return;
    errors.InvalidRaw("spec.template.metadata.labels[" + std::string(name) + "]", ToJson(labels),
                      wanted.empty() ? "must be the uid that the Job will get" : "must be '" + wanted + "'");
  };
  for (const auto name : {kControllerUidLabel, kLegacyControllerUidLabel}) check(name, job.metadata.uid);
  if (job.metadata.name.empty()) return;  // generated later
  for (const auto name : {kJobNameLabel, kLegacyJobNameLabel}) check(name, job.metadata.name);
  // A name may be longer than a label, but the pods are to carry it as one.
  const std::string wrong = CheckLabelValue(job.metadata.name);
  if (!wrong.empty() && !labels.contains(kJobNameLabel) && CheckDnsSubdomain(job.metadata.name).empty())
    errors.Invalid("spec.template.labels", job.metadata.name, wrong);
}

void ValidateSelector(const api::Job& job, FieldErrors& errors) {
  if (!job.spec.selector) {
    if (job.spec.manual_selector.value_or(false)) return errors.Required("spec.selector");
    return ValidateOwnLabels(job, errors);
  }
  if (job.spec.manual_selector.value_or(false)) {
    if (!api::Matches(*job.spec.selector, job.spec.pod_template.metadata.labels)) {
      errors.InvalidRaw("spec.template.metadata.labels", ToJson(job.spec.pod_template.metadata.labels),
                        "`selector` does not match template `labels`");
    }
    return;
  }
  ValidateOwnLabels(job, errors);
  // Ours is completed with the uid; before there is one, a given selector cannot be right.
  const auto& labels = job.spec.selector->match_labels;
  const auto uid = labels.find("batch.kubernetes.io/controller-uid");
  const bool generated = labels.size() == 1 && job.spec.selector->match_expressions.empty() &&
                         uid != labels.end() && !job.metadata.uid.empty() && uid->second == job.metadata.uid;
  if (!generated)
    errors.InvalidRaw("spec.selector", ToJson(*job.spec.selector), "`selector` not auto-generated");
}

}  // namespace

void ValidateJobSpec(const api::JobSpec& spec, const std::string& path, JobParent parent,
                     FieldErrors& errors) {
  errors.NonNegative(path + ".parallelism", spec.parallelism);
  errors.NonNegative(path + ".completions", spec.completions);
  errors.NonNegative(path + ".activeDeadlineSeconds", spec.active_deadline_seconds);
  errors.NonNegative(path + ".backoffLimit", spec.backoff_limit);
  errors.NonNegative(path + ".ttlSecondsAfterFinished", spec.ttl_seconds_after_finished);
  ValidateManagedBy(spec, path, errors);
  ValidateMode(spec, path, errors);
  ValidatePerIndex(spec, path, errors);
  if (spec.pod_failure_policy) ValidatePodFailurePolicy(spec, path + ".podFailurePolicy", errors);
  if (spec.success_policy) ValidateSuccessPolicy(spec, path + ".successPolicy", errors);
  ValidateReplacement(spec, path, errors);
  ValidateTemplate(spec, path, errors);
  if (parent != JobParent::kCronJob) return;
  if (spec.selector)
    errors.InvalidRaw(path + ".selector", ToJson(*spec.selector), "`selector` will be auto-generated");
  static constexpr std::string_view kManual[] = {"nil", "false"};
  if (spec.manual_selector.value_or(false)) errors.UnsupportedRaw(path + ".manualSelector", "true", kManual);
}

void ValidateJob(const api::Job& job, FieldErrors& errors) {
  ValidateIndexedName(job, errors);
  ValidateSelector(job, errors);
  ValidateJobSpec(job.spec, "spec", JobParent::kNone, errors);
}

}  // namespace belfry::manifest
