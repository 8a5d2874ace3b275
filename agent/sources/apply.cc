#include "agent/sources/apply.h"

#include "agent/manifest/defaults.h"
#include "agent/manifest/validate.h"

namespace belfry::sources {
namespace {

// Whether the annotation is written by Belfry, Kubernetes or its tools rather than by the manifest.
bool IsSystems(std::string_view annotation) {
  const std::string_view domain = annotation.substr(0, annotation.find('/'));
  if (domain.size() == annotation.size()) return false;
  for (const std::string_view system : {"belfry.io", "kubernetes.io"}) {
    if (domain == system) return true;
    if (domain.ends_with(system) && domain[domain.size() - system.size() - 1] == '.') return true;
  }
  return false;
}

api::ObjectMeta MergedMeta(const api::ObjectMeta& current, const api::ObjectMeta& wanted) {
  api::ObjectMeta meta = current;
  meta.labels = wanted.labels;
  meta.annotations = wanted.annotations;
  for (const auto& [key, value] : current.annotations) {
    if (IsSystems(key)) meta.annotations.emplace(key, value);
  }
  if (!wanted.owner_references.empty()) meta.owner_references = wanted.owner_references;
  return meta;
}

template <class T>
void Complete(const T&, T&) {}
// A stored Job carries its generated selector and labels; the manifest does not. Nor does it have to say what
// was a default when the Job was created: completions of 1 stay when parallelism is added.
void Complete(const api::Job& current, api::Job& wanted) {
  if (current.spec.completions == 1 && !wanted.spec.completions) wanted.spec.completions = 1;
  wanted.metadata.uid = current.metadata.uid;
  manifest::CompleteJob(wanted);
}

template <class T>
constexpr bool kHasStatus = requires(T t) {
  t.status;
};

// All but the metadata; equal ones leave the generation alone.
template <class T>
bool SameContent(const T& a, const T& b) {
  T other = b;
  other.metadata = a.metadata;
  return a == other;
}

Error Invalid(const api::Key& key, const std::vector<manifest::FieldError>& errors) {
  return {Code::kInvalid, "The " + std::string(api::KindName(key.kind)) + " \"" + key.name +
                              "\" is invalid: " + manifest::Join(errors)};
}

template <class T>
Result<Applied> ApplyTo(store::Store& store, const T& current, T wanted) {
  const api::Key key = api::KeyOf(current);
  if (current.metadata.deletion_timestamp) {
    return Error{Code::kFailedPrecondition,
                 "apply " + key.ToString() + ": the one that is there is being deleted"};
  }
  Complete(current, wanted);
  wanted.metadata = MergedMeta(current.metadata, wanted.metadata);
  if constexpr (kHasStatus<T>) wanted.status = current.status;
  if (current == wanted) return Applied::kUnchanged;
  const auto errors =
      manifest::ValidateUpdate(std::make_shared<const T>(current), std::make_shared<const T>(wanted));
  if (!errors.empty()) return Invalid(key, errors);
  const bool changed = !SameContent(current, wanted);
  RETURN_IF_ERROR(store.Update(std::move(wanted), changed));
  return Applied::kConfigured;
}

template <class T>
Result<Applied> ApplyOne(store::Store& store, const api::Ptr<T>& wanted) {
  const auto current = store.Get<T>(wanted->metadata.ns, wanted->metadata.name);
  if (current != nullptr) return ApplyTo(store, *current, *wanted);
  const auto errors = manifest::Validate(wanted);
  if (!errors.empty()) return Invalid(api::KeyOf(*wanted), errors);
  RETURN_IF_ERROR(store.Create(*wanted));
  return Applied::kCreated;
}

}  // namespace

std::string_view AppliedName(Applied applied) {
  switch (applied) {
    case Applied::kCreated:
      return "created";
    case Applied::kConfigured:
      return "configured";
    case Applied::kUnchanged:
      return "unchanged";
  }
  return "unchanged";
}

Result<Applied> Apply(store::Store& store, const api::Object& wanted) {
  return std::visit([&](const auto& pointer) { return ApplyOne(store, pointer); }, wanted);
}

}  // namespace belfry::sources
