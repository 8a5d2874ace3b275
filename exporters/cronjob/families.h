// cronjob_* and belfry_* families of runs, and the rows that fill them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "exporters/cronjob/tally.h"
#include "exporters/model/row_table.h"

namespace belfry::cronjob {

std::vector<model::Family> Families();

struct CronJobRow {
  std::string_view ns;
  std::string_view name;
  size_t active = 0;
  std::optional<Duration> interval;
  bool histograms = true;
};

void DescribeCronJob(const CronJobRow& cronjob, const Tally& tally, model::RowWriter& writer);

struct JobRow {
  std::string_view ns;
  std::string_view name;
  std::optional<Instant> finished;
  std::optional<int32_t> exit_code;
};

void DescribeJob(const JobRow& job, model::RowWriter& writer);

}  // namespace belfry::cronjob
