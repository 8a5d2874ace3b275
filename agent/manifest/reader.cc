#include "agent/manifest/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace belfry::manifest {
namespace {

const Node kNothing;

// Whole numbers written as 3, 3.0 or 3e2.
std::optional<int64_t> AsInteger(const Node& value) {
  const char* const end = value.text.data() + value.text.size();
  int64_t integer = 0;
  const auto [stop, error] = std::from_chars(value.text.data(), end, integer);
  if (error == std::errc() && stop == end) return integer;
  double number = 0;
  const auto [float_stop, float_error] = std::from_chars(value.text.data(), end, number);
  constexpr double kExact = 9007199254740992.0;
  const bool whole = float_error == std::errc() && float_stop == end && std::abs(number) <= kExact &&
                     std::trunc(number) == number;
  if (!whole) return std::nullopt;
  return static_cast<int64_t>(number);
}

bool IsNumber(const Node& value) { return value.type == NodeType::kInt || value.type == NodeType::kFloat; }

}  // namespace

Reader::Reader(const Node& node, Problems& problems, UnknownFields unknown)
    : node_(&node), problems_(&problems), unknown_(unknown) {
  CheckObject();
}

Reader::Reader(const Node& node, const Reader& parent, std::string_view name)
    : node_(&node), parent_(&parent), name_(name), problems_(parent.problems_), unknown_(parent.unknown_) {
  CheckObject();
}

Reader::Reader(const Node& node, const Reader& parent, std::string_view name, size_t index)
    : node_(&node),
      parent_(&parent),
      name_(name),
      index_(index),
      problems_(parent.problems_),
      unknown_(parent.unknown_) {
  CheckObject();
}

void Reader::CheckObject() {
  asked_.reserve(24);
  if (node_->IsMap() || node_->IsNull()) return;
  good_ = WrongType(*node_, {}, "object");
  node_ = &kNothing;
}

const Node* Reader::Take(std::string_view name) {
  asked_.push_back(name);
  const auto& items = node_->items;
  for (size_t i = 0, at = cursor_; i < items.size(); ++i, ++at) {
    if (at >= items.size()) at = 0;
    if (items[at].key != name) continue;
    cursor_ = at + 1;
    ++found_;
    return items[at].IsNull() ? nullptr : &items[at];
  }
  return nullptr;
}

bool Reader::Object(std::string_view name, const std::function<void(Reader&)>& read) {
  const Node* value = Take(name);
  if (value == nullptr) return false;
  Reader child(*value, *this, name);
  if (!child.good()) return false;
  read(child);
  child.Finish();
  return true;
}

bool Reader::List(std::string_view name, const std::function<void(Reader&)>& read) {
  const Node* value = Take(name);
  if (value == nullptr) return false;
  if (value->type != NodeType::kSequence) return WrongType(*value, name, "array");
  for (size_t i = 0; i < value->items.size(); ++i) {
    Reader child(value->items[i], *this, name, i);
    if (!child.good()) continue;
    read(child);
    child.Finish();
  }
  return true;
}

bool Reader::EachMember(std::string_view name,
                        const std::function<void(std::string_view, const Node&, Reader&)>& read) {
  const Node* value = Take(name);
  if (value == nullptr) return false;
  Reader child(*value, *this, name);
  for (const Node& member : child.node().items) read(member.key, member, child);
  return child.good();
}

bool Reader::Read(const Node& value, std::string_view name, std::string& out) {
  if (value.type != NodeType::kString) return WrongType(value, name, "string");
  out = value.text;
  return true;
}

bool Reader::Read(const Node& value, std::string_view name, bool& out) {
  if (value.type != NodeType::kBool) return WrongType(value, name, "bool");
  out = value.text == "true";
  return true;
}

bool Reader::Read(const Node& value, std::string_view name, double& out) {
  if (!IsNumber(value)) return WrongType(value, name, "number");
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, out);
  if (error == std::errc() && stop == end) return true;
  return Fail(name, "number " + std::string(value.text.substr(0, 60)) + " is out of range");
}

bool Reader::Read(const Node& value, std::string_view name, Duration& out) {
  const bool zero = value.type == NodeType::kInt && value.text == "0";
  if (value.type != NodeType::kString && !zero) return WrongType(value, name, "duration, as in \"90s\"");
  auto duration = ParseDuration(value.text);
  if (!duration.ok()) return Fail(name, duration.error().message);
  out = *duration;
  return true;
}

bool Reader::Read(const Node& value, std::string_view name, std::vector<std::string>& out) {
  if (value.type != NodeType::kSequence) return WrongType(value, name, "array");
  bool good = true;
  out.clear();
  out.reserve(value.items.size());
  for (const Node& item : value.items) {
    out.emplace_back();
    if (item.IsNull() || item.type == NodeType::kString) {
      if (!item.IsNull()) out.back() = item.text;
    } else {
      good = WrongType(item, std::string(name) + "[" + std::to_string(out.size() - 1) + "]", "string");
    }
  }
  return good;
}

bool Reader::ReadText(const Node& member, std::string_view name, std::string& out) {
  if (!member.IsNull() && member.type != NodeType::kString)
    return WrongType(member, std::string(name) + "." + std::string(member.key), "string");
  if (!member.IsNull()) out = member.text;
  return true;
}

bool Reader::ReadInteger(const Node& value, std::string_view name, int64_t least, int64_t most,
                         std::string_view type, int64_t& out) {
  if (!IsNumber(value)) return WrongType(value, name, type);
  const auto integer = AsInteger(value);
  if (integer && *integer >= least && *integer <= most) {
    out = *integer;
    return true;
  }
  problems_->Add(value.at, PathOf(name),
                 "cannot unmarshal number " + std::string(value.text.substr(0, 60)) +
                     " into a field of type " + std::string(type));
  return false;
}

bool Reader::WrongType(const Node& value, std::string_view name, std::string_view wanted) {
  std::string message = "cannot unmarshal " + std::string(NodeTypeName(value.type)) +
                        " into a field of type " + std::string(wanted);
  if (wanted == "string" && value.IsScalar()) message += " (text that looks otherwise needs quotes)";
  problems_->Add(value.at, PathOf(name), std::move(message));
  return false;
}

bool Reader::Fail(std::string_view name, std::string message) {
  const Node* member = name.empty() ? nullptr : &Locate(*node_, name);
  problems_->Add(member == nullptr ? node_->at : member->at, PathOf(name), std::move(message));
  return false;
}

void Reader::Finish() {
  if (unknown_ == UnknownFields::kIgnore || found_ == node_->items.size()) return;
  for (const Node& item : node_->items) {
    if (std::ranges::find(asked_, item.key) != asked_.end()) continue;
    const std::string field = PathOf(item.key);
    std::string message = "unknown field \"" + field + "\"";
    const std::string_view near = DidYouMean(item.key, asked_);
    if (!near.empty()) message += ", did you mean \"" + PathOf(near) + "\"?";
    problems_->Add(item.key_at, field, std::move(message));
  }
}

std::string Reader::path() const {
  if (parent_ == nullptr) return {};
  const std::string text = parent_->PathOf(name_);
  return index_ == kNoIndex ? text : text + "[" + std::to_string(index_) + "]";
}

std::string Reader::PathOf(std::string_view name) const {
  std::string text = path();
  if (!text.empty() && !name.empty() && name[0] != '[') text += '.';
  return text.append(name);
}

}  // namespace belfry::manifest
