#include "agent/cli/test_rules.h"

#include <algorithm>
#include <cstdio>

#include "agent/base/file_system.h"
#include "agent/cli/dialect.h"
#include "agent/cli/exit.h"
#include "rules/unittest/suite.h"

namespace belfry::cli {
namespace {

void PrintTo(unittest::Stream stream, std::string_view text) {
  std::FILE* file = stream == unittest::Stream::kOutput ? stdout : stderr;
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

int TestRules(const TestRulesCommand& command, const Clock& clock) {
  PosixFileSystem files;
  const unittest::SuiteOptions options{
      .run = {.clock = clock,
              .dialect = DialectOf(command.promql_compat),
              .text = command.diff ? unittest::FailureText::kDiffOnly : unittest::FailureText::kBothAndDiff},
      .names = command.names,
      .ignore_unknown_fields = command.ignore_unknown_fields};
  const auto reports = unittest::RunTestFiles(files, command.paths, options, PrintTo);
  if (!reports.ok()) return Fail(reports.error(), kBadInput);
  if (!command.junit.empty()) {
    const auto written = files.WriteFileAtomically(command.junit, unittest::JUnitXml(*reports), 0644);
    if (!written.ok()) return Fail(written.error(), kNegativeResult);
  }
  const bool good = std::ranges::all_of(*reports, [](const auto& report) { return report.ok(); });
  return good ? 0 : kNegativeResult;
}

}  // namespace belfry::cli
