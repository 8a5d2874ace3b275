#include "rules/template/parser.h"

#include <algorithm>

#include "rules/template/constants.h"
#include "rules/template/lexer.h"

namespace belfry::tmpl {
namespace {

// What ended a list of nodes.
enum class Ending { kEof, kEnd, kElse };

struct NodeList {
  Nodes nodes;
  Ending ending = Ending::kEof;
};

bool IsKeyword(std::string_view word) {
  static constexpr std::string_view kKeywords[] = {"block", "break", "continue", "define",   "else",
                                                   "end",   "if",    "range",    "template", "with"};
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

// The text of a token in an error, as Go shows it.
std::string Describe(const Token& token) {
  if (token.kind == TokenKind::kEof) return "EOF";
  if (token.kind == TokenKind::kIdentifier && IsKeyword(token.text))
    return "<" + std::string(token.text) + ">";
  if (token.text.size() > 10) return "\"" + std::string(token.text.substr(0, 10)) + "\"...";
  return "\"" + std::string(token.text) + "\"";
}

// Recursive descent. The first error ends it: every function returns at once when one below failed.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, const ParserOptions& options)
      : tokens_(std::move(tokens)), options_(options) {
    syntax_.text = text;
    variables_ = {"$"};
    variables_.insert(variables_.end(), options.variables.begin(), options.variables.end());
  }

  Result<Syntax> Run() {
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/true));
    if (list.ending == Ending::kEnd) return Fail("unexpected {{end}}");
    if (list.ending == Ending::kElse) return Fail("unexpected {{else}}");
    syntax_.root = std::move(list.nodes);
    return std::move(syntax_);
  }

 private:
  // Tokens.
  const Token& Peek() const { return tokens_[next_]; }
  const Token& Next() { return next_ + 1 < tokens_.size() ? tokens_[next_++] : tokens_[next_]; }
  void SkipSpace() {
    while (Peek().kind == TokenKind::kSpace) Next();
  }
  const Token& PeekWord() {
    SkipSpace();
    return Peek();
  }
  bool AtWord(std::string_view word) {
    return PeekWord().kind == TokenKind::kIdentifier && Peek().text == word;
  }

  Error Fail(const std::string& cause) const { return FailAt(Peek().line, cause); }
  Error FailAt(size_t line, const std::string& cause) const {
    return {Code::kInvalid, "template: " + options_.name + ":" + std::to_string(line) + ": " + cause};
  }
  Error Unexpected(const Token& token, std::string_view context) const {
    return FailAt(token.line, "unexpected " + Describe(token) + " in " + std::string(context));
  }

  Result<void> Expect(TokenKind kind, std::string_view context) {
    SkipSpace();
    if (Peek().kind != kind) return Unexpected(Peek(), context);
    Next();
    return {};
  }

  // A guard against nesting bombs: the depth while it lives.
  class Deeper {
   public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    int& depth_;
  };

  Error TooDeep() const { return Fail("nested more than " + std::to_string(kMaxNesting) + " levels deep"); }

