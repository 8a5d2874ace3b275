// The object families of the page: kube_job_*, kube_cronjob_*, kube_pod_* and what they are joined with.
#pragma once

#include <map>
#include <span>
#include <string>

#include "agent/store/store.h"
#include "exporters/kube/rows.h"
#include "exporters/model/row_table.h"

namespace belfry::kube {

// What kube_node_info says about the host.
struct NodeInfo {
  std::string name;
  std::string kernel_version;
  std::string os_image;
  std::string container_runtime_version;
  std::string kubelet_version;
  std::string system_uuid;
  std::string internal_ip;
};

struct KubeOptions {
  NodeInfo node;  // without a name there is no series
  AllowLists allowed;
};

// Rows of objects. Feed it every change, in order; it keeps an object only until the next snapshot. Thread:
// the telemetry loop's.
class KubeRows : public model::Source {
 public:
  KubeRows(ScheduleReader schedules, KubeOptions options = {});

  // Takes creations, updates and deletions; kinds without families are ignored. What a failed commit has
  // undone may come as well.
  void Apply(std::span<const store::Change> changes);

  std::shared_ptr<const model::Snapshot> Take() override { return table_.Take(); }
  size_t rows() const { return table_.size(); }

 private:
  void ApplyOne(const store::Change& change);
  // Of a kind that has families.
  model::Describe DescriptionOf(const api::Object& object);
  void CountNamespace(const std::string& ns, int by);
  void SetNode();

  ScheduleReader schedules_;
  KubeOptions options_;
  model::RowTable table_;
  std::map<std::string, int> namespaces_;  // → how many rows
};

}  // namespace belfry::kube
