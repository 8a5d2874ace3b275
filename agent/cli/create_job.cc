#include "agent/cli/create_job.h"

#include <fmt/core.h>

#include <cstdio>

#include "agent/cli/exit.h"
#include "agent/controllers/cronjob/backfill.h"
#include "agent/manifest/codec.h"

namespace belfry::cli {
namespace {

// `cronjob/etl`, `cj/etl` and `cronjob.batch/etl` name etl.
Result<std::string> CronJobNamed(const std::string& from) {
  const size_t slash = from.find('/');
  const std::string kind = from.substr(0, slash);
  for (const char* known : {"cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch"}) {
    if (kind == known && slash != std::string::npos && slash + 1 < from.size()) return from.substr(slash + 1);
  }
  return Error{Code::kInvalid, fmt::format("--from \"{}\": expected cronjob/NAME", from)};
}

}  // namespace

Result<std::string> CreateJob(const CreateJobCommand& command, const ApiClient& client) {
  ASSIGN_OR_RETURN(const std::string name, CronJobNamed(command.from));
  ASSIGN_OR_RETURN(const auto cronjob, client.GetCronJob(command.ns, name));
  ASSIGN_OR_RETURN(const auto job, client.CreateJob(controllers::ManualJob(*cronjob, command.name)));
  if (command.output == Output::kJson) return manifest::ToJson(job) + "\n";
  return fmt::format("job.batch/{} created\n", job->metadata.name);
}

int RunCreateJob(const CreateJobCommand& command) {
  if (const auto named = CronJobNamed(command.from); !named.ok())
    return Fail(Annotate(named.error(), "create job"), kBadInput);
  const auto done = WithAgent(command.agent, [&](const ApiClient& client, const Pause&) -> Result<int> {
    ASSIGN_OR_RETURN(const std::string text, CreateJob(command, client));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  });
  return done.ok() ? *done : Fail(Annotate(done.error(), "create job"), kNegativeResult);
}

}  // namespace belfry::cli
