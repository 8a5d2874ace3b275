// libFuzzer entry: any bytes as a rule file. Either there are problems, each with its place, or the groups
// compile.
#include <cstddef>
#include <cstdint>

#include "agent/base/check.h"
#include "rules/rule/group.h"
#include "rules/rule/rule_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const belfry::rule::RuleFile file =
      belfry::rule::ParseRuleFile("fuzz.yaml", {reinterpret_cast<const char*>(data), size});
  for (const belfry::rule::Problem& problem : file.problems) CHECK(!problem.message.empty());
  for (const belfry::rule::GroupSpec& spec : file.groups) {
    CHECK(belfry::rule::Group::Make(spec, 1, belfry::promql::Dialect::kPrometheus3, "http://h").ok());
  }
  return 0;
}
