// The test program plays the supervisor, too: the tests start it again with `supervisor` as its first
// argument.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/supervisor/run.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "supervisor") {
    const auto options = belfry::supervisor::FromArguments(std::vector<std::string>(argv + 2, argv + argc));
    return options.ok() ? belfry::supervisor::RunSupervisor(*options) : 2;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
