#include "agent/cli/backfill.h"

#include <fmt/core.h>

#include <cstdio>

#include "agent/base/clock.h"
#include "agent/cli/cron_next.h"
#include "agent/cli/exit.h"
#include "agent/controllers/cronjob/backfill.h"
#include "agent/controllers/cronjob/decide.h"
#include "agent/manifest/json.h"

namespace belfry::cli {
namespace {

constexpr Duration kAskAgain = seconds(1);

struct Window {
  Instant from;
  Instant to;
};

Result<Window> ReadWindow(const BackfillCommand& command, Instant now) {
  const auto from = ParseTimeArgument(command.from, now);
  if (!from.ok()) return Annotate(from.error(), "--from");
  const auto to = ParseTimeArgument(command.to, now);
  if (!to.ok()) return Annotate(to.error(), "--to");
  if (*to > now)
    return Error{Code::kInvalid, "--to is in the future; the schedule itself will see to those slots"};
  if (*to < *from) return Error{Code::kInvalid, "--to is before --from"};
  return Window{*from, *to};
}

enum class Outcome { kCreated, kExists, kWouldCreate };

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCreated:
      return "created";
    case Outcome::kExists:
      return "exists";
    case Outcome::kWouldCreate:
      return "would be created";
  }
  return "";
}

Result<Outcome> Look(const api::Job& job, const ApiClient& client) {
  const auto there = client.GetJob(job.metadata.ns, job.metadata.name);
  if (there.ok()) return Outcome::kExists;
  if (there.error().code == Code::kNotFound) return Outcome::kWouldCreate;
  return there.error();
}

// As long as another Job is in the way.
Result<Outcome> CreateWhenAllowed(const api::Job& job, const ApiClient& client, const Pause& pause) {
  while (true) {
    const auto created = client.CreateJob(job);
    if (created.ok()) return Outcome::kCreated;
    if (created.error().code == Code::kAlreadyExists) return Outcome::kExists;
    if (created.error().code != Code::kConflict) return created.error();
    pause(kAskAgain);
  }
}

const std::string& SlotOf(const api::Job& job) {
  return job.metadata.annotations.at(std::string(api::kScheduledTimestampAnnotation));
}

// A line for people, or an element of the document.
class Report {
 public:
  Report(const BackfillCommand& command, const std::function<void(const std::string&)>& print)
      : command_(command), print_(print) {}

  void Add(const api::Job& job, Outcome outcome) {
    ++counts_[static_cast<size_t>(outcome)];
    if (command_.output == Output::kText)
      return print_(
          fmt::format("{}  job.batch/{} {}\n", SlotOf(job), job.metadata.name, OutcomeName(outcome)));
    if (!jobs_.empty()) jobs_ += ',';
    jobs_ += "{\"scheduledTime\":";
    manifest::AppendJsonString(jobs_, SlotOf(job));
    jobs_ += ",\"job\":";
    manifest::AppendJsonString(jobs_, job.metadata.name);
    jobs_ += fmt::format(",\"result\":\"{}\"}}", OutcomeName(outcome));
  }

  std::string End() const {
    const size_t created = counts_[command_.dry_run ? 2 : 0];
    if (command_.output == Output::kText) {
      return fmt::format("{} {}, {} exist already\n", created,
                         command_.dry_run ? "would be created" : "created", counts_[1]);
    }
    std::string text = "{\"cronjob\":";
    manifest::AppendJsonString(text, command_.cronjob);
    return text + fmt::format(",\"dryRun\":{},\"jobs\":[{}]}}\n", command_.dry_run, jobs_);
  }

 private:
  const BackfillCommand& command_;
  const std::function<void(const std::string&)>& print_;
  size_t counts_[3] = {};
  std::string jobs_;
};

}  // namespace

Result<std::string> Backfill(const BackfillCommand& command, Instant now, const ApiClient& client,
                             const Pause& pause, const std::function<void(const std::string& line)>& print) {
  ASSIGN_OR_RETURN(const Window window, ReadWindow(command, now));
  ASSIGN_OR_RETURN(const auto cronjob, client.GetCronJob(command.ns, command.cronjob));
  const std::string zone_name = controllers::ZoneNameOf(cronjob->spec);
  ASSIGN_OR_RETURN(const cron::Zone zone,
                   zone_name.empty() ? cron::LoadLocalZone() : cron::LoadZone(zone_name));
  ASSIGN_OR_RETURN(const auto jobs, controllers::BackfillJobs(*cronjob, zone, window.from, window.to));
  Report report(command, print);
  for (const api::Job& job : jobs) {
    ASSIGN_OR_RETURN(const Outcome outcome,
                     command.dry_run ? Look(job, client) : CreateWhenAllowed(job, client, pause));
    report.Add(job, outcome);
  }
  return report.End();
}

int RunBackfill(const BackfillCommand& command) {
  const Instant now = SystemClock().Now();
  if (const auto window = ReadWindow(command, now); !window.ok())
    return Fail(Annotate(window.error(), "backfill"), kBadInput);
  const auto print = [](const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  };
  const auto done = WithAgent(command.agent, [&](const ApiClient& client, const Pause& pause) -> Result<int> {
    ASSIGN_OR_RETURN(const std::string text, Backfill(command, now, client, pause, print));
    print(text);
    return 0;
  });
  return done.ok() ? *done : Fail(Annotate(done.error(), "backfill"), kNegativeResult);
}

}  // namespace belfry::cli
