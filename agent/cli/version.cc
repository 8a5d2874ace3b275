#include "agent/cli/version.h"

#include <fmt/core.h>

namespace belfry::cli {

self::BuildInfo ThisBuild() {
#ifdef __clang__
  const std::string compiler =
      fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  const std::string compiler = fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  return {
      .version = BELFRY_VERSION, .revision = BELFRY_REVISION, .branch = BELFRY_BRANCH, .compiler = compiler};
}

std::string RenderVersion(const self::BuildInfo& build, Output output) {
  if (output == Output::kJson) {
    return fmt::format("{{\"version\":\"{}\",\"revision\":\"{}\",\"branch\":\"{}\",\"compiler\":\"{}\"}}\n",
                       build.version, build.revision, build.branch, build.compiler);
  }
  return fmt::format("belfry {} (revision {}, {})\n", build.version, build.revision, build.compiler);
}

}  // namespace belfry::cli
