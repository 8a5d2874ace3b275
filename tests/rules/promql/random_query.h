// Random series and random well-typed expressions over the language that Prometheus 2.42 and 3.x share.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace belfry::promql::testing {

// A series in the value notation of `promtool test rules`, one value a minute.
struct RandomSeries {
  std::string series;
  std::string values;
};

class RandomQuery {
 public:
  explicit RandomQuery(uint64_t seed) : engine_(seed) {}

  std::vector<RandomSeries> Series();
  // An expression of an instant vector or scalar, at most `depth` operators deep.
  std::string Expression(int depth);

 private:
  size_t Pick(size_t count) { return engine_() % count; }
  bool OneIn(size_t n) { return Pick(n) == 0; }
  std::string PickOf(std::initializer_list<const char*> choices);
  std::string Number();
  std::string DurationText();
  std::string Modifiers();
  std::string Matchers();
  std::string Selector();
  std::string Range(int depth);
  std::string Vector(int depth);
  std::string Scalar(int depth);
  std::string RangeCall(int depth);
  std::string MapCall(int depth);
  std::string AggregateText(int depth);
  std::string VectorOperation(int depth);
  std::string Grouping();

  std::mt19937_64 engine_;
  bool may_fix_time_ = true;
};

}  // namespace belfry::promql::testing
