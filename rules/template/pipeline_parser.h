// The insides of actions: pipelines, commands, operands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/template/parser.h"
#include "rules/template/token_reader.h"

namespace belfry::tmpl {

// Requires: reader and options outlive it.
class PipelineParser {
 public:
  PipelineParser(TokenReader& reader, const ParserOptions& options) : reader_(reader), options_(options) {}

  // Up to and with the token `end`. `context` names the action in errors; in `range` two variables may be
  // declared.
  Result<Pipeline> Parse(TokenKind end, std::string_view context);

  // The variables in sight, the innermost last; blocks cut what they have declared.
  std::vector<std::string>& variables() { return variables_; }

 private:
  Result<void> CheckPipeline(const Pipeline& pipeline, std::string_view context) const;
  Result<void> ParseDeclaration(std::string_view context, Pipeline& pipeline);
  Result<void> Declare(const Pipeline& pipeline);
  Result<void> CheckVariable(std::string_view name, size_t line) const;
  Result<Command> ParseCommand();
  Result<Operand> ParseOperand();
  Result<void> ParseTerm(Operand& operand);
  Result<void> ParseIdentifier(const Token& token, Operand& operand);
  Result<void> ParseConstant(const Token& token, Operand& operand);

  TokenReader& reader_;
  const ParserOptions& options_;
  std::vector<std::string> variables_;
};

}  // namespace belfry::tmpl
