#include "rules/template/interpreter.h"

#include <algorithm>
#include <optional>

#include "rules/template/print.h"
#include "rules/template/signature.h"
#include "rules/template/time_format.h"

namespace belfry::tmpl {
namespace {

// How a list of nodes ended: at its end, or for the range around it.
enum class Flow { kNormal, kBreak, kContinue };

// Where an error happened: a position and the source there.
struct Place {
  size_t pos = 0;
  std::string source;
};

class Interpreter {
 public:
  Interpreter(const Program& program, std::vector<std::pair<std::string, Value>> variables,
              const FunctionContext& context)
      : program_(program),
        template_name_(program.name),
        context_(context),
        variables_(std::move(variables)) {}

  Result<std::string> Run(const Value& dot) {
    variables_.insert(variables_.begin(), {"$", dot});
    ASSIGN_OR_RETURN(const Flow flow, WalkList(dot, program_.syntax.root));
    (void)flow;
    return std::move(out_);
  }
  uint64_t steps() const { return steps_; }

 private:
  Error Fail(const Place& place, const std::string& cause) const {
    const std::string_view text(program_.syntax.text);
    const std::string_view before = text.substr(0, std::min(place.pos, text.size()));
    const size_t newline = before.rfind('\n');
    const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
    const size_t column =
        newline == std::string_view::npos ? place.pos + program_.column_offset : place.pos - newline - 1;
    return {Code::kInvalid, "template: " + program_.name + ":" + std::to_string(line) + ":" +
                                std::to_string(column) + ": executing \"" + template_name_ + "\" at <" +
                                place.source + ">: " + cause};
  }

  Result<void> Step() {
    if (++steps_ <= kMaxSteps) return {};
    return Error{Code::kTooLarge,
                 "template: " + program_.name + ": more than " + std::to_string(kMaxSteps) + " steps"};
  }

  Result<void> Write(std::string_view text) {
    if (out_.size() + text.size() > kMaxOutputBytes) {
      return Error{Code::kTooLarge, "template: " + program_.name + ": output is longer than " +
                                        std::to_string(kMaxOutputBytes) + " bytes"};
    }
    out_ += text;
    return {};
  }

  Result<Flow> WalkList(const Value& dot, const Nodes& nodes) {
    for (const Node& node : nodes) {
      ASSIGN_OR_RETURN(const Flow flow, Walk(dot, node));
      if (flow != Flow::kNormal) return flow;
    }
    return Flow::kNormal;
  }

  Result<Flow> Walk(const Value& dot, const Node& node) {
    RETURN_IF_ERROR(Step());
    if (const auto* text = std::get_if<Text>(&node.data)) {
      RETURN_IF_ERROR(Write(text->text));
      return Flow::kNormal;
    }
    if (const auto* action = std::get_if<Action>(&node.data)) {
      ASSIGN_OR_RETURN(const Value value, Evaluate(dot, action->pipeline));
      if (action->pipeline.variables.empty()) {
        RETURN_IF_ERROR(Write(value.IsNil() ? "<no value>" : Print(value)));
      }
      return Flow::kNormal;
    }
    if (const auto* branch = std::get_if<Branch>(&node.data)) return WalkBranch(dot, *branch);
    if (const auto* call = std::get_if<Call>(&node.data)) return WalkCall(dot, *call, node.pos);
    return std::holds_alternative<Break>(node.data) ? Flow::kBreak : Flow::kContinue;
  }

  Result<Flow> WalkBranch(const Value& dot, const Branch& branch) {
    const size_t known = variables_.size();
    ASSIGN_OR_RETURN(const Value value, Evaluate(dot, branch.pipeline));
    Result<Flow> flow = branch.kind == BranchKind::kRange ? WalkRange(dot, branch, value)
                        : value.Truth()
                            ? WalkList(branch.kind == BranchKind::kWith ? value : dot, branch.then)
                            : WalkList(dot, branch.otherwise);
    variables_.resize(known);
    return flow;
  }

