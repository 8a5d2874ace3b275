#include "exporters/kube/kube_rows.h"

#include "exporters/kube/row.h"

namespace belfry::kube {
namespace {

// Kind and name of an object or of a thing that is none, unique in the table.
std::string RowId(std::string_view kind, std::string_view ns, std::string_view name) {
  std::string id;
  id.reserve(kind.size() + ns.size() + name.size() + 2);
  id.append(kind).append("/").append(ns).append("/").append(name);
  return id;
}

void DescribeNamespace(const std::string& name, model::RowWriter& writer) {
  static constexpr std::string_view kPhases[] = {"Active", "Terminating"};
  Row row(writer, {{"namespace", name}});
  row.AddOneOf(FamilyId::kNamespaceStatusPhase, "phase", kPhases, 0);
}

void DescribeNode(const NodeInfo& node, model::RowWriter& writer) {
  Row row(writer, {{"node", node.name}});
  row.Add(FamilyId::kNodeInfo,
          {{"kernel_version", node.kernel_version},
           {"os_image", node.os_image},
           {"container_runtime_version", node.container_runtime_version},
           {"kubelet_version", node.kubelet_version},
           {"provider_id", ""},
           {"pod_cidr", ""},
           {"system_uuid", node.system_uuid},
           {"internal_ip", node.internal_ip}},
          1);
}

bool HasFamilies(api::Kind kind) {
  return kind == api::Kind::kJob || kind == api::Kind::kCronJob || kind == api::Kind::kPod;
}

}  // namespace

KubeRows::KubeRows(ScheduleReader schedules, KubeOptions options)
    : schedules_(std::move(schedules)), options_(std::move(options)), table_(Families()) {
  if (!options_.node.name.empty()) SetNode();
}

void KubeRows::SetNode() {
  table_.Set(RowId("Node", "", options_.node.name),
             [this](model::RowWriter& writer) { DescribeNode(options_.node, writer); });
}

void KubeRows::Apply(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    if (HasFamilies(change.key.kind)) ApplyOne(change);
  }
}

void KubeRows::ApplyOne(const store::Change& change) {
  const std::string id = RowId(api::KindName(change.key.kind), change.key.ns, change.key.name);
  const bool had = table_.Has(id);
  if (!change.after) {
    table_.Remove(id);
    if (had) CountNamespace(change.key.ns, -1);
    return;
  }
  if (!had) CountNamespace(change.key.ns, 1);
  table_.Set(id, DescriptionOf(*change.after), change.key.ns);
}

model::Describe KubeRows::DescriptionOf(const api::Object& object) {
  if (auto job = api::As<api::Job>(object)) {
    return [this, job = std::move(job)](model::RowWriter& writer) {
      DescribeJob(*job, options_.allowed, writer);
    };
  }
  if (auto cronjob = api::As<api::CronJob>(object)) {
    return [this, cronjob = std::move(cronjob)](model::RowWriter& writer) {
      DescribeCronJob(*cronjob, options_.allowed, schedules_, writer);
    };
  }
  return [pod = api::As<api::Pod>(object)](model::RowWriter& writer) { DescribePod(*pod, writer); };
}

void KubeRows::CountNamespace(const std::string& ns, int by) {
  const int count = namespaces_[ns] += by;
  const std::string id = RowId("Namespace", "", ns);
  if (count == 0) {
    namespaces_.erase(ns);
    table_.Remove(id);
  } else if (count == 1 && by > 0) {
    table_.Set(id, [ns](model::RowWriter& writer) { DescribeNamespace(ns, writer); });
  }
}

}  // namespace belfry::kube
