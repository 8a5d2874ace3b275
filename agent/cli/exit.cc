#include "agent/cli/exit.h"

#include <cstdio>

namespace belfry::cli {

int Fail(const Error& error, int exit_code) {
  const std::string text = "belfry: " + error.message + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  return exit_code;
}

}  // namespace belfry::cli
