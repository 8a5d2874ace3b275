// Test scripts for PromQL: load samples, evaluate, compare.
//
//   load 1m                              every line a series: one value a minute from 0
//     http_requests{job="api"} 0+10x5 _ stale NaN 7x2
//   eval instant at 5m rate(http_requests[5m])
//     {job="api"} 0.16666666666666666
//   eval_ordered instant at 5m …         the order of lines counts
//   eval range from 0 to 10m step 5m …   as many values a line as there are steps, `_` for none
//   eval_fail instant at 5m …            optional next line: expected_fail_message TEXT
//   clear                                forget all samples
//   dialect 2                            or 3, for what follows
//   experimental                         allow experimental functions in what follows
//
// A scalar is written as one line with the number alone, a string as a line with the quoted text. Numbers
// compare by their bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::promql::testing {

struct ScriptOutcome {
  size_t evaluations = 0;
  std::vector<std::string> failures;  // `line 12: …`
};

// `tolerance`: relative error that still counts as equal; 0: none.
ScriptOutcome RunScript(std::string_view script, double tolerance = 0);

}  // namespace belfry::promql::testing
