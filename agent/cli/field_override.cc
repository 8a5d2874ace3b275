#include "agent/cli/field_override.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/manifest/codec.h"
#include "agent/manifest/json.h"
#include "agent/manifest/parse.h"

namespace belfry::cli {
namespace {

// A setting as one text: what is wrong is said with it.
Error Wrong(const std::string& setting, std::string_view why) {
  return {Code::kInvalid, fmt::format("--set {}: {}", setting, why)};
}

// The value as a node that points into `text` or `documents`.
manifest::Node ReadValue(std::string_view text, std::vector<manifest::Document>& documents) {
  manifest::Problems problems;
  auto read = manifest::ParseJson(text, problems);
  if (!problems.empty() || read.size() != 1) {
    manifest::Node node;
    node.type = manifest::NodeType::kString;
    node.text = text;
    return node;
  }
  documents.push_back(std::move(read.front()));
  return documents.back().root;
}

// Puts `value` at `path` below `node`, making the maps on the way.
bool Put(manifest::Node& node, std::string_view path, const manifest::Node& value, bool remove) {
  if (node.type == manifest::NodeType::kNull) node.type = manifest::NodeType::kMap;
  if (!node.IsMap()) return false;
  const size_t dot = std::min(path.find('.'), path.size());
  const std::string_view name = path.substr(0, dot);
  if (name.empty()) return false;
  auto item = std::ranges::find(node.items, name, &manifest::Node::key);
  if (dot == path.size() && remove) {
    if (item != node.items.end()) node.items.erase(item);
    return true;
  }
  if (item == node.items.end()) {
    manifest::Node fresh;
    fresh.key = name;
    item = node.items.insert(node.items.end(), fresh);
  }
  if (dot < path.size()) return Put(*item, path.substr(dot + 1), value, remove);
  const std::string_view key = item->key;
  *item = value;
  item->key = key;
  return true;
}

Result<api::Ptr<api::CronJob>> WithField(const api::Ptr<api::CronJob>& cronjob, const std::string& setting) {
  const size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Wrong(setting, "expected FIELD=VALUE, for example concurrencyPolicy=Forbid");
  }
  const std::string text = manifest::ToJson(cronjob);
  manifest::Problems problems;
  std::vector<manifest::Document> documents = manifest::ParseJson(text, problems);
  CHECK(problems.empty() && documents.size() == 1);
  manifest::Node root = documents.front().root;
  const std::string path = "spec." + setting.substr(0, equals);
  const std::string value_text = setting.substr(equals + 1);
  const manifest::Node value = ReadValue(value_text, documents);
  if (!Put(root, path, value, value_text.empty())) return Wrong(setting, "there is no such field");
  const manifest::Parsed parsed = manifest::ParseManifests("--set", manifest::ToJsonText(root));
  for (const manifest::Problem& problem : parsed.errors) {
    const bool named = problem.message.find(problem.field) != std::string::npos;
    return Wrong(setting, named ? problem.message : fmt::format("{}: {}", problem.field, problem.message));
  }
  CHECK(parsed.objects.size() == 1);
  return api::As<api::CronJob>(parsed.objects.front().object);
}

}  // namespace

Result<api::Ptr<api::CronJob>> WithFields(const api::Ptr<api::CronJob>& cronjob,
                                          const std::vector<std::string>& settings) {
  api::Ptr<api::CronJob> changed = cronjob;
  for (const std::string& setting : settings) {
    ASSIGN_OR_RETURN(changed, WithField(changed, setting));
  }
  return changed;
}

}  // namespace belfry::cli
