// belfry.yaml as values (docs/configuration.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/base/log.h"
#include "agent/base/result.h"
#include "agent/manifest/problem.h"
#include "agent/runtime/image_map.h"
#include "exporters/model/labels.h"
#include "rules/notify/config.h"

namespace belfry::cli {

struct RulesConfig {
  std::vector<std::string> files;  // paths, the last part may hold * and ?
  Duration interval = minutes(1);
  Duration history = hours(2);  // how long samples are kept that rules look back at
  model::Labels external_labels;
  int promql_compat = 3;  // which Prometheus' PromQL: 2 or 3
};

// Where things that manifests name are on this host.
struct RuntimeConfig {
  std::vector<runtime::ImageEntry> images;
  std::map<std::string, std::string> claims;        // "namespace/claim" → folder
  std::map<std::string, std::string> host_aliases;  // name → address
};

struct Config {
  std::string listen = "127.0.0.1:2353";
  bool listen_insecurely = false;
  std::string token_file;  // empty: no token asked for
  std::string data_dir = "/var/lib/belfry";
  std::vector<std::string> manifests;
  RuntimeConfig runtime;
  RulesConfig rules;
  notify::NotifyConfig notify;
  LogOptions log;
};

struct ParsedConfig {
  Config config;
  std::vector<manifest::Problem> problems;  // empty: good
};

// Reads a configuration's text; every problem at once, with line, column and field.
ParsedConfig ParseConfig(std::string_view file, std::string_view text);
// The same from a file; an unreadable one is a problem. An empty `path` is the default configuration.
ParsedConfig LoadConfig(const FileSystem& files, const std::string& path);

// Problems as one error message, a line each. Requires: not empty.
Error AsError(const std::vector<manifest::Problem>& problems);

// Whether this address may be listened on with these words. Errors: kInvalid, saying which word is missing.
Result<void> CheckListener(const Config& config);

}  // namespace belfry::cli
