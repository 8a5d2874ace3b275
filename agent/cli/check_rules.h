// `belfry check rules`.
// Source: `promtool check rules`, its words; exit codes as everywhere here, bad input is 2.
#pragma once

#include <optional>
#include <string>

#include "agent/base/file_system.h"
#include "agent/cli/command_line.h"

namespace belfry::cli {

struct CheckedRules {
  std::string output;
  std::string errors;
  int exit_code = 0;  // 0 valid, 2 not, 3 valid but --lint-fatal found something
};

// `input`: what standard input holds; counts where no path is given.
CheckedRules CheckRules(const FileSystem& files, const CheckRulesCommand& command,
                        const std::optional<std::string>& input);

}  // namespace belfry::cli
