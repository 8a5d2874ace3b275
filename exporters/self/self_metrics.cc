#include "exporters/self/self_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <mutex>

#include "agent/base/check.h"
#include "exporters/model/list_snapshot.h"
#include "exporters/model/number.h"
#include "exporters/self/process.h"

namespace belfry::self {
namespace {

using model::Label;
using model::MetricType;

constexpr std::string_view kTotal = "_total";

MetricType TypeOf(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return MetricType::kCounter;
    case prometheus::MetricType::Gauge:
      return MetricType::kGauge;
    case prometheus::MetricType::Histogram:
      return MetricType::kHistogram;
    case prometheus::MetricType::Summary:
      return MetricType::kSummary;
    default:
      return MetricType::kUnknown;
  }
}

std::vector<Label> LabelsOf(const prometheus::ClientMetric& metric) {
  std::vector<Label> labels;
  for (const auto& label : metric.label) labels.push_back({label.name, label.value});
  return labels;
}

void AddHistogram(const prometheus::ClientMetric& metric, model::ListSnapshot& snapshot) {
  const std::vector<Label> labels = LabelsOf(metric);
  const auto bucket = [&](double bound, uint64_t count) {
    std::vector<Label> with_bound = labels;
    with_bound.push_back({"le", model::FormatBound(bound)});
    snapshot.Add("_bucket", std::move(with_bound), static_cast<double>(count));
  };
  for (const auto& one : metric.histogram.bucket) bucket(one.upper_bound, one.cumulative_count);
  const bool closed = !metric.histogram.bucket.empty() &&
                      metric.histogram.bucket.back().upper_bound == std::numeric_limits<double>::infinity();
  if (!closed) bucket(std::numeric_limits<double>::infinity(), metric.histogram.sample_count);
  snapshot.Add("_sum", labels, metric.histogram.sample_sum);
  snapshot.Add("_count", labels, static_cast<double>(metric.histogram.sample_count));
}

void AddFamily(const prometheus::MetricFamily& family, model::ListSnapshot& snapshot) {
  model::Family head{.name = family.name, .help = family.help, .type = TypeOf(family.type), .unit = {}};
  if (head.type == MetricType::kCounter && head.name.ends_with(kTotal))
    head.name.resize(head.name.size() - kTotal.size());
  const MetricType type = head.type;
  snapshot.AddFamily(std::move(head));
  for (const prometheus::ClientMetric& metric : family.metric) {
    switch (type) {
      case MetricType::kCounter:
        snapshot.Add(kTotal, LabelsOf(metric), metric.counter.value);
        break;
      case MetricType::kHistogram:
        AddHistogram(metric, snapshot);
        break;
      default:
        snapshot.Add("", LabelsOf(metric), metric.gauge.value);
        break;
    }
  }
}

// The families of the registry and the readings, and those of the process, which are read when somebody first
// looks at one of them: most evaluations of rules never do.
class View : public model::Snapshot {
 public:
  View(const FileSystem& files, std::shared_ptr<const model::ListSnapshot> counted)
      : files_(files),
        counted_(std::move(counted)),
        families_(counted_->families().begin(), counted_->families().end()) {
    for (model::Family& family : ProcessFamilies()) families_.push_back(std::move(family));
  }

  std::span<const model::Family> families() const override { return families_; }

  void Visit(size_t family, const model::SeriesVisitor& visit) const override {
    if (family < counted_->families().size()) return counted_->Visit(family, visit);
    std::call_once(read_, [this] { AddProcess(files_, process_); });
    const auto present = process_.families();
    for (size_t i = 0; i < present.size(); ++i) {
      if (present[i].name == families_[family].name) process_.Visit(i, visit);
    }
  }

 private:
  const FileSystem& files_;
  std::shared_ptr<const model::ListSnapshot> counted_;
  std::vector<model::Family> families_;
  mutable std::once_flag read_;
  mutable model::ListSnapshot process_;
};

// The library throws for illegal names and for a name of two types: mistakes of ours, not of the input.
template <class Build>
auto& Checked(Build build) {
  try {
    return build();
  } catch (const std::exception&) {
    CheckFailed("legal metric name, one type per name", __FILE__, __LINE__);
  }
}

}  // namespace

void Counter::Increment(double by) const {
  if (counter_ != nullptr) counter_->Increment(by);
}
double Counter::value() const { return counter_ == nullptr ? 0 : counter_->Value(); }
void Gauge::Set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}
void Gauge::Add(double by) const {
  if (gauge_ != nullptr) gauge_->Increment(by);
}
void Histogram::Observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

SelfMetrics::SelfMetrics(const FileSystem& files, BuildInfo build)
    : files_(files), build_(std::move(build)), registry_(std::make_unique<prometheus::Registry>()) {}

SelfMetrics::~SelfMetrics() = default;

Counter SelfMetrics::GetCounter(const std::string& name, const std::string& help, const LabelMap& labels) {
  CHECK(name.ends_with(kTotal));
  return Counter(&Checked([&]() -> auto& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
  }));
}

Gauge SelfMetrics::GetGauge(const std::string& name, const std::string& help, const LabelMap& labels) {
  return Gauge(&Checked([&]() -> auto& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
  }));
}

Histogram SelfMetrics::GetHistogram(const std::string& name, const std::string& help,
                                    const std::vector<double>& bounds, const LabelMap& labels) {
  return Histogram(&Checked([&]() -> auto& {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
  }));
}

void SelfMetrics::AddReading(model::Family family, model::Labels labels, std::function<double()> read) {
  // Readings of one family stay together on the page.
  const auto same = [&](const Reading& reading) { return reading.family.name == family.name; };
  const auto last = std::find_if(readings_.rbegin(), readings_.rend(), same);
  const auto at = last == readings_.rend() ? readings_.end() : last.base();
  readings_.insert(at, {std::move(family), std::move(labels), std::move(read)});
}

std::shared_ptr<const model::Snapshot> SelfMetrics::Take() {
  auto snapshot = std::make_shared<model::ListSnapshot>();
  snapshot->AddFamily({.name = "belfry_build",
                       .help = "What this agent was built from.",
                       .type = MetricType::kInfo,
                       .unit = {}});
  snapshot->Add("_info",
                {{"version", build_.version},
                 {"revision", build_.revision},
                 {"branch", build_.branch},
                 {"compiler", build_.compiler}},
                1);
  for (const prometheus::MetricFamily& family : registry_->Collect()) AddFamily(family, *snapshot);
  std::string_view current;
  for (const Reading& reading : readings_) {
    if (reading.family.name != current) snapshot->AddFamily(reading.family);
    current = reading.family.name;
    snapshot->Add(reading.family.type == MetricType::kCounter ? kTotal : "", reading.labels.list(),
                  reading.read());
  }
  return std::make_shared<View>(files_, std::move(snapshot));
}

}  // namespace belfry::self
