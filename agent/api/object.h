// Any object, immutable and shared: cheap to copy, safe to hand to another thread.
#pragma once

#include <memory>
#include <variant>

#include "agent/api/claim.h"
#include "agent/api/config.h"
#include "agent/api/cronjob.h"
#include "agent/api/event.h"
#include "agent/api/job.h"
#include "agent/api/pod.h"
#include "agent/api/prometheus_rule.h"

namespace belfry::api {

template <class T>
using Ptr = std::shared_ptr<const T>;

using Object = std::variant<Ptr<Job>, Ptr<CronJob>, Ptr<Pod>, Ptr<ConfigMap>, Ptr<Secret>,
                            Ptr<PrometheusRule>, Ptr<Event>, Ptr<PersistentVolumeClaim>>;

template <class T>
Key KeyOf(const T& object) {
  return {T::kKind, object.metadata.ns, object.metadata.name};
}

const ObjectMeta& MetaOf(const Object& object);
const Kept& KeptOf(const Object& object);
Kind KindOf(const Object& object);
Key KeyOf(const Object& object);

// The object as a T, or null if it is another kind.
template <class T>
Ptr<T> As(const Object& object) {
  const auto* pointer = std::get_if<Ptr<T>>(&object);
  return pointer == nullptr ? nullptr : *pointer;
}

// A controller's reference from `owner` to put on what it creates.
template <class T>
OwnerReference ControllerReference(const T& owner) {
  return {.api_version = std::string(ApiVersion(T::kKind)),
          .kind = std::string(KindName(T::kKind)),
          .name = owner.metadata.name,
          .uid = owner.metadata.uid,
          .controller = true,
          .block_owner_deletion = true};
}

template <class T>
ObjectReference ReferenceTo(const T& object) {
  return {.api_version = std::string(ApiVersion(T::kKind)),
          .kind = std::string(KindName(T::kKind)),
          .ns = object.metadata.ns,
          .name = object.metadata.name,
          .uid = object.metadata.uid,
          .resource_version = std::to_string(object.metadata.resource_version)};
}

}  // namespace belfry::api
