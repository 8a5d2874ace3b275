#include "agent/manifest/validate.h"

#include "agent/manifest/defaults.h"
#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr size_t kMaxAnnotationBytes = 256 * 1024;

void ValidateKind(const api::Job& job, FieldErrors& errors) { ValidateJob(job, errors); }
void ValidateKind(const api::CronJob& cronjob, FieldErrors& errors) {
  ValidateCronJob(cronjob, nullptr, errors);
}
void ValidateKind(const api::Pod& pod, FieldErrors& errors) { ValidatePodSpec(pod.spec, "spec", errors); }
void ValidateKind(const api::ConfigMap& config, FieldErrors& errors) { ValidateConfigMap(config, errors); }
void ValidateKind(const api::Secret& secret, FieldErrors& errors) { ValidateSecret(secret, errors); }
void ValidateKind(const api::PrometheusRule& rule, FieldErrors& errors) {
  ValidatePrometheusRule(rule, errors);
}
void ValidateKind(const api::Event&, FieldErrors&) {}
void ValidateKind(const api::PersistentVolumeClaim& claim, FieldErrors& errors) {
  ValidateClaim(claim, errors);
}

}  // namespace

void ValidateMeta(const api::ObjectMeta& meta, FieldErrors& errors) {
  if (meta.name.empty() && meta.generate_name.empty()) {
    errors.Required("metadata.name", "name or generateName is required");
  } else if (meta.name.empty()) {
    // The server adds five characters.
    const std::string wrong = CheckDnsSubdomain(meta.generate_name + "x");
    if (!wrong.empty()) errors.Invalid("metadata.generateName", meta.generate_name, wrong);
  } else if (const std::string wrong = CheckDnsSubdomain(meta.name); !wrong.empty()) {
    errors.Invalid("metadata.name", meta.name, wrong);
  }
  if (meta.ns.empty()) {
    errors.Required("metadata.namespace");
  } else if (const std::string wrong = CheckDnsLabel(meta.ns); !wrong.empty()) {
    errors.Invalid("metadata.namespace", meta.ns, wrong);
  }
  ValidateLabelsAndAnnotations(meta, "metadata", errors);
}

void ValidateLabelsAndAnnotations(const api::ObjectMeta& meta, const std::string& path, FieldErrors& errors) {
  for (const auto& [key, value] : meta.labels) {
    if (const std::string wrong = CheckQualifiedName(key); !wrong.empty())
      errors.Invalid(path + ".labels", key, wrong);
    if (const std::string wrong = CheckLabelValue(value); !wrong.empty())
      errors.Invalid(path + ".labels", value, wrong);
  }
  size_t bytes = 0;
  for (const auto& [key, value] : meta.annotations) {
    bytes += key.size() + value.size();
    std::string lower = key;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (const std::string wrong = CheckQualifiedName(lower); !wrong.empty())
      errors.Invalid(path + ".annotations", key, wrong);
  }
  if (bytes > kMaxAnnotationBytes) errors.TooLong(path + ".annotations", kMaxAnnotationBytes);
}

std::vector<FieldError> Validate(const api::Object& object) {
  FieldErrors errors;
  ValidateMeta(api::MetaOf(object), errors);
  std::visit([&](const auto& pointer) { ValidateKind(*pointer, errors); }, object);
  return errors.Take();
}

Result<void> AdmitJob(const api::Job& job) {
  api::Job complete = job;
  ApplyDefaults(complete);
  const auto errors = Validate(std::make_shared<const api::Job>(std::move(complete)));
  if (errors.empty()) return {};
  return Error{Code::kInvalid, "Job.batch \"" + job.metadata.name + "\" is invalid: " + Join(errors)};
}

std::string Join(const std::vector<FieldError>& errors) {
  if (errors.size() == 1) return errors.front().ToString();
  std::string text = "[";
  for (const FieldError& error : errors) text += (text.size() > 1 ? ", " : "") + error.ToString();
  return text + "]";
}

}  // namespace belfry::manifest
