// What a run of test files came to, and its JUnit form.
#pragma once

#include <string>
#include <vector>

#include "agent/base/time.h"

namespace belfry::unittest {

struct CaseReport {
  std::string name;
  std::vector<std::string> failures;
};

struct SuiteReport {
  std::string file;
  Instant started;
  std::vector<CaseReport> cases;
  std::vector<std::string> errors;  // why the file was not run at all

  bool ok() const;
};

// The `<testsuites>` document that promtool's --junit writes.
std::string JUnitXml(const std::vector<SuiteReport>& suites);

}  // namespace belfry::unittest
