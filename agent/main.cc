// belfry: one binary, its commands, two roles (agent and supervisor).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <variant>

#include "agent/base/clock.h"
#include "agent/cli/agent.h"
#include "agent/cli/backfill.h"
#include "agent/cli/check.h"
#include "agent/cli/check_rules.h"
#include "agent/cli/command_line.h"
#include "agent/cli/create_job.h"
#include "agent/cli/cron_next.h"
#include "agent/cli/exit.h"
#include "agent/cli/input.h"
#include "agent/cli/query.h"
#include "agent/cli/run.h"
#include "agent/cli/simulate.h"
#include "agent/cli/test_rules.h"
#include "agent/cli/version.h"
#include "agent/supervisor/run.h"

namespace belfry::cli {
namespace {

void Print(std::FILE* out, const std::string& text) { std::fwrite(text.data(), 1, text.size(), out); }

int PrintOr(const Result<std::string>& text, int exit_code_of_error) {
  if (!text.ok()) return Fail(text.error(), exit_code_of_error);
  Print(stdout, *text);
  return 0;
}

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

int Execute(const AgentCommand& command) { return RunAgent(command); }
int Execute(const RunCommand& command) { return RunJobs(command, TemporaryFolder()); }
int Execute(const SimulateCommand& command) { return RunSimulation(command, SystemClock().Now()); }
int Execute(const CronNextCommand& command) {
  auto text = CronNext(command, SystemClock().Now());
  if (!text.ok()) return Fail(Annotate(std::move(text).error(), "cron next"), kBadInput);
  return PrintOr(text, kBadInput);
}

// What the command line does not say, the environment may.
AgentAddress WithDefaults(AgentAddress agent) {
  const char* url = std::getenv("BELFRY_SERVER");
  if (agent.url.empty() && url != nullptr) agent.url = url;
  if (agent.url.empty()) agent.url = "http://127.0.0.1:2353";
  return agent;
}

int Execute(CreateJobCommand command) {
  command.agent = WithDefaults(command.agent);
  return RunCreateJob(command);
}
int Execute(BackfillCommand command) {
  command.agent = WithDefaults(command.agent);
  return RunBackfill(command);
}

int Execute(const VersionCommand& command) {
  return PrintOr(RenderVersion(ThisBuild(), command.output), kBadInput);
}
int Execute(const HelpCommand& command) { return PrintOr(command.text, kBadInput); }

int Execute(const CheckRulesCommand& command) {
  const auto input = command.paths.empty() ? std::optional(ReadStandardInput()) : std::nullopt;
  const CheckedRules result = CheckRules(PosixFileSystem(), command, input);
  Print(stdout, result.output);
  Print(stderr, result.errors);
  return result.exit_code;
}

int Execute(const CheckCommand& command) {
  const CheckResult result = Check(command);
  Print(stdout, result.output);
  if (!result.errors.empty()) Print(stderr, "belfry: " + result.errors);
  return result.errors.empty() ? 0 : kBadInput;
}

// An error of an expression begins with its place and has no prefix, as promtool prints it.
int PrintAnswer(const Result<std::string>& text) {
  if (text.ok() || text.error().message.find(": parse error: ") == std::string::npos) {
    const bool bad = !text.ok() && text.error().code == Code::kInvalid;
    return PrintOr(text, bad ? kBadInput : kNegativeResult);
  }
  Print(stderr, text.error().message + "\n");
  return kBadInput;
}

int Execute(const QueryCommand& command) {
  return PrintAnswer(command.format
                         ? FormatQuery(command)
                         : Query(command, AskThrough(WithDefaults(command.agent)), SystemClock().Now()));
}

int Execute(const AlertsCommand& command) {
  return PrintAnswer(ListAlerts(command, AskThrough(WithDefaults(command.agent)), SystemClock().Now()));
}

int Execute(const TestRulesCommand& command) { return TestRules(command, SystemClock()); }

int Execute(const SupervisorCommand& command) {
  const auto options = supervisor::FromArguments(command.arguments);
  return options.ok() ? supervisor::RunSupervisor(*options) : Fail(options.error(), kBadInput);
}

int Main(int argc, char** argv) {
  const auto command = ParseCommandLine(argc, argv);
  if (!command.ok()) return Fail(command.error(), kBadInput);
  return std::visit([](const auto& chosen) { return Execute(chosen); }, *command);
}

}  // namespace
}  // namespace belfry::cli

int main(int argc, char** argv) { return belfry::cli::Main(argc, argv); }
