// The syntax tree of a template.
// Source: the grammar of Go's text/template.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/template/value.h"

namespace belfry::tmpl {

struct Pipeline;
using PipelinePtr = std::unique_ptr<Pipeline>;

struct Dot {};
struct NilWord {};
struct BoolWord {
  bool value = false;
};
// A constant: an int where the text has neither point nor exponent.
struct Number {
  std::variant<int64_t, double> value;
  double as_float = 0;
  std::string text;
};
struct StringWord {
  std::string value;
  std::string quoted;
};
struct Function {
  std::string name;
};
struct Variable {
  std::string name;  // with $
};
struct Parenthesis {
  PipelinePtr pipeline;
};

// One argument of a command, and the fields asked of it: `$labels.job`, `.Value`, `(index …).Name`.
struct Operand {
  std::variant<Dot, NilWord, BoolWord, Number, StringWord, Function, Variable, Parenthesis> base;
  std::vector<std::string> fields;
  size_t pos = 0;  // Units: bytes from the start of the text
};

struct Command {
  std::vector<Operand> args;
  size_t pos = 0;
};

// `$x, $y := a | b c`.
struct Pipeline {
  std::vector<std::string> variables;
  bool assigns = false;  // = rather than :=
  std::vector<Command> commands;
  size_t pos = 0;
};

struct Node;
using Nodes = std::vector<Node>;

struct Text {
  std::string text;
};
struct Action {
  Pipeline pipeline;
};
enum class BranchKind { kIf, kWith, kRange };
struct Branch {
  BranchKind kind = BranchKind::kIf;
  Pipeline pipeline;
  Nodes then;
  Nodes otherwise;
};
// {{template "name" pipeline}}, also what {{block}} leaves in its place.
struct Call {
  std::string name;
  std::unique_ptr<Pipeline> argument;  // may be absent
};
struct Break {};
struct Continue {};

struct Node {
  std::variant<Text, Action, Branch, Call, Break, Continue> data;
  size_t pos = 0;
};

struct Syntax {
  std::string text;  // what was parsed
  Nodes root;
  std::map<std::string, Nodes, std::less<>> defined;  // by {{define}} and {{block}}
};

// As written, with single blanks: what Go shows in its errors.
std::string ToString(const Operand& operand);
std::string ToString(const Command& command);
std::string ToString(const Pipeline& pipeline);

}  // namespace belfry::tmpl
