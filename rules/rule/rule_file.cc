// The one place that knows YAML. Reading keeps positions and collects every mistake; CheckGroups judges what
// was read.
#include "rules/rule/rule_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <set>

namespace belfry::rule {
namespace {

struct TooManyNodes {};

std::string KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "\"" + node.Scalar().substr(0, 40) + "\"";
    default:
      return "nothing";
  }
}

TextPosition PositionOf(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  if (mark.is_null()) return {};
  return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
}

using Field = std::function<void(const YAML::Node&)>;
using Fields = std::map<std::string_view, Field>;

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  // The groups of one object or plain file; `file` is their identity.
  struct Part {
    std::vector<GroupText> groups;
    std::string object;  // namespace/name, if it has one
  };

  void ReadDocument(const YAML::Node& document) {
    if (document.IsNull() || !document.IsDefined()) return;
    if (!document.IsMap())
      return Complain(document, "expected a map with `groups`, found " + KindOf(document));
    const YAML::Node kind = document["kind"];
    if (!kind.IsDefined()) {
      ReadGroupsInto(document, /*plain=*/true, parts_.emplace_back());
    } else {
      ReadObject(document);
    }
  }

  std::vector<Part> parts_;
  std::vector<Problem> problems_;

 private:
  void Complain(const YAML::Node& node, std::string message) {
    problems_.push_back({.file = file_, .position = PositionOf(node), .message = std::move(message)});
  }

  void Count() {
    if (++nodes_ > kMaxRuleFileNodes) throw TooManyNodes();
  }

  static std::string ScalarOf(const YAML::Node& node) { return node.IsScalar() ? node.Scalar() : ""; }

  // Calls the field's function for each key; unknown and repeated keys are problems.
  void ReadMap(const YAML::Node& map, std::string_view what, const Fields& fields) {
    if (map.IsNull()) return;
    if (!map.IsMap()) return Complain(map, std::string(what) + ": expected a map, found " + KindOf(map));
    std::set<std::string> seen;
    for (const auto& entry : map) {
      Count();
      const std::string key = ScalarOf(entry.first);
      const auto field = fields.find(key);
      if (!seen.insert(key).second) {
        Complain(entry.first, "key \"" + key + "\" is repeated in " + std::string(what));
      } else if (field == fields.end()) {
        Complain(entry.first, "field " + key + " not found in " + std::string(what));
      } else {
        field->second(entry.second);
      }
    }
  }

  Field Text(std::string& into, std::string_view name, TextPosition* position = nullptr) {
    return [this, &into, name = std::string(name), position](const YAML::Node& node) {
      if (!node.IsScalar() && !node.IsNull())
        return Complain(node, name + ": expected text, found " + KindOf(node));
      into = ScalarOf(node);
      if (position != nullptr) *position = PositionOf(node);
    };
  }

  Field Number(int64_t& into, std::string_view name) {
    return [this, &into, name = std::string(name)](const YAML::Node& node) {
      const std::string text = ScalarOf(node);
      const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), into);
      if (node.IsNull()) return;
      if (text.empty() || status != std::errc() || end != text.data() + text.size()) {
        Complain(node, name + ": expected a whole number, found " + KindOf(node));
      }
    };
  }

  Field Texts(TextMap& into, std::string_view name) {
    return [this, &into, name = std::string(name)](const YAML::Node& node) {
      if (node.IsNull()) return;
      if (!node.IsMap()) return Complain(node, name + ": expected a map, found " + KindOf(node));
      for (const auto& entry : node) {
        Count();
        const std::string key = ScalarOf(entry.first);
        if (!entry.second.IsScalar() && !entry.second.IsNull()) {
          Complain(entry.second, name + "." + key + ": expected text, found " + KindOf(entry.second));
        } else if (!into.emplace(key, ScalarOf(entry.second)).second) {
          Complain(entry.first, "key \"" + key + "\" is repeated in " + name);
        }
      }
    };
  }

  static Field Ignore() {
    return [](const YAML::Node&) {};
  }

  // Each element of a list, which may be absent.
  Field Each(std::string_view name, std::function<void(const YAML::Node&)> read) {
    return [this, name = std::string(name), read = std::move(read)](const YAML::Node& node) {
      if (node.IsNull()) return;
      if (!node.IsSequence()) return Complain(node, name + ": expected a list, found " + KindOf(node));
      for (const auto& item : node) {
        Count();
        read(item);
      }
    };
  }

  void ReadRule(const YAML::Node& node, GroupText& group) {
    RuleText rule;
    rule.position = PositionOf(node);
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

  void ReadGroup(const YAML::Node& node, bool plain, Part& part) {
    GroupText group;
    group.position = PositionOf(node);
    Fields fields = {{"name", Text(group.name, "name")},
                     {"interval", Text(group.interval, "interval")},
                     {"query_offset", Text(group.query_offset, "query_offset")},
                     {"limit", Number(group.limit, "limit")},
                     {"labels", Texts(group.labels, "labels")},
                     {"rules", Each("rules", [&](const YAML::Node& rule) { ReadRule(rule, group); })}};
    // Thanos' word: the object's definition has it, a plain file may not.
    if (!plain) fields.emplace("partial_response_strategy", Ignore());
    ReadMap(node, "group", fields);
    if (node.IsMap()) part.groups.push_back(std::move(group));
  }

  void ReadGroupsInto(const YAML::Node& node, bool plain, Part& part) {
    ReadMap(node, plain ? "rule file" : "spec",
            {{"groups", Each("groups", [&](const YAML::Node& group) { ReadGroup(group, plain, part); })}});
  }

  void ReadObject(const YAML::Node& document) {
    const std::string kind = ScalarOf(document["kind"]);
    if (kind == "List" || kind == "PrometheusRuleList") {
      ReadMap(document, kind,
              {{"apiVersion", Ignore()}, {"kind", Ignore()}, {"metadata", Ignore()}, {"items", Items()}});
    } else if (kind == "PrometheusRule") {
      ReadPrometheusRule(document);
    } else {
      Complain(document, "kind \"" + kind + "\" holds no rules; PrometheusRule or a list of them does");
    }
  }

  Field Items() {
    return Each("items", [this](const YAML::Node& item) {
      if (!item.IsMap() || ScalarOf(item["kind"]) != "PrometheusRule") {
        return Complain(item, "items: expected a PrometheusRule, found " + KindOf(item));
      }
      ReadPrometheusRule(item);
    });
  }

  void ReadPrometheusRule(const YAML::Node& document) {
    Part part;
    ReadMap(document, "PrometheusRule",
            {{"apiVersion", [this](const YAML::Node& node) { CheckVersion(node); }},
             {"kind", Ignore()},
             {"metadata", [&](const YAML::Node& node) { part.object = ObjectName(node); }},
             {"spec", [&](const YAML::Node& node) { ReadGroupsInto(node, /*plain=*/false, part); }},
             {"status", Ignore()}});
    parts_.push_back(std::move(part));
  }

  void CheckVersion(const YAML::Node& node) {
    if (ScalarOf(node) == "monitoring.coreos.com/v1") return;
    Complain(node, "apiVersion of a PrometheusRule is monitoring.coreos.com/v1, not " + KindOf(node));
  }

  static std::string ObjectName(const YAML::Node& metadata) {
    if (!metadata.IsMap()) return "";
    const std::string name_space = metadata["namespace"].IsDefined() ? ScalarOf(metadata["namespace"]) : "";
    const std::string name = metadata["name"].IsDefined() ? ScalarOf(metadata["name"]) : "";
    return name_space.empty() ? name : name_space + "/" + name;
  }

  const std::string& file_;
  size_t nodes_ = 0;
};

