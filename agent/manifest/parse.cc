#include "agent/manifest/parse.h"

#include <algorithm>
#include <map>

#include "agent/manifest/codec.h"
#include "agent/manifest/defaults.h"
#include "agent/manifest/names.h"
#include "agent/manifest/not_acted_on.h"
#include "agent/manifest/validate.h"
#include "agent/manifest/yaml.h"

namespace belfry::manifest {
namespace {

std::string_view Group(std::string_view api_version) {
  const size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

bool HasField(const std::string& field, const std::string& parent) {
  return field == parent ||
         (field.starts_with(parent) && (field[parent.size()] == '.' || field[parent.size()] == '['));
}

template <class T>
constexpr bool kHasStatus = requires(T t) {
  t.status;
};

template <class T>
void DropServerFields(T& object) {
  api::ObjectMeta& meta = object.metadata;
  meta.uid.clear();
  meta.resource_version = 0;
  meta.generation = 0;
  meta.creation_timestamp.reset();
  meta.deletion_timestamp.reset();
  meta.deletion_grace_period_seconds.reset();
  if constexpr (kHasStatus<T>) object.status = {};
}

// The objects of one text.
class Parser {
 public:
  Parser(const std::string& file, const ParseOptions& options) : file_(file), options_(options) {}

  void Document(const Node& root) {
    if (!root.IsMap()) {
      errors_.Add(
          root.at, {},
          "expected an object with apiVersion and kind, found " + std::string(NodeTypeName(root.type)));
      return;
    }
    std::string api_version;
    std::string kind;
    const bool named = Header(root, "apiVersion", api_version);
    if (!Header(root, "kind", kind) || !named) return;
    if (IsList(root, api_version, kind)) return List(root, api_version, kind);
    Typed(root, api_version, kind);
  }

  Parsed Finish() && {
    for (Problem& problem : FindDuplicates(objects_))
      errors_.Add({problem.line, problem.column}, problem.field, problem.message);
    return {std::move(objects_), errors_.Take(file_), warnings_.Take(file_)};
  }

  Problems& errors() { return errors_; }

 private:
  bool Header(const Node& root, std::string_view name, std::string& out) {
    const Node* node = root.Find(name);
    if (node != nullptr && node->type == NodeType::kString && !node->text.empty()) {
      out = node->text;
      return true;
    }
    const bool wrong = node != nullptr && !node->IsNull() && node->type != NodeType::kString;
    errors_.Add(
        node == nullptr ? root.at : node->at, std::string(name),
        wrong ? "cannot unmarshal " + std::string(NodeTypeName(node->type)) + " into a field of type string"
              : "Required value");
    return false;
  }

  static bool IsList(const Node& root, std::string_view api_version, std::string_view kind) {
    if (!kind.ends_with("List") || root.Find("items") == nullptr) return false;
    const auto element = api::KindFromName(kind.substr(0, kind.size() - 4));
    return (kind == "List" && api_version == "v1") || (element && api::ApiVersion(*element) == api_version);
  }

  void List(const Node& root, const std::string& api_version, const std::string& kind) {
    const Node& items = *root.Find("items");
    if (items.type != NodeType::kSequence) {
      if (!items.IsNull())
        errors_.Add(
            items.at, "items",
            "cannot unmarshal " + std::string(NodeTypeName(items.type)) + " into a field of type array");
      return;
    }
    for (const Node& item : items.items) {
      // The elements of a typed list need not repeat their kind.
      if (kind != "List" && item.IsMap() && item.Find("kind") == nullptr) {
        Typed(item, api_version, kind.substr(0, kind.size() - 4));
      } else {
        Document(item);
      }
    }
  }

  void Typed(const Node& root, const std::string& api_version, const std::string& kind_name) {
    const auto kind = api::KindFromName(kind_name);
    if (kind && *kind != api::Kind::kEvent && api::ApiVersion(*kind) == api_version)
      return Supported(root, *kind);
    const std::string what = kind_name + " (" + api_version + ")";
    if (kind && *kind != api::Kind::kEvent && Group(api_version) == Group(api::ApiVersion(*kind))) {
      FieldErrors error;
      const std::string_view supported[] = {api::ApiVersion(*kind)};
      error.Unsupported("apiVersion", api_version, supported);
      errors_.Add(Locate(root, "apiVersion").at, "apiVersion", error.Take().front().message);
    } else if (const std::string_view near = NearKind(kind_name, api_version); !near.empty()) {
      errors_.Add(Locate(root, "kind").at, "kind",
                  "unknown kind " + Quote(kind_name) + ", did you mean " + Quote(near) + "?");
    } else {
      warnings_.Add(Locate(root, "kind").at, "kind",
                    what +
                        " is not supported by this version and is skipped; supported: Job, CronJob, Pod, "
                        "ConfigMap, Secret, PersistentVolumeClaim, PrometheusRule");
    }
  }

  static std::string_view NearKind(const std::string& name, const std::string& api_version) {
    std::vector<std::string_view> names;
    for (const api::Kind kind : api::kAllKinds) {
      if (api::ApiVersion(kind) == api_version && api::KindName(kind) != name)
        names.push_back(api::KindName(kind));
    }
    return DidYouMean(name, names);
  }

  void Supported(const Node& root, api::Kind kind) {
    Problems problems;
    auto decoded = Decode(root, kind, problems, options_.unknown_fields);
    CHECK(decoded.has_value());  // the root is a map
    const api::Object object = std::visit([&](const auto& pointer) { return Finished(*pointer); }, *decoded);
    std::vector<FieldError> invalid;
    if (options_.validate) invalid = Validate(object);
    CheckName(object, invalid);
    for (const Problem& problem : problems.list())
      errors_.Add({problem.line, problem.column}, problem.field, problem.message);
    for (FieldError& error : invalid) {
      // What could not be read looks absent to the validation: saying so as well would mislead.
      const bool known = std::ranges::any_of(
          problems.list(), [&](const Problem& p) { return HasField(error.field, p.field); });
      if (!known) errors_.Add(Locate(root, error.field).at, error.field, std::move(error.message));
    }
    if (problems.empty() && invalid.empty()) Accept(root, object);
  }

  // A copy with defaults and without what is not a manifest's to say.
  template <class T>
  api::Object Finished(const T& decoded) const {
    auto object = std::make_shared<T>(decoded);
    if (!options_.keep_server_fields) DropServerFields(*object);
    if (object->metadata.ns.empty()) object->metadata.ns = options_.default_namespace;
    ApplyDefaults(*object);
    return api::Ptr<T>(std::move(object));
  }

  void CheckName(const api::Object& object, std::vector<FieldError>& invalid) const {
    const api::ObjectMeta& meta = api::MetaOf(object);
    if (meta.name.empty() && !meta.generate_name.empty() && !options_.allow_generate_name &&
        options_.validate) {
      invalid.push_back({"metadata.name",
                         "Required value: a manifest that is applied again needs a name, not generateName"});
    }
  }

  void Accept(const Node& root, api::Object object) {
    ParsedObject parsed{.object = std::move(object), .file = file_, .line = root.at.line, .not_acted_on = {}};
    parsed.not_acted_on = NotActedOn(parsed.object);
    for (const std::string& path : parsed.not_acted_on) {
      warnings_.Add(Locate(root, path).at, path, "kept, but this version does not act on it");
    }
    const std::string& name = api::MetaOf(parsed.object).name;
    const bool names_pods =
        api::KindOf(parsed.object) == api::Kind::kJob || api::KindOf(parsed.object) == api::Kind::kCronJob;
    if (names_pods && !name.empty() && !CheckDnsLabel(name).empty()) {
      warnings_.Add(Locate(root, "metadata.name").at, "metadata.name",
                    "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS "
                    "label is recommended");
    }
    objects_.push_back(std::move(parsed));
  }

  const std::string& file_;
  const ParseOptions& options_;
  std::vector<ParsedObject> objects_;
  Problems errors_;
  Problems warnings_;
};

}  // namespace

Parsed ParseManifests(const std::string& file, std::string_view text, const ParseOptions& options) {
  Parser parser(file, options);
  const auto documents = ParseText(text, parser.errors());
  if (documents.empty() && parser.errors().empty()) parser.errors().Add({}, {}, "no objects in it");
  for (const Document& document : documents) parser.Document(document.root);
  return std::move(parser).Finish();
}

std::vector<Problem> FindDuplicates(const std::vector<ParsedObject>& objects, bool across_files_only) {
  std::vector<Problem> problems;
  std::map<api::Key, const ParsedObject*> first;
  for (const ParsedObject& object : objects) {
    const api::Key key = api::KeyOf(object.object);
    const auto [it, added] = first.emplace(key, &object);
    if (added || key.name.empty() || (across_files_only && it->second->file == object.file)) continue;
    problems.push_back({.file = object.file,
                        .line = object.line,
                        .column = 1,
                        .field = "metadata.name",
                        .message = key.ToString() + " is defined twice: the other is at " + it->second->file +
                                   ":" + std::to_string(it->second->line)});
  }
  return problems;
}

}  // namespace belfry::manifest
