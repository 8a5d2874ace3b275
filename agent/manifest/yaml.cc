#include "agent/manifest/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "agent/manifest/json.h"
#include "agent/manifest/node_builder.h"
#include "agent/manifest/yaml_scalar.h"

namespace belfry::manifest {
namespace {

// Leaves yaml-cpp's parser from inside an event; the builder knows why.
struct Refused {};

// yaml-cpp's events into a NodeBuilder.
class Handler : public YAML::EventHandler {
 public:
  Handler(NodeBuilder& builder, TextPool& texts, uint32_t first_line)
      : builder_(builder), texts_(texts), first_line_(first_line) {}

  bool complete() const { return complete_; }

  void OnDocumentStart(const YAML::Mark&) override {
    anchors_.clear();
    started_.clear();
    complete_ = false;
  }
  void OnDocumentEnd() override { complete_ = true; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (WantsKey()) Refuse(mark, "a key cannot be null");
    Must(builder_.Scalar(NodeType::kNull, "null", At(mark)));
    Finish(anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(mark, "an alias inside of what it stands for");
    if (WantsKey()) {
      if (!found->second.IsScalar()) Refuse(mark, "a key must be a scalar");
      Must(builder_.Key(found->second.text, At(mark)));
      started_.back() = true;
      return;
    }
    Must(builder_.Copy(found->second, At(mark)));
    Finish(YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (WantsKey()) return OnKey(mark, tag, anchor, value);
    auto resolved = ResolveScalar(tag, value);
    if (!resolved.ok()) Refuse(mark, resolved.error().message);
    Must(builder_.Scalar(resolved->type, texts_.Add(resolved->text), At(mark)));
    Finish(anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NodeType::kSequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(NodeType::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  Position At(const YAML::Mark& mark) const {
    return {first_line_ + static_cast<uint32_t>(std::max(mark.line, 0)),
            static_cast<uint32_t>(std::max(mark.column, 0) + 1)};
  }
  static void Must(bool accepted) {
    if (!accepted) throw Refused();
  }
  [[noreturn]] void Refuse(const YAML::Mark& mark, std::string message) {
    builder_.Refuse(At(mark), std::move(message));
    throw Refused();
  }
  // In a map, and its next event is a key.
  bool WantsKey() const { return builder_.InMap() && !started_.back(); }

  void OnKey(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             const std::string& value) {
    started_.back() = true;
    if (tag == "?" && value == NodeBuilder::kMergeKey) {
      Must(builder_.Key(NodeBuilder::kMergeKey, At(mark)));
      return;
    }
    auto key = ResolveKey(tag, value);
    if (!key.ok()) Refuse(mark, key.error().message);
    const std::string_view text = texts_.Add(*key);
    if (anchor != YAML::NullAnchor) {
      Node node;
      node.type = NodeType::kString;
      node.at = At(mark);
      node.text = text;
      anchors_[anchor] = std::move(node);
    }
    Must(builder_.Key(text, At(mark)));
  }

  void Open(NodeType type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (WantsKey()) Refuse(mark, "a key must be a scalar (or a bracket is not closed)");
    static constexpr std::string_view kPlain[] = {"", "?", "!", "tag:yaml.org,2002:map",
                                                  "tag:yaml.org,2002:seq"};
    if (std::ranges::find(kPlain, tag) == std::end(kPlain))
      Refuse(mark, "tag " + tag.substr(0, 100) + " is not supported");
    Must(builder_.Open(type, At(mark)));
    started_.push_back(false);
    opened_.push_back(anchor);
  }

  void Close() {
    const YAML::anchor_t anchor = opened_.back();
    opened_.pop_back();
    started_.pop_back();
    Must(builder_.Close());
    Finish(anchor);
  }

  // A value has ended: the map around it wants a key next.
  void Finish(YAML::anchor_t anchor) {
    if (!started_.empty()) started_.back() = false;
    if (anchor == YAML::NullAnchor) return;
    Must(builder_.CountAnchor());
    anchors_[anchor] = builder_.last();
  }

  NodeBuilder& builder_;
  TextPool& texts_;
  const uint32_t first_line_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::vector<bool> started_;           // for each open node: its key has been seen, its value not yet
  std::vector<YAML::anchor_t> opened_;  // for each open node: its anchor
  bool complete_ = false;
};

// Reads the documents of a piece of text that holds no line `---` but its first.
class PieceReader {
 public:
  PieceReader(const NodeLimits& limits, Problems& problems, std::vector<Document>& documents)
      : limits_(limits), builder_(limits), problems_(problems), documents_(documents) {}

  // False: nothing more is to be read.
  bool Read(std::string_view piece, uint32_t first_line) {
    const auto texts = std::make_shared<TextPool>();
    try {
      std::istringstream in{std::string(piece)};
      YAML::Parser parser(in);
      Handler handler(builder_, *texts, first_line);
      while (documents_.size() <= limits_.documents && parser.HandleNextDocument(handler)) {
        Node root = builder_.TakeRoot();
        if (!root.IsNull()) documents_.push_back({std::move(root), texts});
      }
    } catch (const Refused&) {
      const Problem& failure = *builder_.failure();
      problems_.Add({failure.line, failure.column}, {}, failure.message);
      builder_.Abandon();
    } catch (const YAML::Exception& error) {
      problems_.Add({first_line + static_cast<uint32_t>(std::max(error.mark.line, 0)),
                     static_cast<uint32_t>(std::max(error.mark.column, 0) + 1)},
                    {}, "invalid YAML: " + error.msg);
      builder_.Abandon();
    }
    if (documents_.size() <= limits_.documents) return !problems_.full() && !builder_.exhausted();
    problems_.Add({first_line, 1}, {},
                  "more than " + std::to_string(limits_.documents) + " documents in one file");
    return false;
  }

 private:
  const NodeLimits& limits_;
  NodeBuilder builder_;
  Problems& problems_;
  std::vector<Document>& documents_;
};

bool IsSeparator(std::string_view line) {
  return line.starts_with("---") &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

// Only comments, blank lines and a separator: nothing that yaml-cpp need see.
bool IsBlankLine(std::string_view line) {
  if (IsSeparator(line)) line.remove_prefix(3);
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// The text is cut at the lines `---`, as kubectl does, so that an error in one document does not hide the
// next one's.
void ReadPieces(std::string_view text, PieceReader& reader) {
  size_t start = 0;
  uint32_t start_line = 1;
  uint32_t line_number = 1;
  bool blank = true;
  for (size_t pos = 0; pos < text.size(); ++line_number) {
    const size_t end = std::min(text.find('\n', pos), text.size());
    const std::string_view line = text.substr(pos, end - pos);
    if (IsSeparator(line) && pos > start) {
      if (!blank && !reader.Read(text.substr(start, pos - start), start_line)) return;
      start = pos;
      start_line = line_number;
      blank = true;
    }
    blank = blank && IsBlankLine(line);
    pos = end + 1;
  }
  if (!blank) reader.Read(text.substr(start), start_line);
}

Position PositionOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t newline = before.rfind('\n');
  return {static_cast<uint32_t>(std::ranges::count(before, '\n') + 1),
          static_cast<uint32_t>(newline == std::string_view::npos ? offset + 1 : offset - newline)};
}

bool CheckText(std::string_view text, Problems& problems, const NodeLimits& limits) {
  if (text.size() > limits.bytes) {
    problems.Add({}, {}, "larger than " + std::to_string(limits.bytes >> 20) + " MiB");
    return false;
  }
  const size_t bad = FindNonText(text);
  if (bad == std::string_view::npos) return true;
  problems.Add(PositionOf(text, bad), {},
               "not a text file: a byte here is neither UTF-8 nor a character of text");
  return false;
}

}  // namespace

std::vector<Document> ParseYaml(std::string_view text, Problems& problems, const NodeLimits& limits) {
  std::vector<Document> documents;
  if (!CheckText(text, problems, limits)) return documents;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  PieceReader reader(limits, problems, documents);
  ReadPieces(text, reader);
  return documents;
}

std::vector<Document> ParseText(std::string_view text, Problems& problems, const NodeLimits& limits) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool maybe_json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  if (!maybe_json || text.size() > limits.bytes) return ParseYaml(text, problems, limits);
  Problems as_json;
  auto documents = ParseJson(text, as_json, true, limits);
  if (as_json.empty()) return documents;
  // A flow map of YAML begins with a brace as well.
  Problems as_yaml;
  auto others = ParseYaml(text, as_yaml, limits);
  if (as_yaml.empty()) return others;
  for (const Problem& problem : as_json.list())
    problems.Add({problem.line, problem.column}, {}, problem.message);
  return documents;
}

}  // namespace belfry::manifest
