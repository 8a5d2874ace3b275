#include "rules/template/template.h"

#include <algorithm>

#include "rules/template/functions.h"
#include "rules/template/interpreter.h"
#include "rules/template/parser.h"
#include "rules/template/print.h"

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

// The label's name in `{{ $labels.NAME }}` and `{{ .Labels.NAME }}`.
const std::string* LabelShown(const Node& node) {
  const auto* action = std::get_if<Action>(&node.data);
  if (action == nullptr || !action->pipeline.variables.empty()) return nullptr;
  const auto& commands = action->pipeline.commands;
  if (commands.size() != 1 || commands[0].args.size() != 1) return nullptr;
  const Operand& operand = commands[0].args[0];
  const auto* variable = std::get_if<Variable>(&operand.base);
  const bool labels = variable != nullptr && variable->name == "$labels" && operand.fields.size() == 1;
  const bool dot_labels = std::holds_alternative<Dot>(operand.base) && operand.fields.size() == 2 &&
                          operand.fields.front() == "Labels";
  return labels || dot_labels ? &operand.fields.back() : nullptr;
}

std::optional<std::vector<TemplatePiece>> PiecesOf(const Syntax& syntax) {
  std::vector<TemplatePiece> pieces;
  for (const Node& node : syntax.root) {
    const auto* text = std::get_if<Text>(&node.data);
    const std::string* label = LabelShown(node);
    if (text == nullptr && label == nullptr) return std::nullopt;
    pieces.push_back({.is_label = label != nullptr, .text = label != nullptr ? *label : text->text});
  }
  return pieces;
}

// Nothing: too long, which the interpreter has the words for.
std::optional<std::string> Join(const std::vector<TemplatePiece>& pieces, const model::Labels& labels) {
  std::string out;
  for (const TemplatePiece& piece : pieces) {
    out += piece.is_label ? labels.Get(piece.text) : std::string_view(piece.text);
    if (out.size() > kMaxOutputBytes) return std::nullopt;
  }
  return out;
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
    : name_(std::move(name)), syntax_(std::move(syntax)), pieces_(PiecesOf(*syntax_)) {}

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
  if (text.pieces()) {
    steps_ += text.pieces()->size();
    if (auto joined = Join(*text.pieces(), data_.labels)) return *std::move(joined);
  }
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