  Result<Flow> WalkRange(const Value& dot, const Branch& branch, const Value& over) {
    bool any = false;
    // False ends the loop.
    const auto once = [&](const Value& key, const Value& item) -> Result<bool> {
      any = true;
      RETURN_IF_ERROR(Step());
      const size_t known = variables_.size();
      SetLoopVariables(branch.pipeline, key, item);
      ASSIGN_OR_RETURN(const Flow flow, WalkList(item, branch.then));
      variables_.resize(known);
      return flow != Flow::kBreak;
    };
    RETURN_IF_ERROR(ForEach(over, once, {branch.pipeline.pos, ToString(branch.pipeline)}));
    if (any) return Flow::kNormal;
    return WalkList(dot, branch.otherwise);
  }

  template <class F>
  Result<void> ForEach(const Value& over, const F& once, const Place& place) {
    if (const List* list = over.AsList()) {
      for (size_t i = 0; i < list->items.size(); ++i) {
        ASSIGN_OR_RETURN(const bool more, once(Value::Int(static_cast<int64_t>(i)), list->items[i]));
        if (!more) break;
      }
    } else if (const Map* map = over.AsMap()) {
      for (const auto& [name, item] : map->items) {
        ASSIGN_OR_RETURN(const bool more, once(Value::String(name), item));
        if (!more) break;
      }
    } else if (const auto* count = over.As<int64_t>()) {
      for (int64_t i = 0; i < *count; ++i) {
        ASSIGN_OR_RETURN(const bool more, once(Value::Int(i), Value::Int(i)));
        if (!more) break;
      }
    } else if (!over.IsNil()) {
      return Fail(place, "range can't iterate over " + Print(over));
    }
    return {};
  }

  // `$x :=` of a range was made by Evaluate, with the whole; here it, or the pair, gets the element.
  void SetLoopVariables(const Pipeline& pipeline, const Value& key, const Value& item) {
    const std::vector<std::string>& names = pipeline.variables;
    const auto set = [&](const std::string& name, const Value& value) {
      if (pipeline.assigns) {
        Assign(name, value);
      } else {
        variables_.emplace_back(name, value);
      }
    };
    if (names.size() == 1) set(names[0], item);
    if (names.size() == 2) {
      set(names[0], key);
      set(names[1], item);
    }
  }

  void Assign(const std::string& name, const Value& value) {
    const auto found =
        std::find_if(variables_.rbegin(), variables_.rend(), [&](const auto& v) { return v.first == name; });
    if (found != variables_.rend()) found->second = value;
  }

  Result<Flow> WalkCall(const Value& dot, const Call& call, size_t pos) {
    const Place place{pos, "{{template \"" + call.name + "\"}}"};
    const auto body = program_.syntax.defined.find(call.name);
    if (body == program_.syntax.defined.end())
      return Fail(place, "template \"" + call.name + "\" not defined");
    if (calls_ == kMaxCalls) {
      return Fail(place, "exceeded maximum template depth (" + std::to_string(kMaxCalls) + ")");
    }
    Value argument;
    if (call.argument) {
      ASSIGN_OR_RETURN(argument, Evaluate(dot, *call.argument));
    }
    std::vector<std::pair<std::string, Value>> outer = {{"$", argument}};
    std::string outer_name = call.name;
    std::swap(outer, variables_);
    std::swap(outer_name, template_name_);
    ++calls_;
    auto flow = WalkList(argument, body->second);
    --calls_;
    std::swap(outer_name, template_name_);
    std::swap(outer, variables_);
    return flow;
  }

  Result<Value> Evaluate(const Value& dot, const Pipeline& pipeline) {
    std::optional<Value> value;
    for (const Command& command : pipeline.commands) {
      ASSIGN_OR_RETURN(value, EvaluateCommand(dot, command, value));
    }
    // A range gives its variables the elements; others get the value here.
    for (const std::string& name : pipeline.variables) {
      if (pipeline.assigns) {
        Assign(name, *value);
      } else {
        variables_.emplace_back(name, *value);
      }
    }
    return *std::move(value);
  }

