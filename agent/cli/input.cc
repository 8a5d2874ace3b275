#include "agent/cli/input.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "agent/cli/config.h"
#include "agent/manifest/loader.h"

namespace belfry::cli {

std::string ReadStandardInput() {
  std::string text;
  char buffer[65536];
  while (text.size() <= manifest::kMaxFileBytes && std::cin.read(buffer, sizeof buffer).gcount() > 0) {
    text.append(buffer, static_cast<size_t>(std::cin.gcount()));
  }
  return text;
}

Result<JobInput> ReadJobs(const FileSystem& files, const std::vector<std::string>& paths) {
  std::optional<std::string> text;
  if (std::ranges::find(paths, "-") != paths.end()) text = ReadStandardInput();
  manifest::LoadResult loaded = manifest::Load(files, paths, text);
  if (!loaded.errors.empty()) return AsError(loaded.errors);
  JobInput input;
  for (const manifest::Problem& warning : loaded.warnings)
    input.warnings.push_back("warning: " + warning.ToString());
  bool any = false;
  for (manifest::ParsedObject& parsed : loaded.objects) {
    const api::Kind kind = api::KindOf(parsed.object);
    if (kind == api::Kind::kCronJob) {
      input.warnings.push_back(
          fmt::format("warning: {}:{}: {}: a CronJob is not run in the foreground; use belfry agent",
                      parsed.file, parsed.line, api::MetaOf(parsed.object).name));
      continue;
    }
    any |= kind == api::Kind::kJob;
    input.objects.push_back(std::move(parsed.object));
  }
  if (!any) return Error{Code::kInvalid, "run: no Job in what was given"};
  // What Jobs refer to is there before them.
  std::ranges::stable_partition(
      input.objects, [](const api::Object& object) { return api::KindOf(object) != api::Kind::kJob; });
  return input;
}

}  // namespace belfry::cli
