// What is to be executed, worked out before the process exists: after that, nothing can be allocated.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

// The PATH of a container whose environment has none.
inline constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Program {
  std::vector<std::string> argv;
  std::vector<std::string> env;         // NAME=value
  std::vector<std::string> candidates;  // files to try, in this order
  std::string working_dir;
  bool searched = false;  // the candidates come from PATH

  bool operator==(const Program&) const = default;
};

// A name without a slash is looked for in the PATH of the request's own environment; the last of equal names
// counts there. Errors: kInvalid for an empty command and for NUL bytes, which would cut an argument short.
Result<Program> MakeProgram(const StartRequest& request);

// Why none of the candidates could be executed: `exec /bin/tool: No such file or directory`. `candidate` is
// the one that failed with `error_number`. Looks at the file to tell a folder and a missing interpreter from
// their siblings.
std::string ExecErrorText(const Program& program, size_t candidate, int error_number);

}  // namespace belfry::supervisor
