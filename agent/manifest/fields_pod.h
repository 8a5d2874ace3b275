// Field names of core/v1 pods. Source: kubernetes/api core/v1 as of 1.34.
#pragma once

#include "agent/manifest/fields_container.h"

namespace belfry::manifest {

inline constexpr std::string_view kClaimSource = "persistentVolumeClaim";
// All other types, in the order of the API's own checks.
inline constexpr std::string_view kOtherVolumeSources[] = {"emptyDir",
                                                           "hostPath",
                                                           "gitRepo",
                                                           "gcePersistentDisk",
                                                           "awsElasticBlockStore",
                                                           "secret",
                                                           "nfs",
                                                           "iscsi",
                                                           "rbd",
                                                           "cinder",
                                                           "cephfs",
                                                           "glusterfs",
                                                           "flocker",
                                                           "downwardAPI",
                                                           "fc",
                                                           "flexVolume",
                                                           "configMap",
                                                           "azureFile",
                                                           "quobyte",
                                                           "vsphereVolume",
                                                           "azureDisk",
                                                           "photonPersistentDisk",
                                                           "portworxVolume",
                                                           "scaleIO",
                                                           "projected",
                                                           "storageos",
                                                           "csi",
                                                           "ephemeral",
                                                           "image"};

template <>
struct Names<api::PodPhase> {
  static constexpr std::string_view kAll[] = {"Pending", "Running", "Succeeded", "Failed", "Unknown"};
};

template <class V, Is<api::ClaimVolumeSource> T>
void Fields(V& v, T& source) {
  v.Always("claimName", source.claim_name);
  v.Field("readOnly", source.read_only);
}

template <class V, Is<api::HostAlias> T>
void Fields(V& v, T& alias) {
  v.Always("ip", alias.ip);
  v.Field("hostnames", alias.hostnames);
}

template <class V, Is<api::PersistentVolumeClaim> T>
void Fields(V& v, T& claim) {
  v.Always("metadata", claim.metadata);
  v.Group("spec", [&](auto& spec) {
    spec.Field("accessModes", claim.access_modes);
    spec.Field("resources", claim.resources);
    spec.Kept("selector", "volumeName", "storageClassName", "volumeMode", "dataSource", "dataSourceRef",
              "volumeAttributesClassName");
  });
  v.Group("status", [&](auto& status) {
    status.Field("phase", claim.phase);
    status.Ignored("accessModes", "capacity", "conditions", "allocatedResources", "allocatedResourceStatuses",
                   "currentVolumeAttributesClassName", "modifyVolumeStatus");
  });
}

template <class V, Is<api::PodSpec> T>
void Fields(V& v, T& spec) {
  v.Field("volumes", spec.volumes);
  v.Field("initContainers", spec.init_containers);
  v.Always("containers", spec.containers);
  v.Field("restartPolicy", spec.restart_policy);
  v.Field("terminationGracePeriodSeconds", spec.termination_grace_period_seconds);
  v.Field("activeDeadlineSeconds", spec.active_deadline_seconds);
  v.Field("serviceAccountName", spec.service_account_name);
  v.Field("nodeName", spec.node_name);
  v.Field("hostname", spec.hostname);
  v.Field("subdomain", spec.subdomain);
  v.Field("hostAliases", spec.host_aliases);
  v.Kept("ephemeralContainers", "dnsPolicy", "nodeSelector", "serviceAccount", "automountServiceAccountToken",
         "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "securityContext", "imagePullSecrets",
         "affinity", "schedulerName", "tolerations", "priorityClassName", "priority", "dnsConfig",
         "readinessGates", "runtimeClassName", "enableServiceLinks", "preemptionPolicy", "overhead",
         "topologySpreadConstraints", "setHostnameAsFQDN", "os", "hostUsers", "schedulingGates",
         "resourceClaims", "resources", "hostnameOverride", "workloadRef");
}

template <class V, Is<api::PodTemplateSpec> T>
void Fields(V& v, T& pattern) {
  v.Field("metadata", pattern.metadata);
  v.Always("spec", pattern.spec);
}

template <class V, Is<api::ContainerWaiting> T>
void Fields(V& v, T& state) {
  v.Field("reason", state.reason);
  v.Field("message", state.message);
}

template <class V, Is<api::ContainerRunning> T>
void Fields(V& v, T& state) {
  v.Always("startedAt", state.started_at);
}

template <class V, Is<api::ContainerTerminated> T>
void Fields(V& v, T& state) {
  v.Always("exitCode", state.exit_code);
  v.Field("signal", state.signal);
  v.Field("reason", state.reason);
  v.Field("message", state.message);
  v.Field("startedAt", state.started_at);
  v.Field("finishedAt", state.finished_at);
  v.Ignored("containerID");
}

template <class V, Is<ContainerStateShape> T>
void Fields(V& v, T& state) {
  v.Field("waiting", state.waiting);
  v.Field("running", state.running);
  v.Field("terminated", state.terminated);
}

template <class V, Is<api::ContainerStatus> T>
void Fields(V& v, T& status) {
  v.Always("name", status.name);
  v.Field("state", status.state);
  v.Group("lastState", [&](auto& last) {
    last.Field("terminated", status.last_state);
    last.Ignored("waiting", "running");
  });
  v.Always("ready", status.ready);
  v.Always("restartCount", status.restart_count);
  v.Always("image", status.image);
  v.Always("imageID", status.image_id);
  v.Field("containerID", status.container_id);
  v.Field("started", status.started);
  v.Ignored("allocatedResources", "resources", "volumeMounts", "user", "allocatedResourcesStatus",
            "stopSignal");
}

template <class V, Is<api::PodStatus> T>
void Fields(V& v, T& status) {
  v.Always("phase", status.phase);
  v.Field("conditions", status.conditions);
  v.Field("message", status.message);
  v.Field("reason", status.reason);
  v.Field("hostIP", status.host_ip);
  v.Field("podIP", status.pod_ip);
  v.Field("startTime", status.start_time);
  v.Field("initContainerStatuses", status.init_container_statuses);
  v.Field("containerStatuses", status.container_statuses);
  v.Ignored("observedGeneration", "nominatedNodeName", "hostIPs", "podIPs", "qosClass",
            "ephemeralContainerStatuses", "resize", "resourceClaimStatuses", "extendedResourceClaimStatus");
}

template <class V, Is<api::Pod> T>
void Fields(V& v, T& pod) {
  v.Always("metadata", pod.metadata);
  v.Always("spec", pod.spec);
  v.Always("status", pod.status);
}

}  // namespace belfry::manifest
