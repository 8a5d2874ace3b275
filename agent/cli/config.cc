#include "agent/cli/config.h"

#include <fmt/core.h>

#include "agent/base/ip_address.h"
#include "agent/cli/notify_config.h"
#include "agent/http/server.h"
#include "agent/manifest/reader.h"
#include "agent/manifest/yaml.h"

namespace belfry::cli {
namespace {

using manifest::Node;
using manifest::Reader;

constexpr uint64_t kMaxBytes = 1 << 20;

void ReadImage(Reader& image, runtime::ImageEntry& entry) {
  image.Required("match", entry.match);
  image.Optional("workingDir", entry.working_dir);
  image.Optional("command", entry.command);
  std::map<std::string, std::string> env;
  image.Optional("env", env);
  entry.env.assign(env.begin(), env.end());
  std::map<std::string, std::string> mounts;
  image.Optional("mounts", mounts);
  for (const auto& [target, source] : mounts) {
    if (!target.starts_with('/') || !source.starts_with('/')) {
      image.Fail("mounts", fmt::format("\"{}: {}\": both paths must be absolute", target, source));
    }
    entry.mounts.push_back({.source = source, .target = target});
  }
}

void ReadClaims(Reader& runtime, std::map<std::string, std::string>& claims) {
  runtime.Optional("claims", claims);
  for (const auto& [claim, folder] : claims) {
    const size_t slash = claim.find('/');
    if (slash == 0 || slash == claim.npos || slash + 1 == claim.size() ||
        claim.find('/', slash + 1) != claim.npos)
      runtime.Fail("claims", fmt::format("\"{}\": must be namespace/name", claim));
    if (!folder.starts_with('/'))
      runtime.Fail("claims", fmt::format("\"{}: {}\": the path must be absolute", claim, folder));
  }
}

void ReadHostAliases(Reader& runtime, std::map<std::string, std::string>& aliases) {
  runtime.Optional("hostAliases", aliases);
  for (const auto& [name, address] : aliases) {
    if (name.empty() || name.find_first_of(" \t\n#") != name.npos)
      runtime.Fail("hostAliases", fmt::format("\"{}\": must be the name of a host", name));
    if (!IsIpAddress(address))
      runtime.Fail("hostAliases", fmt::format("\"{}: {}\": must be an IP address", name, address));
  }
}

void ReadRules(Reader& rules, RulesConfig& config) {
  rules.Optional("files", config.files);
  if (rules.Optional("interval", config.interval) && config.interval < milliseconds(100)) {
    rules.Fail("interval", "must be at least 100ms");
  }
  if (rules.Optional("history", config.history) && config.history < minutes(1)) {
    rules.Fail("history", "must be at least 1m");
  }
  int64_t compat = 3;
  if (rules.Optional("promqlCompat", compat) && compat != 2 && compat != 3) {
    rules.Fail("promqlCompat", fmt::format("Unsupported value: {}: supported values: 2, 3", compat));
  }
  config.promql_compat = static_cast<int>(compat);
  std::map<std::string, std::string> labels;
  rules.Optional("externalLabels", labels);
  for (const auto& [name, value] : labels) config.external_labels.Set(name, value);
}

void ReadLog(Reader& log, LogOptions& options) {
  std::string level = "info";
  std::string format = "text";
  log.Optional("level", level);
  log.Optional("format", format);
  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::kDebug},
                                                  {"info", LogLevel::kInfo},
                                                  {"warn", LogLevel::kWarn},
                                                  {"error", LogLevel::kError}};
  if (const auto it = levels.find(level); it != levels.end()) {
    options.level = it->second;
  } else {
    log.Fail("level",
             fmt::format("Unsupported value: \"{}\": supported values: debug, info, warn, error", level));
  }
  if (format != "text" && format != "json") {
    log.Fail("format", fmt::format("Unsupported value: \"{}\": supported values: text, json", format));
  }
  options.json = format == "json";
}

void ReadAll(Reader& root, Config& config) {
  if (root.Optional("listen", config.listen)) {
    const auto address = http::ParseListenAddress(config.listen);
    if (!address.ok()) root.Fail("listen", address.error().message);
  }
  root.Optional("listenInsecurely", config.listen_insecurely);
  root.Object("auth", [&](Reader& auth) { auth.Required("tokenFile", config.token_file); });
  root.Optional("dataDir", config.data_dir);
  root.Optional("manifests", config.manifests);
  root.Object("runtime", [&](Reader& runtime) {
    runtime.List("images", [&](Reader& image) { ReadImage(image, config.runtime.images.emplace_back()); });
    ReadClaims(runtime, config.runtime.claims);
    ReadHostAliases(runtime, config.runtime.host_aliases);
  });
  root.Object("rules", [&](Reader& rules) { ReadRules(rules, config.rules); });
  root.Object("notify", [&](Reader& notify) { ReadNotify(notify, config.notify); });
  root.Object("log", [&](Reader& log) { ReadLog(log, config.log); });
  root.Finish();
}

}  // namespace

ParsedConfig ParseConfig(std::string_view file, std::string_view text) {
  ParsedConfig parsed;
  manifest::Problems problems;
  const auto documents = manifest::ParseYaml(text, problems);
  if (documents.size() > 1) problems.Add(documents[1].root.at, "", "a configuration is one document");
  if (problems.empty() && !documents.empty()) {
    Reader root(documents[0].root, problems);
    ReadAll(root, parsed.config);
  }
  parsed.problems = problems.Take(file);
  return parsed;
}

ParsedConfig LoadConfig(const FileSystem& files, const std::string& path) {
  if (path.empty()) return {};
  const auto text = files.ReadFile(path, kMaxBytes);
  if (text.ok()) return ParseConfig(path, *text);
  ParsedConfig unreadable;
  unreadable.problems.push_back({.message = text.error().message});
  return unreadable;
}

Error AsError(const std::vector<manifest::Problem>& problems) {
  std::string text;
  for (const manifest::Problem& problem : problems) text += (text.empty() ? "" : "\n") + problem.ToString();
  return {Code::kInvalid, text};
}

Result<void> CheckListener(const Config& config) {
  ASSIGN_OR_RETURN(const http::ListenAddress address, http::ParseListenAddress(config.listen));
  if (address.loopback) return {};
  if (!config.listen_insecurely) {
    return Error{Code::kInvalid,
                 fmt::format("listen on {}: not a loopback address; set listenInsecurely: true (and "
                             "auth.tokenFile) if others may reach it without TLS",
                             config.listen)};
  }
  if (config.token_file.empty()) {
    return Error{Code::kInvalid,
                 fmt::format("listen on {}: not a loopback address; set auth.tokenFile", config.listen)};
  }
  return {};
}

}  // namespace belfry::cli