  // `last` is what the stage before hands over, as the last argument.
  Result<Value> EvaluateCommand(const Value& dot, const Command& command, const std::optional<Value>& last) {
    RETURN_IF_ERROR(Step());
    const Operand& first = command.args.front();
    if (const auto* function = std::get_if<Function>(&first.base);
        function != nullptr && first.fields.empty()) {
      return CallFunction(dot, command, function->name, last);
    }
    if (!first.fields.empty()) {
      ASSIGN_OR_RETURN(const auto target, SplitLast(dot, first));
      return Field(target, first, dot, std::span(command.args).subspan(1), last);
    }
    if (command.args.size() > 1 || last) {
      return Fail({first.pos, ToString(first)}, "can't give argument to non-function " + ToString(first));
    }
    if (std::holds_alternative<NilWord>(first.base)) return Fail({first.pos, "nil"}, "nil is not a command");
    return EvaluateOperand(dot, first);
  }

  // The value before the last field.
  Result<Value> SplitLast(const Value& dot, const Operand& operand) {
    ASSIGN_OR_RETURN(Value value, EvaluateBase(dot, operand));
    for (size_t i = 0; i + 1 < operand.fields.size(); ++i) {
      ASSIGN_OR_RETURN(value, FieldAt(value, operand.fields[i], operand));
    }
    return value;
  }

  Result<Value> Field(const Value& target, const Operand& operand, const Value& dot,
                      std::span<const Operand> args, const std::optional<Value>& last) {
    const std::string& name = operand.fields.back();
    const auto* time = target.As<Instant>();
    if (time != nullptr && name == "Format") return CallFormat(*time, operand, dot, args, last);
    ASSIGN_OR_RETURN(Value value, FieldAt(target, name, operand));
    if (args.empty() && !last) return value;
    return Fail({operand.pos, ToString(operand)}, name + " has arguments but cannot be invoked as function");
  }

  Result<Value> CallFormat(Instant time, const Operand& operand, const Value& dot,
                           std::span<const Operand> args, const std::optional<Value>& last) {
    const Place place{operand.pos, ToString(operand)};
    const size_t count = args.size() + (last ? 1 : 0);
    if (count != 1)
      return Fail(place, "wrong number of args for Format: want 1 got " + std::to_string(count));
    Value layout = last.value_or(Value());
    if (!args.empty()) {
      ASSIGN_OR_RETURN(layout, Argument(dot, args[0], Param::kString));
    }
    RETURN_IF_ERROR(Check(Param::kString, layout, place));
    return Value::String(FormatTime(time, *layout.As<std::string>()));
  }

  Result<Value> FieldAt(const Value& value, const std::string& name, const Operand& operand) const {
    auto field = FieldOf(value, name);
    if (!field.ok()) return Fail({operand.pos, ToString(operand)}, field.error().message);
    return field;
  }

  Result<Value> EvaluateBase(const Value& dot, const Operand& operand) {
    if (std::holds_alternative<Dot>(operand.base)) return dot;
    if (const auto* word = std::get_if<BoolWord>(&operand.base)) return Value::Bool(word->value);
    if (const auto* word = std::get_if<StringWord>(&operand.base)) return Value::String(word->value);
    if (const auto* number = std::get_if<Number>(&operand.base)) {
      const auto* i = std::get_if<int64_t>(&number->value);
      return i != nullptr ? Value::Int(*i) : Value::Float(number->as_float);
    }
    if (const auto* variable = std::get_if<Variable>(&operand.base)) return Lookup(variable->name);
    if (const auto* inner = std::get_if<Parenthesis>(&operand.base)) return Evaluate(dot, *inner->pipeline);
    if (const auto* function = std::get_if<Function>(&operand.base)) {
      Command alone;
      alone.pos = operand.pos;
      alone.args.emplace_back();
      alone.args.back().base = *function;
      alone.args.back().pos = operand.pos;
      return CallFunction(dot, alone, function->name, std::nullopt);
    }
    return Value();
  }

