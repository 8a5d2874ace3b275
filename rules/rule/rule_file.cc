// Reading keeps positions and collects every mistake; CheckGroups judges what was read.
#include "rules/rule/rule_file.h"

#include <algorithm>
#include <iterator>

#include "rules/rule/yaml_fields.h"

namespace belfry::rule {
namespace {

class Reader : private YamlReader {
 public:
  using YamlReader::IgnoreUnknownFields;
  using YamlReader::problems;
  using YamlReader::YamlReader;

  // The groups of one object or plain file; `file` is their identity.
  struct Part {
    std::vector<GroupText> groups;
    std::string object;  // namespace/name, if it has one
  };

  void ReadDocument(const YamlNode& document) {
    if (document.IsNull()) return;
    if (!document.IsMap())
      return Complain(document, "expected a map with `groups`, found " + document.Describe());
    if (document.Find("kind") == nullptr) {
      ReadGroupsInto(document, /*plain=*/true, parts_.emplace_back());
    } else {
      ReadObject(document);
    }
  }

  std::vector<Part> parts_;

 private:
  static std::string TextAt(const YamlNode& map, std::string_view key) {
    const YamlNode* value = map.Find(key);
    return value == nullptr ? "" : value->text;
  }

  void ReadRule(const YamlNode& node, GroupText& group) {
    RuleText rule;
    rule.position = node.position;
    ReadMap(node, "rule",
            {{"record", Text(rule.record, "record", &rule.name_position)},
             {"alert", Text(rule.alert, "alert", &rule.name_position)},
             {"expr", Text(rule.expr, "expr", &rule.expr_position)},
             {"for", Text(rule.for_duration, "for")},
             {"keep_firing_for", Text(rule.keep_firing_for, "keep_firing_for")},
             {"labels", Texts(rule.labels, "labels")},
             {"annotations", Texts(rule.annotations, "annotations")}});
    if (node.IsMap()) group.rules.push_back(std::move(rule));
  }

  void ReadGroup(const YamlNode& node, bool plain, Part& part) {
    GroupText group;
    group.position = node.position;
    YamlFields fields = {{"name", Text(group.name, "name")},
                         {"interval", Text(group.interval, "interval")},
                         {"query_offset", Text(group.query_offset, "query_offset")},
                         {"limit", Number(group.limit, "limit")},
                         {"labels", Texts(group.labels, "labels")},
                         {"rules", Each("rules", [&](const YamlNode& rule) { ReadRule(rule, group); })}};
    // Thanos' word: the object's definition has it, a plain file may not.
    if (!plain) fields.emplace("partial_response_strategy", Ignore());
    ReadMap(node, "group", fields);
    if (node.IsMap()) part.groups.push_back(std::move(group));
  }

  void ReadGroupsInto(const YamlNode& node, bool plain, Part& part) {
    ReadMap(node, plain ? "rule file" : "spec",
            {{"groups", Each("groups", [&](const YamlNode& group) { ReadGroup(group, plain, part); })}});
  }

  void ReadObject(const YamlNode& document) {
    const std::string kind = TextAt(document, "kind");
    if (kind == "List" || kind == "PrometheusRuleList") {
      ReadMap(document, kind,
              {{"apiVersion", Ignore()}, {"kind", Ignore()}, {"metadata", Ignore()}, {"items", Items()}});
    } else if (kind == "PrometheusRule") {
      ReadPrometheusRule(document);
    } else {
      Complain(document, "kind \"" + kind + "\" holds no rules; PrometheusRule or a list of them does");
    }
  }

  YamlField Items() {
    return Each("items", [this](const YamlNode& item) {
      if (!item.IsMap() || TextAt(item, "kind") != "PrometheusRule") {
        return Complain(item, "items: expected a PrometheusRule, found " + item.Describe());
      }
      ReadPrometheusRule(item);
    });
  }

  void ReadPrometheusRule(const YamlNode& document) {
    Part part;
    ReadMap(document, "PrometheusRule",
            {{"apiVersion", [this](const YamlNode& node) { CheckVersion(node); }},
             {"kind", Ignore()},
             {"metadata", [&](const YamlNode& node) { part.object = ObjectName(node); }},
             {"spec", [&](const YamlNode& node) { ReadGroupsInto(node, /*plain=*/false, part); }},
             {"status", Ignore()}});
    parts_.push_back(std::move(part));
  }

  void CheckVersion(const YamlNode& node) {
    if (node.text == "monitoring.coreos.com/v1") return;
    Complain(node, "apiVersion of a PrometheusRule is monitoring.coreos.com/v1, not " + node.Describe());
  }

  static std::string ObjectName(const YamlNode& metadata) {
    if (!metadata.IsMap()) return "";
    const std::string name_space = TextAt(metadata, "namespace");
    const std::string name = TextAt(metadata, "name");
    return name_space.empty() ? name : name_space + "/" + name;
  }
};

void AddProblem(RuleFile& out, const std::string& file, TextPosition position, std::string message) {
  out.problems.push_back({.file = file, .position = position, .message = std::move(message)});
}

}  // namespace

RuleFile ParseRuleFile(const std::string& file, std::string_view text, const CheckOptions& options) {
  RuleFile out;
  if (text.size() > kMaxRuleFileBytes) {
    AddProblem(out, file, {}, "rule file is longer than " + std::to_string(kMaxRuleFileBytes) + " bytes");
    return out;
  }
  if (text.find('\0') != std::string_view::npos) {
    AddProblem(out, file, {}, "not a text file: it has a zero byte");
    return out;
  }
  const YamlResult yaml = ReadYaml(text);
  if (!yaml.ok) AddProblem(out, file, yaml.position, "yaml: " + yaml.problem);
  Reader reader(file);
  if (options.ignore_unknown_fields) reader.IgnoreUnknownFields();
  for (const YamlNode* document : yaml.file.documents) reader.ReadDocument(*document);
  std::move(reader.problems().begin(), reader.problems().end(), std::back_inserter(out.problems));
  for (Reader::Part& part : reader.parts_) {
    const bool named = reader.parts_.size() > 1 && !part.object.empty();
    for (GroupText& group : part.groups) group.file = file;
    CheckedGroups checked = CheckGroups(part.groups, options);
    for (GroupSpec& spec : checked.groups) {
      if (named) spec.file += ":" + part.object;
      out.groups.push_back(std::move(spec));
    }
    std::move(part.groups.begin(), part.groups.end(), std::back_inserter(out.texts));
    std::move(checked.problems.begin(), checked.problems.end(), std::back_inserter(out.problems));
  }
  return out;
}

}  // namespace belfry::rule
