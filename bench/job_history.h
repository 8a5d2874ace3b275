// Two hours of samples every 15 s, as 400 CronJobs and 2,000 Jobs would leave them: 8,800 series.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "exporters/model/labels.h"

namespace belfry::bench {

using SampleSink = std::function<void(const model::Labels& labels, int64_t time_ms, double value)>;

// All samples up to `now`, the same for the same `now`, in the order of time.
void ForEachSample(Instant now, const SampleSink& sink);

// The same samples as bodies of Prometheus' remote write (protobuf in Snappy's uncompressed form), in order.
std::vector<std::string> RemoteWriteBodies(Instant now);

}  // namespace belfry::bench
