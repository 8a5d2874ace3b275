// What each kind of object shows. Pure: the object in, series out.
// Source: kube-state-metrics 2.20.0.
#pragma once

#include "agent/api/cronjob.h"
#include "agent/api/job.h"
#include "agent/api/pod.h"
#include "exporters/kube/allow_list.h"
#include "exporters/kube/schedule.h"
#include "exporters/model/row_table.h"

namespace belfry::kube {

struct AllowLists {
  AllowList labels;
  AllowList annotations;
};

void DescribeJob(const api::Job& job, const AllowLists& allowed, model::RowWriter& writer);
void DescribeCronJob(const api::CronJob& cronjob, const AllowLists& allowed, const ScheduleReader& schedules,
                     model::RowWriter& writer);
void DescribePod(const api::Pod& pod, model::RowWriter& writer);

}  // namespace belfry::kube
