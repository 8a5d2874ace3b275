// The agent's own metrics: counters, gauges and histograms of a prometheus-cpp registry, and what the kernel
// says about the process. The registry counts; its text form is ours (the library's escapes no help texts and
// knows no OpenMetrics).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/file_system.h"
#include "exporters/model/source.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace belfry::self {

// Handles: cheap to copy; a default one counts nothing. Thread: any. Requires: SelfMetrics outlives them.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Increment(double by = 1) const;
  double value() const;

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value) const;
  void Add(double by) const;

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void Observe(double value) const;

 private:
  prometheus::Histogram* histogram_ = nullptr;
};

// What belfry_build_info says.
struct BuildInfo {
  std::string version;
  std::string revision;
  std::string branch;
  std::string compiler;
};

using LabelMap = std::map<std::string, std::string>;

class SelfMetrics : public model::Source {
 public:
  // Reads /proc through `files`, which outlives this and its snapshots; families whose files cannot be read
  // have no series.
  SelfMetrics(const FileSystem& files, BuildInfo build);
  ~SelfMetrics() override;

  // The child of that name and these labels; asking again gives the same one. Counters are named `…_total`. A
  // new child shows 0 at once. Requires: legal names, one type and help per name. Thread: any.
  Counter GetCounter(const std::string& name, const std::string& help, const LabelMap& labels = {});
  Gauge GetGauge(const std::string& name, const std::string& help, const LabelMap& labels = {});
  Histogram GetHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                         const LabelMap& labels = {});

  // A number that somebody else keeps, asked at each Take. Requires: `read` may be called on the telemetry
  // loop as long as this lives.
  void AddReading(model::Family family, model::Labels labels, std::function<double()> read);

  std::shared_ptr<const model::Snapshot> Take() override;

 private:
  struct Reading {
    model::Family family;
    model::Labels labels;
    std::function<double()> read;
  };

  const FileSystem& files_;
  BuildInfo build_;
  std::unique_ptr<prometheus::Registry> registry_;
  std::vector<Reading> readings_;
};

}  // namespace belfry::self