  Result<NodeList> ParseList(bool top) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxNesting) return TooDeep();
    NodeList list;
    while (Peek().kind != TokenKind::kEof) {
      if (Peek().kind == TokenKind::kText) {
        const Token& token = Next();
        list.nodes.push_back({Text{std::string(token.text)}, token.pos});
        continue;
      }
      Next();  // {{
      if (AtWord("end")) {
        Next();
        RETURN_IF_ERROR(Expect(TokenKind::kClose, "end"));
        list.ending = Ending::kEnd;
        return list;
      }
      if (AtWord("else")) {
        Next();
        list.ending = Ending::kElse;
        return list;
      }
      RETURN_IF_ERROR(ParseAction(top, list.nodes));
    }
    if (!top) return Fail("unexpected EOF");
    return list;
  }

  Result<void> ParseAction(bool top, Nodes& nodes) {
    const Token& word = PeekWord();
    const bool keyword = word.kind == TokenKind::kIdentifier && IsKeyword(word.text);
    if (!keyword) return ParseOutput(nodes);
    Next();
    if (word.text == "if") return ParseBranch(BranchKind::kIf, word, nodes);
    if (word.text == "with") return ParseBranch(BranchKind::kWith, word, nodes);
    if (word.text == "range") return ParseBranch(BranchKind::kRange, word, nodes);
    if (word.text == "define") return ParseDefine(top, word);
    if (word.text == "template") return ParseCall(nodes);
    if (word.text == "block") return ParseBlock(word, nodes);
    return ParseLoopExit(word, nodes);
  }

  Result<void> ParseOutput(Nodes& nodes) {
    const size_t pos = PeekWord().pos;
    ASSIGN_OR_RETURN(Pipeline pipeline, ParsePipeline(TokenKind::kClose, "command"));
    nodes.push_back({Action{std::move(pipeline)}, pos});
    return {};
  }

  Result<void> ParseLoopExit(const Token& word, Nodes& nodes) {
    const std::string name(word.text);
    if (loops_ == 0) return FailAt(word.line, "{{" + name + "}} outside {{range}}");
    if (PeekWord().kind != TokenKind::kClose) return Unexpected(Peek(), "{{" + name + "}}");
    Next();
    if (name == "break") nodes.push_back({Break{}, word.pos});
    if (name == "continue") nodes.push_back({Continue{}, word.pos});
    return {};
  }

  static std::string_view Name(BranchKind kind) {
    return kind == BranchKind::kIf ? "if" : kind == BranchKind::kWith ? "with" : "range";
  }

  Result<void> ParseBranch(BranchKind kind, const Token& word, Nodes& nodes) {
    const size_t known = variables_.size();
    Branch branch;
    branch.kind = kind;
    ASSIGN_OR_RETURN(branch.pipeline, ParsePipeline(TokenKind::kClose, Name(kind)));
    if (kind == BranchKind::kRange) ++loops_;
    ASSIGN_OR_RETURN(NodeList then, ParseList(/*top=*/false));
    if (kind == BranchKind::kRange) --loops_;
    branch.then = std::move(then.nodes);
    if (then.ending == Ending::kElse) {
      RETURN_IF_ERROR(ParseElse(kind, branch.otherwise));
    }
    variables_.resize(known);
    nodes.push_back({std::move(branch), word.pos});
    return {};
  }

  // After {{else: the end of the action or, for if and with, a chained condition, which shares the one
  // {{end}}.
  Result<void> ParseElse(BranchKind kind, Nodes& otherwise) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxNesting) return TooDeep();
    if (kind != BranchKind::kRange && AtWord(Name(kind))) {
      const Token& word = Next();
      return ParseBranch(kind, word, otherwise);
    }
    RETURN_IF_ERROR(Expect(TokenKind::kClose, "else"));
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/false));
    if (list.ending == Ending::kElse) return Fail("expected end; found {{else}}");
    otherwise = std::move(list.nodes);
    return {};
  }

  Result<std::string> ParseTemplateName(std::string_view context) {
    const Token& token = PeekWord();
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString)
      return Unexpected(token, context);
    Next();
    auto name = Unquote(token.text);
    if (!name.ok()) return FailAt(token.line, name.error().message);
    return name;
  }

  // The body of a template of its own: it sees only `$`.
  Result<void> ParseBody(const std::string& name, std::string_view context) {
    std::vector<std::string> outer = {"$"};
    std::swap(outer, variables_);
    size_t outer_loops = 0;
    std::swap(outer_loops, loops_);
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/false));
    if (list.ending != Ending::kEnd) {
      return Fail("unexpected {{else}} in " + std::string(context));
    }
    std::swap(outer_loops, loops_);
    std::swap(outer, variables_);
    Nodes& body = syntax_.defined[name];
    if (!body.empty() && !list.nodes.empty()) return Fail("multiple definition of template \"" + name + "\"");
    if (!list.nodes.empty()) body = std::move(list.nodes);
    return {};
  }

  Result<void> ParseDefine(bool top, const Token& word) {
    if (!top) return Unexpected(word, "command");
    ASSIGN_OR_RETURN(std::string name, ParseTemplateName("define clause"));
    RETURN_IF_ERROR(Expect(TokenKind::kClose, "define clause"));
    return ParseBody(name, "define clause");
  }

  Result<void> ParseCall(Nodes& nodes) {
    Call call;
    const size_t pos = PeekWord().pos;
    ASSIGN_OR_RETURN(call.name, ParseTemplateName("template clause"));
    if (PeekWord().kind == TokenKind::kClose) {
      Next();
    } else {
      ASSIGN_OR_RETURN(Pipeline argument, ParsePipeline(TokenKind::kClose, "template clause"));
      call.argument = std::make_unique<Pipeline>(std::move(argument));
    }
    nodes.push_back({std::move(call), pos});
    return {};
  }

  Result<void> ParseBlock(const Token& word, Nodes& nodes) {
    Call call;
    ASSIGN_OR_RETURN(call.name, ParseTemplateName("block clause"));
    ASSIGN_OR_RETURN(Pipeline argument, ParsePipeline(TokenKind::kClose, "block clause"));
    call.argument = std::make_unique<Pipeline>(std::move(argument));
    RETURN_IF_ERROR(ParseBody(call.name, "block clause"));
    nodes.push_back({std::move(call), word.pos});
    return {};
  }

  Result<Pipeline> ParsePipeline(TokenKind end, std::string_view context) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxNesting) return TooDeep();
    Pipeline pipeline;
    pipeline.pos = PeekWord().pos;
    RETURN_IF_ERROR(ParseDeclaration(context, pipeline));
    while (true) {
      const Token& token = PeekWord();
      if (token.kind == end) break;
      if (!StartsOperand(token)) return Unexpected(token, context);
      ASSIGN_OR_RETURN(Command command, ParseCommand());
      pipeline.commands.push_back(std::move(command));
    }
    RETURN_IF_ERROR(CheckPipeline(pipeline, context));
    Next();
    return pipeline;
  }

  static bool StartsOperand(const Token& token) {
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

  Result<void> CheckPipeline(const Pipeline& pipeline, std::string_view context) const {
    if (pipeline.commands.empty()) return Fail("missing value for " + std::string(context));
    for (size_t i = 1; i < pipeline.commands.size(); ++i) {
      const Operand& first = pipeline.commands[i].args.front();
      const bool constant =
          std::holds_alternative<BoolWord>(first.base) || std::holds_alternative<NilWord>(first.base) ||
          std::holds_alternative<Number>(first.base) || std::holds_alternative<StringWord>(first.base) ||
          (std::holds_alternative<Dot>(first.base) && first.fields.empty());
      if (constant) return Fail("non executable command in pipeline stage " + std::to_string(i + 1));
    }
    return {};
  }

  // `$x :=`, `$x =`, and for range `$i, $x :=`. Anything else that starts with a variable is left as it is.
  Result<void> ParseDeclaration(std::string_view context, Pipeline& pipeline) {
    const size_t start = next_;
    while (PeekWord().kind == TokenKind::kVariable) {
      const Token& variable = Next();
      const Token& after = PeekWord();
      if (after.kind == TokenKind::kDeclare || after.kind == TokenKind::kAssign) {
        Next();
        pipeline.variables.emplace_back(variable.text);
        pipeline.assigns = after.kind == TokenKind::kAssign;
        return Declare(pipeline);
      }
      if (after.kind != TokenKind::kComma) break;
      if (context != "range" || !pipeline.variables.empty()) {
        return FailAt(after.line, "too many declarations in " + std::string(context));
      }
      Next();
      pipeline.variables.emplace_back(variable.text);
    }
    if (!pipeline.variables.empty()) return Fail("range can only initialize variables");
    next_ = start;
    return {};
  }

  Result<void> Declare(const Pipeline& pipeline) {
    for (const std::string& name : pipeline.variables) {
      if (!pipeline.assigns) {
        variables_.push_back(name);
      } else {
        RETURN_IF_ERROR(CheckVariable(name, Peek().line));
      }
    }
    return {};
  }

  Result<void> CheckVariable(std::string_view name, size_t line) const {
    if (std::find(variables_.begin(), variables_.end(), name) != variables_.end()) return {};
    return FailAt(line, "undefined variable \"" + std::string(name) + "\"");
  }

  Result<Command> ParseCommand() {
    Command command;
    command.pos = PeekWord().pos;
    while (true) {
      const Token& token = PeekWord();
      if (!StartsOperand(token)) break;
      ASSIGN_OR_RETURN(Operand operand, ParseOperand());
      command.args.push_back(std::move(operand));
      if (Peek().kind == TokenKind::kSpace) continue;
      if (Peek().kind == TokenKind::kPipe || Peek().kind == TokenKind::kRightParen ||
          Peek().kind == TokenKind::kClose) {
        break;
      }
      return Unexpected(Peek(), "operand");
    }
    if (PeekWord().kind == TokenKind::kPipe) {
      Next();
      if (!StartsOperand(PeekWord())) return Fail("missing value for command");
    } else if (Peek().kind != TokenKind::kRightParen && Peek().kind != TokenKind::kClose) {
      return Unexpected(Peek(), "operand");
    }
    return command;
  }

  Result<Operand> ParseOperand() {
    Operand operand;
    operand.pos = Peek().pos;
    RETURN_IF_ERROR(ParseTerm(operand));
    while (Peek().kind == TokenKind::kField) {
      const bool constant = std::holds_alternative<BoolWord>(operand.base) ||
                            std::holds_alternative<StringWord>(operand.base) ||
                            std::holds_alternative<Number>(operand.base) ||
                            std::holds_alternative<NilWord>(operand.base);
      const bool bare_dot = std::holds_alternative<Dot>(operand.base) && operand.fields.empty();
      if (constant || bare_dot) return Fail("unexpected . after term \"" + ToString(operand) + "\"");
      operand.fields.emplace_back(Next().text.substr(1));
    }
    return operand;
  }

  Result<void> ParseTerm(Operand& operand) {
    const Token& token = Next();
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
        ASSIGN_OR_RETURN(Pipeline inner, ParsePipeline(TokenKind::kRightParen, "parenthesized pipeline"));
        operand.base = Parenthesis{std::make_unique<Pipeline>(std::move(inner))};
        return {};
      }
      default:
        return ParseConstant(token, operand);
    }
  }

  Result<void> ParseIdentifier(const Token& token, Operand& operand) {
    if (token.text == "true" || token.text == "false") {
      operand.base = BoolWord{token.text == "true"};
    } else if (token.text == "nil") {
      operand.base = NilWord{};
    } else if (options_.knows_function(token.text)) {
      operand.base = Function{std::string(token.text)};
    } else {
      return FailAt(token.line, "function \"" + std::string(token.text) + "\" not defined");
    }
    return {};
  }

  Result<void> ParseConstant(const Token& token, Operand& operand) {
    if (token.kind == TokenKind::kString || token.kind == TokenKind::kRawString) {
      auto text = Unquote(token.text);
      if (!text.ok()) return FailAt(token.line, text.error().message);
      operand.base = StringWord{std::move(*text), std::string(token.text)};
      return {};
    }
    auto number = token.kind == TokenKind::kChar ? ParseCharacter(token.text) : ParseNumber(token.text);
    if (!number.ok()) return FailAt(token.line, number.error().message);
    operand.base = std::move(*number);
    return {};
  }

  std::vector<Token> tokens_;
  const ParserOptions& options_;
  Syntax syntax_;
  size_t next_ = 0;
  int depth_ = 0;
  size_t loops_ = 0;  // ranges around
  std::vector<std::string> variables_;
};

}  // namespace

Result<Syntax> ParseSyntax(std::string_view text, const ParserOptions& options) {
  if (text.size() > kMaxTemplateBytes) {
    return Error{Code::kTooLarge, "template: " + options.name + ": text is longer than " +
                                      std::to_string(kMaxTemplateBytes) + " bytes"};
  }
  auto tokens = Lex(text);
  if (const auto* error = std::get_if<SyntaxError>(&tokens)) {
    return Error{Code::kInvalid,
                 "template: " + options.name + ":" + std::to_string(error->line) + ": " + error->message};
  }
  return Parser(text, std::move(std::get<0>(tokens)), options).Run();
}

}  // namespace belfry::tmpl
