#include "rules/template/template.h"

#include <algorithm>

#include "rules/template/functions.h"
#include "rules/template/interpreter.h"
#include "rules/template/parser.h"

namespace belfry::tmpl {
namespace {

// What Prometheus puts in front of every alert template; columns in its errors count these bytes.
constexpr std::string_view kPrologue =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := "
    ".Value}}";

// How Go writes the type of the data.
constexpr std::string_view kDataType =
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value "
    "interface {} }";

bool IsConstant(const Syntax& syntax) {
  return std::all_of(syntax.root.begin(), syntax.root.end(),
                     [](const Node& node) { return std::holds_alternative<Text>(node.data); });
}

}  // namespace

const Builtin* FindBuiltin(std::string_view name) {
  for (const auto table : {LanguageFunctions(), NumberFunctions(), TextFunctions(), QueryFunctions()}) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const Builtin& b) { return b.name == name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

bool KnowsFunction(std::string_view name) { return FindBuiltin(name) != nullptr; }

Template::Template(std::string name, std::shared_ptr<const Syntax> syntax)
    : name_(std::move(name)), syntax_(std::move(syntax)), constant_(IsConstant(*syntax_)) {
  for (const Node& node : syntax_->root) {
    if (const auto* text = std::get_if<Text>(&node.data)) text_ += text->text;
  }
}

Result<Template> Parse(std::string name, std::string_view text) {
  const ParserOptions options{.name = name,
                              .variables = {"$labels", "$externalLabels", "$externalURL", "$value"},
                              .knows_function = KnowsFunction};
  ASSIGN_OR_RETURN(Syntax syntax, ParseSyntax(text, options));
  return Template(std::move(name), std::make_shared<const Syntax>(std::move(syntax)));
}

const Expansion::Shared& Expansion::Prepare() {
  if (shared_) return *shared_;
  const Value labels = Value::Of(data_.labels);
  const Value external_labels = Value::Of(data_.external_labels);
  const Value external_url = Value::String(std::string(data_.external_url));
  const Value value = Value::Float(data_.value);
  Struct dot{.type = std::string(kDataType),
             .fields = {{"Labels", labels},
                        {"ExternalLabels", external_labels},
                        {"ExternalURL", external_url},
                        {"Value", value}}};
  return shared_.emplace(Shared{.dot = Value::Of(std::move(dot)),
                                .variables = {{"$labels", labels},
                                              {"$externalLabels", external_labels},
                                              {"$externalURL", external_url},
                                              {"$value", value}}});
}

Result<std::string> Expansion::TryExpand(const Template& text) {
  if (text.constant()) return text.text();
  const FunctionContext context{.now = now_, .external_url = data_.external_url, .query = data_.query};
  const Program program{.name = text.name(), .syntax = text.syntax(), .column_offset = kPrologue.size()};
  const Shared& shared = Prepare();
  auto out = Execute(program, shared.dot, shared.variables, context, steps_);
  if (!out.ok()) return Annotate(out.error(), "error executing template " + text.name());
  return out;
}

std::string Expansion::Expand(const Template& text) {
  auto out = TryExpand(text);
  return out.ok() ? *std::move(out) : "<error expanding template: " + out.error().message + ">";
}

std::string Expand(const Template& text, const TemplateData& data, Instant now) {
  return Expansion(data, now).Expand(text);
}

}  // namespace belfry::tmpl