void AddProblem(RuleFile& out, const std::string& file, TextPosition position, std::string message) {
  out.problems.push_back({.file = file, .position = position, .message = std::move(message)});
}

// Reads every document; what yaml-cpp throws becomes a problem.
void ReadAll(Reader& reader, const std::string& file, std::string_view text, RuleFile& out) {
  try {
    for (const YAML::Node& document : YAML::LoadAll(std::string(text))) reader.ReadDocument(document);
  } catch (const YAML::Exception& error) {
    const TextPosition position = {static_cast<size_t>(std::max(error.mark.line, 0)) + 1,
                                   static_cast<size_t>(std::max(error.mark.column, 0)) + 1};
    AddProblem(out, file, position, "yaml: " + error.msg);
  } catch (const TooManyNodes&) {
    AddProblem(out, file, {},
               "more than " + std::to_string(kMaxRuleFileNodes) + " values, aliases counted each time");
  }
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
  Reader reader(file);
  ReadAll(reader, file, text, out);
  std::move(reader.problems_.begin(), reader.problems_.end(), std::back_inserter(out.problems));
  for (Reader::Part& part : reader.parts_) {
    const bool named = reader.parts_.size() > 1 && !part.object.empty();
    for (GroupText& group : part.groups) group.file = file;
    CheckedGroups checked = CheckGroups(part.groups, options);
    for (GroupSpec& spec : checked.groups) {
      if (named) spec.file += ":" + part.object;
      out.groups.push_back(std::move(spec));
    }
    std::move(checked.problems.begin(), checked.problems.end(), std::back_inserter(out.problems));
  }
  return out;
}

}  // namespace belfry::rule
