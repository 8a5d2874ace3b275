#include "rules/template/syntax.h"

namespace belfry::tmpl {
namespace {

struct BaseText {
  std::string operator()(const Dot&) const { return "."; }
  std::string operator()(const NilWord&) const { return "nil"; }
  std::string operator()(const BoolWord& word) const { return word.value ? "true" : "false"; }
  std::string operator()(const Number& number) const { return number.text; }
  std::string operator()(const StringWord& word) const { return word.quoted; }
  std::string operator()(const Function& function) const { return function.name; }
  std::string operator()(const Variable& variable) const { return variable.name; }
  std::string operator()(const Parenthesis& inner) const { return "(" + ToString(*inner.pipeline) + ")"; }
};

}  // namespace

std::string ToString(const Operand& operand) {
  // `.Labels` is the dot with a field, written with one point.
  const bool bare = std::holds_alternative<Dot>(operand.base) && !operand.fields.empty();
  std::string text = bare ? "" : std::visit(BaseText{}, operand.base);
  for (const std::string& field : operand.fields) text += "." + field;
  return text;
}

std::string ToString(const Command& command) {
  std::string text;
  for (const Operand& arg : command.args) text += (text.empty() ? "" : " ") + ToString(arg);
  return text;
}

std::string ToString(const Pipeline& pipeline) {
  std::string text;
  for (const std::string& name : pipeline.variables) text += (text.empty() ? "" : ", ") + name;
  if (!text.empty()) text += pipeline.assigns ? " = " : " := ";
  bool first = true;
  for (const Command& command : pipeline.commands) {
    text += (first ? "" : " | ") + ToString(command);
    first = false;
  }
  return text;
}

}  // namespace belfry::tmpl
