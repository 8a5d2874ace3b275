#include "agent/supervisor/options.h"

#include <charconv>
#include <functional>
#include <map>

namespace belfry::supervisor {
namespace {

template <class T>
Result<void> Number(const std::string& text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return Error{Code::kInvalid, "\"" + text + "\" is not a number"};
}

Result<void> SetTreeMode(const std::string& text, TreeMode& out) {
  const std::map<std::string, TreeMode> modes = {
      {"auto", TreeMode::kAuto}, {"cgroups", TreeMode::kCgroups}, {"scan", TreeMode::kScan}};
  const auto it = modes.find(text);
  if (it == modes.end()) return Error{Code::kInvalid, "\"" + text + "\" is not auto, cgroups or scan"};
  out = it->second;
  return {};
}

Result<void> SetDuration(const std::string& text, Duration& out) {
  ASSIGN_OR_RETURN(out, ParseDuration(text));
  return {};
}

std::string TreeModeName(TreeMode mode) {
  switch (mode) {
    case TreeMode::kAuto:
      return "auto";
    case TreeMode::kCgroups:
      return "cgroups";
    case TreeMode::kScan:
      return "scan";
  }
  return "auto";
}

using Setter = std::function<Result<void>(SupervisorOptions&, const std::string&)>;

const std::map<std::string, Setter>& Setters() {
  static const std::map<std::string, Setter> setters = {
      {"--data-dir", [](auto& o, const auto& v) { return o.data_dir = v, Result<void>(); }},
      {"--agent-fd", [](auto& o, const auto& v) { return Number(v, o.agent_fd); }},
      {"--log-max-bytes", [](auto& o, const auto& v) { return Number(v, o.log_limits.max_file_bytes); }},
      {"--log-max-files", [](auto& o, const auto& v) { return Number(v, o.log_limits.max_files); }},
      {"--idle-timeout", [](auto& o, const auto& v) { return SetDuration(v, o.idle_timeout); }},
      {"--process-trees", [](auto& o, const auto& v) { return SetTreeMode(v, o.tree_mode); }},
      {"--spawn-threads", [](auto& o, const auto& v) { return Number(v, o.spawn_threads); }},
  };
  return setters;
}

Result<void> Check(const SupervisorOptions& options) {
  if (!options.data_dir.starts_with('/')) {
    return Error{Code::kInvalid, "--data-dir: \"" + options.data_dir + "\" is not an absolute path"};
  }
  if (options.log_limits.max_files == 0) return Error{Code::kInvalid, "--log-max-files: must be at least 1"};
  if (options.spawn_threads < 0 || options.spawn_threads > 64) {
    return Error{Code::kInvalid, "--spawn-threads: must be from 0 to 64"};
  }
  return {};
}

}  // namespace

std::vector<std::string> ToArguments(const SupervisorOptions& options) {
  return {"--data-dir",      options.data_dir,
          "--agent-fd",      std::to_string(options.agent_fd),
          "--log-max-bytes", std::to_string(options.log_limits.max_file_bytes),
          "--log-max-files", std::to_string(options.log_limits.max_files),
          "--idle-timeout",  FormatDuration(options.idle_timeout),
          "--process-trees", TreeModeName(options.tree_mode),
          "--spawn-threads", std::to_string(options.spawn_threads)};
}

Result<SupervisorOptions> FromArguments(const std::vector<std::string>& arguments) {
  SupervisorOptions options;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const auto setter = Setters().find(arguments[i]);
    if (setter == Setters().end()) return Error{Code::kInvalid, "unknown argument " + arguments[i]};
    if (i + 1 == arguments.size()) return Error{Code::kInvalid, arguments[i] + ": a value is missing"};
    if (const auto set = setter->second(options, arguments[i + 1]); !set.ok()) {
      return Annotate(set.error(), arguments[i]);
    }
  }
  RETURN_IF_ERROR(Check(options));
  return options;
}

std::string SocketPath(const std::string& data_dir) { return data_dir + "/supervisor.sock"; }

}  // namespace belfry::supervisor
