// Test files: found, read, run, reported.
// Source: `promtool test rules`: its words on standard output and error, and which files pass.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/file_system.h"
#include "rules/unittest/group_run.h"
#include "rules/unittest/report.h"

namespace belfry::unittest {

enum class Stream { kOutput, kErrors };
using Print = std::function<void(Stream, std::string_view)>;

struct SuiteOptions {
  GroupRunOptions run;
  std::vector<std::string> names;  // regular expressions; a group runs if one is found in its name
  bool ignore_unknown_fields = false;
};

// Runs the files one after another and prints as it goes. Errors: kInvalid for a name that is no regular
// expression; a failing or unreadable file is a report.
Result<std::vector<SuiteReport>> RunTestFiles(const FileSystem& files, const std::vector<std::string>& paths,
                                              const SuiteOptions& options, const Print& print);

}  // namespace belfry::unittest
