// Field names of meta/v1, and of the kinds that have little else. Source: kubernetes/api and apimachinery as
// of 1.34.
#pragma once

#include <string_view>

#include "agent/manifest/fields.h"

namespace belfry::manifest {

template <>
struct Names<api::ConditionStatus> {
  static constexpr std::string_view kAll[] = {"True", "False", "Unknown"};
};
template <>
struct Names<api::EventType> {
  static constexpr std::string_view kAll[] = {"Normal", "Warning"};
};

template <class V, Is<api::OwnerReference> T>
void Fields(V& v, T& owner) {
  v.Always("apiVersion", owner.api_version);
  v.Always("kind", owner.kind);
  v.Always("name", owner.name);
  v.Always("uid", owner.uid);
  v.Field("controller", owner.controller);
  v.Field("blockOwnerDeletion", owner.block_owner_deletion);
}

template <class V, Is<api::ObjectMeta> T>
void Fields(V& v, T& meta) {
  v.Field("name", meta.name);
  v.Field("generateName", meta.generate_name);
  v.Field("namespace", meta.ns);
  v.Field("uid", meta.uid);
  v.Number("resourceVersion", meta.resource_version);
  v.Field("generation", meta.generation);
  v.Field("creationTimestamp", meta.creation_timestamp);
  v.Field("deletionTimestamp", meta.deletion_timestamp);
  v.Field("deletionGracePeriodSeconds", meta.deletion_grace_period_seconds);
  v.Field("labels", meta.labels);
  v.Field("annotations", meta.annotations);
  v.Field("ownerReferences", meta.owner_references);
  v.Field("finalizers", meta.finalizers);
  v.Ignored("managedFields", "selfLink", "clusterName");
}

template <class V, Is<api::Condition> T>
void Fields(V& v, T& condition) {
  v.Always("type", condition.type);
  v.Always("status", condition.status);
  v.Field("lastProbeTime", condition.last_probe_time);
  v.Field("lastTransitionTime", condition.last_transition_time);
  v.Field("reason", condition.reason);
  v.Field("message", condition.message);
  v.Ignored("observedGeneration");
}

template <class V, Is<api::LabelSelectorRequirement> T>
void Fields(V& v, T& requirement) {
  v.Always("key", requirement.key);
  v.Always("operator", requirement.op);
  v.Field("values", requirement.values);
}

template <class V, Is<api::LabelSelector> T>
void Fields(V& v, T& selector) {
  v.Field("matchLabels", selector.match_labels);
  v.Field("matchExpressions", selector.match_expressions);
}

template <class V, Is<api::ObjectReference> T>
void Fields(V& v, T& reference) {
  v.Field("kind", reference.kind);
  v.Field("namespace", reference.ns);
  v.Field("name", reference.name);
  v.Field("uid", reference.uid);
  v.Field("apiVersion", reference.api_version);
  v.Field("resourceVersion", reference.resource_version);
  v.Ignored("fieldPath");
}

template <class V, Is<api::ConfigMap> T>
void Fields(V& v, T& config) {
  v.Always("metadata", config.metadata);
  v.Field("immutable", config.immutable);
  v.Field("data", config.data);
  v.Bytes("binaryData", config.binary_data);
}

template <class V, Is<api::Secret> T>
void Fields(V& v, T& secret) {
  v.Always("metadata", secret.metadata);
  v.Field("immutable", secret.immutable);
  v.Bytes("data", secret.data);
  v.PlainInto("stringData", secret.data);
  v.Field("type", secret.type);
}

template <class V, Is<api::Rule> T>
void Fields(V& v, T& rule) {
  v.Field("record", rule.record);
  v.Field("alert", rule.alert);
  v.Loose("expr", rule.expr);
  v.Field("for", rule.for_duration);
  v.Field("keep_firing_for", rule.keep_firing_for);
  v.Field("labels", rule.labels);
  v.Field("annotations", rule.annotations);
}

template <class V, Is<api::RuleGroup> T>
void Fields(V& v, T& group) {
  v.Always("name", group.name);
  v.Field("interval", group.interval);
  v.Field("query_offset", group.query_offset);
  v.Field("limit", group.limit);
  v.Field("labels", group.labels);
  v.Field("rules", group.rules);
  v.Kept("partial_response_strategy");
}

template <class V, Is<api::PrometheusRule> T>
void Fields(V& v, T& rule) {
  v.Always("metadata", rule.metadata);
  v.Group("spec", [&](auto& spec) { spec.Field("groups", rule.groups); });
  v.Ignored("status");
}

template <class V, Is<api::Event> T>
void Fields(V& v, T& event) {
  v.Always("metadata", event.metadata);
  v.Always("involvedObject", event.involved_object);
  v.Field("reason", event.reason);
  v.Field("message", event.message);
  v.Group("source", [&](auto& source) {
    source.Field("component", event.source);
    source.Ignored("host");
  });
  v.Field("firstTimestamp", event.first_timestamp);
  v.Field("lastTimestamp", event.last_timestamp);
  v.Always("count", event.count);
  v.Always("type", event.type);
  v.Ignored("eventTime", "series", "action", "related", "reportingComponent", "reportingInstance");
}

}  // namespace belfry::manifest
