// The engine's numbers as metric families: prometheus_rule_* and the alerts themselves.
// Source: the families of Prometheus' rule manager; ALERTS and ALERTS_FOR_STATE as its rules write them.
#pragma once

#include "exporters/model/source.h"
#include "rules/rule/engine.h"

namespace belfry::rule {

// Requires: the engine outlives it. Thread: the engine's.
class EngineSource : public model::Source {
 public:
  explicit EngineSource(RuleEngine& engine) : engine_(engine) {}
  std::shared_ptr<const model::Snapshot> Take() override;

 private:
  RuleEngine& engine_;
};

}  // namespace belfry::rule
