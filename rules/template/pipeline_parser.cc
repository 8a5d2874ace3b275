#include "rules/template/pipeline_parser.h"

#include <algorithm>

#include "rules/template/constants.h"

namespace belfry::tmpl {
namespace {

bool StartsOperand(const Token& token) {
  switch (token.kind) {
    case TokenKind::kIdentifier:
      return !IsKeyword(token.text);
    case TokenKind::kField:
    case TokenKind::kDot:
    case TokenKind::kVariable:
    case TokenKind::kString:
    case TokenKind::kRawString:
    case TokenKind::kChar:
    case TokenKind::kNumber:
    case TokenKind::kLeftParen:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Pipeline> PipelineParser::Parse(TokenKind end, std::string_view context) {
  const TokenReader::Level level(reader_);
  if (level.TooDeep()) return reader_.TooDeep();
  Pipeline pipeline;
  pipeline.pos = reader_.PeekWord().pos;
  RETURN_IF_ERROR(ParseDeclaration(context, pipeline));
  while (true) {
    const Token& token = reader_.PeekWord();
    if (token.kind == end) break;
    if (!StartsOperand(token)) return reader_.Unexpected(token, context);
    ASSIGN_OR_RETURN(Command command, ParseCommand());
    pipeline.commands.push_back(std::move(command));
  }
  RETURN_IF_ERROR(CheckPipeline(pipeline, context));
  reader_.Next();
  return pipeline;
}

Result<void> PipelineParser::CheckPipeline(const Pipeline& pipeline, std::string_view context) const {
  if (pipeline.commands.empty()) return reader_.Fail("missing value for " + std::string(context));
  for (size_t i = 1; i < pipeline.commands.size(); ++i) {
    const Operand& first = pipeline.commands[i].args.front();
    const bool constant =
        std::holds_alternative<BoolWord>(first.base) || std::holds_alternative<NilWord>(first.base) ||
        std::holds_alternative<Number>(first.base) || std::holds_alternative<StringWord>(first.base) ||
        (std::holds_alternative<Dot>(first.base) && first.fields.empty());
    if (constant) return reader_.Fail("non executable command in pipeline stage " + std::to_string(i + 1));
  }
  return {};
}

// `$x :=`, `$x =`, and for range `$i, $x :=`. Anything else that starts with a variable is left as it is.
Result<void> PipelineParser::ParseDeclaration(std::string_view context, Pipeline& pipeline) {
  const size_t start = reader_.Mark();
  while (reader_.PeekWord().kind == TokenKind::kVariable) {
    const Token& variable = reader_.Next();
    const Token& after = reader_.PeekWord();
    if (after.kind == TokenKind::kDeclare || after.kind == TokenKind::kAssign) {
      reader_.Next();
      pipeline.variables.emplace_back(variable.text);
      pipeline.assigns = after.kind == TokenKind::kAssign;
      return Declare(pipeline);
    }
    if (after.kind != TokenKind::kComma) break;
    if (context != "range" || !pipeline.variables.empty()) {
      return reader_.FailAt(after.line, "too many declarations in " + std::string(context));
    }
    reader_.Next();
    pipeline.variables.emplace_back(variable.text);
  }
  if (!pipeline.variables.empty()) return reader_.Fail("range can only initialize variables");
  reader_.Return(start);
  return {};
}

Result<void> PipelineParser::Declare(const Pipeline& pipeline) {
  for (const std::string& name : pipeline.variables) {
    if (!pipeline.assigns) {
      variables_.push_back(name);
    } else {
      RETURN_IF_ERROR(CheckVariable(name, reader_.Peek().line));
    }
  }
  return {};
}

Result<void> PipelineParser::CheckVariable(std::string_view name, size_t line) const {
  if (std::find(variables_.begin(), variables_.end(), name) != variables_.end()) return {};
  return reader_.FailAt(line, "undefined variable \"" + std::string(name) + "\"");
}

Result<Command> PipelineParser::ParseCommand() {
  Command command;
  command.pos = reader_.PeekWord().pos;
  while (true) {
    const Token& token = reader_.PeekWord();
    if (!StartsOperand(token)) break;
    ASSIGN_OR_RETURN(Operand operand, ParseOperand());
    command.args.push_back(std::move(operand));
    if (reader_.Peek().kind == TokenKind::kSpace) continue;
    if (reader_.Peek().kind == TokenKind::kPipe || reader_.Peek().kind == TokenKind::kRightParen ||
        reader_.Peek().kind == TokenKind::kClose) {
      break;
    }
    return reader_.Unexpected(reader_.Peek(), "operand");
  }
  if (reader_.PeekWord().kind == TokenKind::kPipe) {
    reader_.Next();
    if (!StartsOperand(reader_.PeekWord())) return reader_.Fail("missing value for command");
  } else if (reader_.Peek().kind != TokenKind::kRightParen && reader_.Peek().kind != TokenKind::kClose) {
    return reader_.Unexpected(reader_.Peek(), "operand");
  }
  return command;
}

Result<Operand> PipelineParser::ParseOperand() {
  Operand operand;
  operand.pos = reader_.Peek().pos;
  RETURN_IF_ERROR(ParseTerm(operand));
  while (reader_.Peek().kind == TokenKind::kField) {
    const bool constant =
        std::holds_alternative<BoolWord>(operand.base) || std::holds_alternative<StringWord>(operand.base) ||
        std::holds_alternative<Number>(operand.base) || std::holds_alternative<NilWord>(operand.base);
    const bool bare_dot = std::holds_alternative<Dot>(operand.base) && operand.fields.empty();
    if (constant || bare_dot) return reader_.Fail("unexpected . after term \"" + ToString(operand) + "\"");
    operand.fields.emplace_back(reader_.Next().text.substr(1));
  }
  return operand;
}

Result<void> PipelineParser::ParseTerm(Operand& operand) {
  const Token& token = reader_.Next();
  switch (token.kind) {
    case TokenKind::kDot:
      operand.base = Dot{};
      return {};
    case TokenKind::kField:
      operand.base = Dot{};
      operand.fields.emplace_back(token.text.substr(1));
      return {};
    case TokenKind::kVariable:
      operand.base = Variable{std::string(token.text)};
      return CheckVariable(token.text, token.line);
    case TokenKind::kIdentifier:
      return ParseIdentifier(token, operand);
    case TokenKind::kLeftParen: {
      ASSIGN_OR_RETURN(Pipeline inner, Parse(TokenKind::kRightParen, "parenthesized pipeline"));
      operand.base = Parenthesis{std::make_unique<Pipeline>(std::move(inner))};
      return {};
    }
    default:
      return ParseConstant(token, operand);
  }
}

Result<void> PipelineParser::ParseIdentifier(const Token& token, Operand& operand) {
  if (token.text == "true" || token.text == "false") {
    operand.base = BoolWord{token.text == "true"};
  } else if (token.text == "nil") {
    operand.base = NilWord{};
  } else if (options_.knows_function(token.text)) {
    operand.base = Function{std::string(token.text)};
  } else {
    return reader_.FailAt(token.line, "function \"" + std::string(token.text) + "\" not defined");
  }
  return {};
}

Result<void> PipelineParser::ParseConstant(const Token& token, Operand& operand) {
  if (token.kind == TokenKind::kString || token.kind == TokenKind::kRawString) {
    auto text = Unquote(token.text);
    if (!text.ok()) return reader_.FailAt(token.line, text.error().message);
    operand.base = StringWord{std::move(*text), std::string(token.text)};
    return {};
  }
  auto number = token.kind == TokenKind::kChar ? ParseCharacter(token.text) : ParseNumber(token.text);
  if (!number.ok()) return reader_.FailAt(token.line, number.error().message);
  operand.base = std::move(*number);
  return {};
}

}  // namespace belfry::tmpl