  Value Lookup(const std::string& name) const {
    const auto found =
        std::find_if(variables_.rbegin(), variables_.rend(), [&](const auto& v) { return v.first == name; });
    return found == variables_.rend() ? Value() : found->second;
  }

  Result<Value> EvaluateOperand(const Value& dot, const Operand& operand) {
    RETURN_IF_ERROR(Step());
    ASSIGN_OR_RETURN(Value value, EvaluateBase(dot, operand));
    for (const std::string& field : operand.fields) {
      ASSIGN_OR_RETURN(value, FieldAt(value, field, operand));
    }
    return value;
  }

  Result<void> Check(Param param, const Value& value, const Place& place) const {
    if (Fits(param, value)) return {};
    if (value.IsNil()) return Fail(place, "invalid value; expected " + ParamTypeName(param));
    return Fail(place,
                "wrong type for value; expected " + ParamTypeName(param) + "; got " + value.TypeName());
  }

  Result<Value> Argument(const Value& dot, const Operand& operand, Param param) {
    const Place place{operand.pos, ToString(operand)};
    const bool literal = std::holds_alternative<Number>(operand.base) ||
                         std::holds_alternative<BoolWord>(operand.base) ||
                         (std::holds_alternative<StringWord>(operand.base) && param != Param::kString);
    if (std::holds_alternative<NilWord>(operand.base) && param == Param::kString) {
      return Fail(place, "cannot assign nil to string");
    }
    ASSIGN_OR_RETURN(Value value, EvaluateOperand(dot, operand));
    if (literal && !Fits(param, value)) {
      if (param == Param::kString) return Fail(place, "expected string; found " + ToString(operand));
      return Fail(place, "can't handle " + ToString(operand) + " for arg of type " + ParamTypeName(param));
    }
    RETURN_IF_ERROR(Check(param, value, place));
    return value;
  }

  Result<Value> CallFunction(const Value& dot, const Command& command, const std::string& name,
                             const std::optional<Value>& last) {
    const Builtin& builtin = *FindBuiltin(name);
    const std::span<const Operand> operands = std::span(command.args).subspan(1);
    const auto counted = CheckCount(builtin, operands.size() + (last ? 1 : 0));
    if (!counted.ok()) return Fail({command.args[0].pos, name}, counted.error().message);
    const bool short_circuit = name == "and" || name == "or";
    std::vector<Value> args;
    for (const Operand& operand : operands) {
      ASSIGN_OR_RETURN(Value value, Argument(dot, operand, ParamAt(builtin, args.size())));
      const bool decides = short_circuit && value.Truth() == (name == "or");
      args.push_back(std::move(value));
      if (decides) return args.back();
    }
    const Place place{command.pos, ToString(command)};
    if (last) {
      RETURN_IF_ERROR(Check(ParamAt(builtin, args.size()), *last, place));
      args.push_back(*last);
    }
    auto value = builtin.run(context_, args);
    if (!value.ok()) return Fail(place, "error calling " + name + ": " + value.error().message);
    return Bounded(*std::move(value), place);
  }

  Result<Value> Bounded(Value value, const Place& place) const {
    const auto* text = value.As<std::string>();
    if (text != nullptr && text->size() > kMaxOutputBytes) {
      return Fail(place, "text is longer than " + std::to_string(kMaxOutputBytes) + " bytes");
    }
    return value;
  }

  const Program& program_;
  std::string template_name_;  // of the {{define}} being run
  const FunctionContext& context_;
  std::vector<std::pair<std::string, Value>> variables_;
  std::string out_;
  uint64_t steps_ = 0;
  int calls_ = 0;
};

}  // namespace

Result<std::string> Execute(const Program& program, const Value& dot,
                            std::vector<std::pair<std::string, Value>> variables,
                            const FunctionContext& context, uint64_t& steps) {
  Interpreter interpreter(program, std::move(variables), context);
  auto text = interpreter.Run(dot);
  steps += interpreter.steps();
  return text;
}

}  // namespace belfry::tmpl
