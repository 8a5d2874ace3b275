#include "agent/manifest/json.h"

namespace belfry::manifest {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void AppendEscaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

bool NeedsNoEscape(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

bool Continues(std::string_view text, size_t from, size_t count) {
  for (size_t i = from; i < from + count; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

// Refuses overlong forms, surrogates and what lies beyond U+10FFFF. Source: RFC 3629, section 4.
size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x80) return 1;
  const size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
  if (c < 0xC2 || c > 0xF4 || text.size() < length || !Continues(text, 1, length - 1)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if (c == 0xE0 && second < 0xA0) return 0;
  if (c == 0xED && second > 0x9F) return 0;
  if (c == 0xF0 && second < 0x90) return 0;
  if (c == 0xF4 && second > 0x8F) return 0;
  return length;
}

size_t FindNonText(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') return i;
    const size_t length = Utf8Length(text.substr(i, 4));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  size_t run = 0;  // what needs no change is appended in runs
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t length = NeedsNoEscape(c) ? 1 : c < 0x80 ? 0 : Utf8Length(text.substr(i, 4));
    if (length > 0) {
      i += length;
      continue;
    }
    out.append(text, run, i - run);
    if (c < 0x80) {
      AppendEscaped(out, c);
    } else {
      out += "\xEF\xBF\xBD";
    }
    run = ++i;
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

void AppendJson(std::string& out, const Node& node) {
  if (node.type == NodeType::kString) return AppendJsonString(out, node.text);
  if (node.IsScalar()) {
    out += node.text;
    return;
  }
  out += node.IsMap() ? '{' : '[';
  const char* comma = "";
  for (const Node& item : node.items) {
    out += comma;
    comma = ",";
    if (node.IsMap()) {
      AppendJsonString(out, item.key);
      out += ':';
    }
    AppendJson(out, item);
  }
  out += node.IsMap() ? '}' : ']';
}

std::string ToJsonText(const Node& node) {
  std::string text;
  AppendJson(text, node);
  return text;
}

}  // namespace belfry::manifest
