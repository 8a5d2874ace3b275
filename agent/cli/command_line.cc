#include "agent/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>

namespace belfry::cli {
namespace {

// One subcommand: its parser and what it yields when it was chosen.
struct Choice {
  CLI::App* app;
  std::function<Command()> command;
};

void AddOutput(CLI::App& app, Output& output) {
  app.add_option_function<std::string>(
         "-o,--output",
         [&output](const std::string& text) { output = text == "json" ? Output::kJson : Output::kText; },
         "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
}

Choice AddAgent(CLI::App& top, AgentCommand& command) {
  CLI::App* app = top.add_subcommand("agent", "the daemon: run, watch, measure, alert");
  app->add_option("-f,--filename", command.manifests,
                  "manifest file or folder; folders are watched and reconciled")
      ->option_text("PATH ...");
  app->add_option("--config", command.config, "configuration file")->option_text("belfry.yaml");
  app->add_option("--data-dir", command.data_dir, "where state is kept (default: /var/lib/belfry)")
      ->option_text("DIR");
  app->add_option("--listen", command.listen, "address and port (default: 127.0.0.1:2353)")
      ->option_text("HOST:PORT");
  return {app, [&command] { return Command(command); }};
}

Choice AddRun(CLI::App& top, RunCommand& command) {
  CLI::App* app = top.add_subcommand("run", "run Jobs in the foreground, leave nothing behind");
  app->add_option("-f,--filename", command.manifests, "manifest file or folder, - for standard input")
      ->required()
      ->option_text("PATH ...");
  app->add_option("--config", command.config, "configuration file, for what stands under runtime")
      ->option_text("belfry.yaml");
  app->add_option("--timeout", command.timeout, "stop everything after this long: 90s, 1h30m")
      ->option_text("D");
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

Choice AddSimulate(CLI::App& top, SimulateCommand& command) {
  CLI::App* app =
      top.add_subcommand("simulate", "what would run, be skipped, be missed, alert: on virtual time");
  app->add_option("-f,--filename", command.manifests, "manifest file or folder, - for standard input")
      ->required()
      ->option_text("PATH ...");
  app->add_option("--from", command.from, "RFC 3339 time, now, now-720h")->required()->option_text("T");
  app->add_option("--to", command.to, "the same; not included")->required()->option_text("T");
  app->add_option("--set", command.set, "change every CronJob first: concurrencyPolicy=Forbid")
      ->option_text("FIELD=VALUE ...");
  app->add_option("--durations", command.durations, "how runs went: lines of cronjob,seconds,exit_code")
      ->option_text("FILE");
  app->add_option("--default-duration", command.default_duration,
                  "how long runs take that nothing is said about (default: 60s)")
      ->option_text("D");
  app->add_option("--rules", command.rules,
                  "rule files, or none (default: the manifests' PrometheusRules, else those shipped)")
      ->option_text("FILE ...");
  app->add_option("--time-zone", command.time_zone, "of CronJobs that name none (default: UTC)")
      ->option_text("ZONE");
  app->add_flag("--summary", command.summary_only, "no timeline, only what it comes to");
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

Choice AddCron(CLI::App& top, CronNextCommand& command) {
  CLI::App* cron = top.add_subcommand("cron", "what a schedule means");
  cron->require_subcommand(1);
  CLI::App* app = cron->add_subcommand("next", "the next times of a cron expression");
  app->add_option("EXPR", command.expression, "five fields or a descriptor such as @hourly")->required();
  app->add_option("--time-zone", command.time_zone, "IANA time zone (default: UTC)")->option_text("ZONE");
  app->add_option("--from", command.from, "RFC 3339 time, now, now+24h (default: now)")->option_text("T");
  app->add_option("--count", command.count, "how many (default: 5)")
      ->check(CLI::Range(1, 10000))
      ->option_text("N");
  app->add_option("--profile", command.profile, "dialect: kubernetes, spark, aws (default: kubernetes)")
      ->check(CLI::IsMember({"kubernetes", "spark", "aws"}))
      ->option_text("NAME");
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

void AddAgentAddress(CLI::App& app, AgentAddress& agent) {
  app.add_option("--server", agent.url,
                 "the running agent (default: $BELFRY_SERVER, else http://127.0.0.1:2353)")
      ->option_text("URL");
  app.add_option("--token-file", agent.token_file, "file with the token that the agent asks for")
      ->option_text("FILE");
}

void AddNamespace(CLI::App& app, std::string& ns) {
  app.add_option("-n,--namespace", ns, "namespace (default: default)")->option_text("NS");
}

Choice AddCreateJob(CLI::App& top, CreateJobCommand& command) {
  CLI::App* create = top.add_subcommand("create", "create an object in a running agent");
  create->require_subcommand(1);
  CLI::App* app = create->add_subcommand("job", "run a CronJob's Job now, outside its schedule");
  app->add_option("NAME", command.name, "the new Job's name")->required();
  app->add_option("--from", command.from, "whose template it has")->required()->option_text("cronjob/NAME");
  AddAgentAddress(*app, command.agent);
  AddNamespace(*app, command.ns);
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

Choice AddBackfill(CLI::App& top, BackfillCommand& command) {
  CLI::App* app = top.add_subcommand("backfill", "create the Jobs of a CronJob's past slots");
  app->add_option("CRONJOB", command.cronjob, "whose slots")->required();
  app->add_option("--from", command.from, "first instant: RFC 3339 time, now-24h")
      ->required()
      ->option_text("T");
  app->add_option("--to", command.to, "last instant, not in the future")->required()->option_text("T");
  app->add_flag("--dry-run", command.dry_run, "only say what would be created");
  AddAgentAddress(*app, command.agent);
  AddNamespace(*app, command.ns);
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

void AddPromqlCompat(CLI::App& app, int& compat) {
  app.add_option("--promql-compat", compat, "which Prometheus' PromQL: 2 or 3 (default: 3)")
      ->check(CLI::IsMember({2, 3}))
      ->option_text("2|3");
}

Choice AddCheck(CLI::App& check, const std::string& name, const std::string& help, CheckCommand::What what,
                CheckCommand& command) {
  CLI::App* app = check.add_subcommand(name, help);
  app->add_option("PATH", command.paths, "files or folders")->required();
  return {app, [&command, what] {
            command.what = what;
            return Command(command);
          }};
}

Choice AddCheckRules(CLI::App& check, CheckRulesCommand& command) {
  CLI::App* app = check.add_subcommand("rules", "Prometheus rule files and PrometheusRule objects");
  app->add_option("FILE", command.paths, "files; none: standard input");
  app->add_option("--lint", command.lint,
                  "what to look for beyond errors (default: duplicate-rules): all, none, duplicate-rules, "
                  "cycles, result-type, bool-alerts, value-labels")
      ->option_text("NAMES");
  app->add_flag("--lint-fatal", command.lint_fatal, "exit with 3 if --lint finds something");
  app->add_flag("--ignore-unknown-fields", command.ignore_unknown_fields, "pass over fields nobody knows");
  AddPromqlCompat(*app, command.promql_compat);
  return {app, [&command] { return Command(command); }};
}

Choice AddTestRules(CLI::App& top, TestRulesCommand& command) {
  CLI::App* test = top.add_subcommand("test", "rules under test, as `promtool test` does it");
  test->require_subcommand(1);
  CLI::App* app = test->add_subcommand("rules", "run the unit-test files of rules");
  app->add_option("FILE", command.paths, "test files")->required();
  app->add_option("--run", command.names, "run only groups whose name matches; can be repeated")
      ->allow_extra_args(false)
      ->option_text("REGEX");
  app->add_option("--junit", command.junit, "write results in JUnit's XML as well")->option_text("FILE");
  app->add_flag("--diff", command.diff, "show of a failure only what differs");
  app->add_flag("--ignore-unknown-fields", command.ignore_unknown_fields, "of test and rule files");
  AddPromqlCompat(*app, command.promql_compat);
  return {app, [&command] { return Command(command); }};
}

Choice AddQuery(CLI::App& top, QueryCommand& command) {
  CLI::App* app = top.add_subcommand("query", "evaluate PromQL in a running agent");
  app->add_option("EXPR", command.expression, "the expression")->required();
  app->add_flag("--format", command.format, "print the expression as it should be written; asks no agent");
  app->add_option("--time", command.time, "when: RFC 3339 time, now-1h (default: now)")->option_text("T");
  app->add_option("--start", command.start, "of a range (default: an hour before its end)")->option_text("T");
  app->add_option("--end", command.end, "of a range (default: now)")->option_text("T");
  app->add_option("--step", command.step, "of a range: 15s, 1m")->option_text("D");
  AddPromqlCompat(*app, command.promql_compat);
  AddAgentAddress(*app, command.agent);
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

Choice AddAlerts(CLI::App& top, AlertsCommand& command) {
  CLI::App* app = top.add_subcommand("alerts", "pending and firing alerts of a running agent");
  AddAgentAddress(*app, command.agent);
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

Choice AddSupervisor(CLI::App& top, SupervisorCommand& command) {
  CLI::App* app = top.add_subcommand("supervisor", "the role that owns the processes; started by the agent");
  app->group("");  // not in the help: nobody types it
  app->allow_extras();
  return {app, [&command, app] {
            command.arguments = app->remaining();
            return Command(command);
          }};
}

Choice AddVersion(CLI::App& top, VersionCommand& command) {
  CLI::App* app = top.add_subcommand("version", "which belfry this is");
  AddOutput(*app, command.output);
  return {app, [&command] { return Command(command); }};
}

}  // namespace

Result<Command> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App top("Runs batch work written as Kubernetes manifests on this host, watches it, alerts.", "belfry");
  top.require_subcommand(1);
  AgentCommand agent;
  RunCommand run;
  SimulateCommand simulate;
  CronNextCommand cron;
  CreateJobCommand create_job;
  BackfillCommand backfill;
  CheckCommand check;
  CheckRulesCommand check_rules;
  TestRulesCommand test_rules;
  QueryCommand query;
  AlertsCommand alerts;
  SupervisorCommand supervisor;
  VersionCommand version;
  std::vector<Choice> choices = {AddAgent(top, agent),          AddRun(top, run),
                                 AddSimulate(top, simulate),    AddCron(top, cron),
                                 AddCreateJob(top, create_job), AddBackfill(top, backfill)};
  CLI::App* checks = top.add_subcommand("check", "parse and validate; line and column in every error");
  checks->require_subcommand(1);
  using What = CheckCommand::What;
  choices.push_back(AddCheck(*checks, "manifests", "Kubernetes manifests", What::kManifests, check));
  choices.push_back(AddCheckRules(*checks, check_rules));
  choices.push_back(AddCheck(*checks, "config", "belfry.yaml", What::kConfig, check));
  choices.push_back(AddTestRules(top, test_rules));
  choices.push_back(AddQuery(top, query));
  choices.push_back(AddAlerts(top, alerts));
  choices.push_back(AddSupervisor(top, supervisor));
  choices.push_back(AddVersion(top, version));
  try {
    top.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Command(HelpCommand{top.help()});
  } catch (const CLI::ParseError& e) {
    return Error{Code::kInvalid, std::string("usage: ") + e.what() + " (see belfry --help)"};
  }
  for (const Choice& choice : choices) {
    if (choice.app->parsed()) return choice.command();
  }
  return Error{Code::kInvalid, "usage: no command (see belfry --help)"};
}

}  // namespace belfry::cli
