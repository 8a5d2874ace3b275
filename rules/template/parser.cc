#include "rules/template/parser.h"

#include "rules/template/pipeline_parser.h"
#include "rules/template/token_reader.h"

namespace belfry::tmpl {
namespace {

// What ended a list of nodes.
enum class Ending { kEof, kEnd, kElse };

struct NodeList {
  Nodes nodes;
  Ending ending = Ending::kEof;
};

// Recursive descent. The first error ends it: every function returns at once when one below failed.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, const ParserOptions& options)
      : reader_(std::move(tokens), options.name), pipelines_(reader_, options) {
    syntax_.text = text;
    pipelines_.variables() = options.variables;
    pipelines_.variables().insert(pipelines_.variables().begin(), "$");
  }

  Result<Syntax> Run() {
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/true));
    if (list.ending == Ending::kEnd) return reader_.Fail("unexpected {{end}}");
    if (list.ending == Ending::kElse) return reader_.Fail("unexpected {{else}}");
    syntax_.root = std::move(list.nodes);
    return std::move(syntax_);
  }

 private:
  Result<NodeList> ParseList(bool top) {
    const TokenReader::Level level(reader_);
    if (level.TooDeep()) return reader_.TooDeep();
    NodeList list;
    while (reader_.Peek().kind != TokenKind::kEof) {
      if (reader_.Peek().kind == TokenKind::kText) {
        const Token& token = reader_.Next();
        list.nodes.push_back({Text{std::string(token.text)}, token.pos});
        continue;
      }
      reader_.Next();  // {{
      if (reader_.AtWord("end")) {
        reader_.Next();
        RETURN_IF_ERROR(reader_.Expect(TokenKind::kClose, "end"));
        list.ending = Ending::kEnd;
        return list;
      }
      if (reader_.AtWord("else")) {
        reader_.Next();
        list.ending = Ending::kElse;
        return list;
      }
      RETURN_IF_ERROR(ParseAction(top, list.nodes));
    }
    if (!top) return reader_.Fail("unexpected EOF");
    return list;
  }

  Result<void> ParseAction(bool top, Nodes& nodes) {
    const Token& word = reader_.PeekWord();
    const bool keyword = word.kind == TokenKind::kIdentifier && IsKeyword(word.text);
    if (!keyword) return ParseOutput(nodes);
    reader_.Next();
    if (word.text == "if") return ParseBranch(BranchKind::kIf, word, nodes);
    if (word.text == "with") return ParseBranch(BranchKind::kWith, word, nodes);
    if (word.text == "range") return ParseBranch(BranchKind::kRange, word, nodes);
    if (word.text == "define") return ParseDefine(top, word);
    if (word.text == "template") return ParseCall(nodes);
    if (word.text == "block") return ParseBlock(word, nodes);
    return ParseLoopExit(word, nodes);
  }

  Result<void> ParseOutput(Nodes& nodes) {
    const size_t pos = reader_.PeekWord().pos;
    ASSIGN_OR_RETURN(Pipeline pipeline, pipelines_.Parse(TokenKind::kClose, "command"));
    nodes.push_back({Action{std::move(pipeline)}, pos});
    return {};
  }

  Result<void> ParseLoopExit(const Token& word, Nodes& nodes) {
    const std::string name(word.text);
    if (loops_ == 0) return reader_.FailAt(word.line, "{{" + name + "}} outside {{range}}");
    if (reader_.PeekWord().kind != TokenKind::kClose)
      return reader_.Unexpected(reader_.Peek(), "{{" + name + "}}");
    reader_.Next();
    if (name == "break") nodes.push_back({Break{}, word.pos});
    if (name == "continue") nodes.push_back({Continue{}, word.pos});
    return {};
  }

  static std::string_view Name(BranchKind kind) {
    return kind == BranchKind::kIf ? "if" : kind == BranchKind::kWith ? "with" : "range";
  }

  Result<void> ParseBranch(BranchKind kind, const Token& word, Nodes& nodes) {
    const size_t known = pipelines_.variables().size();
    Branch branch;
    branch.kind = kind;
    ASSIGN_OR_RETURN(branch.pipeline, pipelines_.Parse(TokenKind::kClose, Name(kind)));
    if (kind == BranchKind::kRange) ++loops_;
    ASSIGN_OR_RETURN(NodeList then, ParseList(/*top=*/false));
    if (kind == BranchKind::kRange) --loops_;
    branch.then = std::move(then.nodes);
    if (then.ending == Ending::kElse) {
      RETURN_IF_ERROR(ParseElse(kind, branch.otherwise));
    }
    pipelines_.variables().resize(known);
    nodes.push_back({std::move(branch), word.pos});
    return {};
  }

  // After {{else: the end of the action or, for if and with, a chained condition, which shares the one
  // {{end}}.
  Result<void> ParseElse(BranchKind kind, Nodes& otherwise) {
    const TokenReader::Level level(reader_);
    if (level.TooDeep()) return reader_.TooDeep();
    if (kind != BranchKind::kRange && reader_.AtWord(Name(kind))) {
      const Token& word = reader_.Next();
      return ParseBranch(kind, word, otherwise);
    }
    RETURN_IF_ERROR(reader_.Expect(TokenKind::kClose, "else"));
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/false));
    if (list.ending == Ending::kElse) return reader_.Fail("expected end; found {{else}}");
    otherwise = std::move(list.nodes);
    return {};
  }

  Result<std::string> ParseTemplateName(std::string_view context) {
    const Token& token = reader_.PeekWord();
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString)
      return reader_.Unexpected(token, context);
    reader_.Next();
    auto name = Unquote(token.text);
    if (!name.ok()) return reader_.FailAt(token.line, name.error().message);
    return name;
  }

  // The body of a template of its own: it sees only `$`.
  Result<void> ParseBody(const std::string& name, std::string_view context) {
    std::vector<std::string> outer = {"$"};
    std::swap(outer, pipelines_.variables());
    size_t outer_loops = 0;
    std::swap(outer_loops, loops_);
    ASSIGN_OR_RETURN(NodeList list, ParseList(/*top=*/false));
    if (list.ending != Ending::kEnd) {
      return reader_.Fail("unexpected {{else}} in " + std::string(context));
    }
    std::swap(outer_loops, loops_);
    std::swap(outer, pipelines_.variables());
    Nodes& body = syntax_.defined[name];
    if (!body.empty() && !list.nodes.empty())
      return reader_.Fail("multiple definition of template \"" + name + "\"");
    if (!list.nodes.empty()) body = std::move(list.nodes);
    return {};
  }

  Result<void> ParseDefine(bool top, const Token& word) {
    if (!top) return reader_.Unexpected(word, "command");
    ASSIGN_OR_RETURN(std::string name, ParseTemplateName("define clause"));
    RETURN_IF_ERROR(reader_.Expect(TokenKind::kClose, "define clause"));
    return ParseBody(name, "define clause");
  }

  Result<void> ParseCall(Nodes& nodes) {
    Call call;
    const size_t pos = reader_.PeekWord().pos;
    ASSIGN_OR_RETURN(call.name, ParseTemplateName("template clause"));
    if (reader_.PeekWord().kind == TokenKind::kClose) {
      reader_.Next();
    } else {
      ASSIGN_OR_RETURN(Pipeline argument, pipelines_.Parse(TokenKind::kClose, "template clause"));
      call.argument = std::make_unique<Pipeline>(std::move(argument));
    }
    nodes.push_back({std::move(call), pos});
    return {};
  }

  Result<void> ParseBlock(const Token& word, Nodes& nodes) {
    Call call;
    ASSIGN_OR_RETURN(call.name, ParseTemplateName("block clause"));
    ASSIGN_OR_RETURN(Pipeline argument, pipelines_.Parse(TokenKind::kClose, "block clause"));
    call.argument = std::make_unique<Pipeline>(std::move(argument));
    RETURN_IF_ERROR(ParseBody(call.name, "block clause"));
    nodes.push_back({std::move(call), word.pos});
    return {};
  }

  TokenReader reader_;
  PipelineParser pipelines_;
  Syntax syntax_;
  size_t loops_ = 0;  // ranges around
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
