// What the user typed, as values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/cli/agent_link.h"

namespace belfry::cli {

enum class Output { kText, kJson };

// `belfry agent`
struct AgentCommand {
  std::vector<std::string> manifests;
  std::string config;  // empty: none
  std::optional<std::string> data_dir;
  std::optional<std::string> listen;
};

// `belfry run`
struct RunCommand {
  std::vector<std::string> manifests;  // "-" is standard input
  std::string config;
  std::string timeout;  // empty: none
  Output output = Output::kText;
};

// `belfry simulate`
struct SimulateCommand {
  std::vector<std::string> manifests;  // "-" is standard input
  std::string from;
  std::string to;
  std::string durations;  // a history file; empty: none
  std::string default_duration = "60s";
  std::vector<std::string> rules;  // files; empty: the manifests', else the shipped ones; "none": none
  std::vector<std::string> set;    // FIELD=VALUE of every CronJob's spec
  std::string time_zone = "UTC";   // of CronJobs without one
  bool summary_only = false;
  Output output = Output::kText;
};

// `belfry cron next`
struct CronNextCommand {
  std::string expression;
  std::string time_zone;  // empty: UTC
  std::string from = "now";
  std::string profile = "kubernetes";
  int count = 5;
  Output output = Output::kText;
};

// `belfry create job`
struct CreateJobCommand {
  AgentAddress agent;
  std::string ns = "default";
  std::string name;
  std::string from;  // cronjob/NAME
  Output output = Output::kText;
};

// `belfry backfill`
struct BackfillCommand {
  AgentAddress agent;
  std::string ns = "default";
  std::string cronjob;
  std::string from;
  std::string to;
  bool dry_run = false;
  Output output = Output::kText;
};

// `belfry check manifests|config`
struct CheckCommand {
  enum class What { kManifests, kConfig };
  What what = What::kManifests;
  std::vector<std::string> paths;
};

// `belfry check rules`
struct CheckRulesCommand {
  std::vector<std::string> paths;  // none: standard input
  std::string lint = "duplicate-rules";
  bool lint_fatal = false;
  bool ignore_unknown_fields = false;
  int promql_compat = 3;
};

// `belfry test rules`
struct TestRulesCommand {
  std::vector<std::string> paths;
  std::vector<std::string> names;  // regular expressions
  std::string junit;               // file; empty: none
  bool diff = false;
  bool ignore_unknown_fields = false;
  int promql_compat = 3;
};

// `belfry query`
struct QueryCommand {
  std::string expression;
  bool format = false;  // print the expression instead of asking for its value
  std::string time;     // of an instant query; empty: the agent's now
  std::string start;    // one of these three: a range query
  std::string end;
  std::string step;
  AgentAddress agent;
  int promql_compat = 3;  // of --format
  Output output = Output::kText;
};

// `belfry alerts`
struct AlertsCommand {
  AgentAddress agent;
  Output output = Output::kText;
};

// `belfry supervisor`: the second role, started by the agent.
struct SupervisorCommand {
  std::vector<std::string> arguments;  // the role's own
};

// `belfry version`
struct VersionCommand {
  Output output = Output::kText;
};

// Help was asked for: its text, for standard output.
struct HelpCommand {
  std::string text;
};

using Command = std::variant<AgentCommand, RunCommand, SimulateCommand, CronNextCommand, CreateJobCommand,
                             BackfillCommand, CheckCommand, CheckRulesCommand, TestRulesCommand, QueryCommand,
                             AlertsCommand, SupervisorCommand, VersionCommand, HelpCommand>;

// Errors: kInvalid with what is wrong and where to read on.
Result<Command> ParseCommandLine(int argc, const char* const* argv);

}  // namespace belfry::cli
