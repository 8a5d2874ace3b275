#include "rules/api/json_text.h"

#include "exporters/model/number.h"
#include "rules/promql/text.h"

namespace belfry::rules_api {
namespace {

void AppendControl(uint32_t code, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (code) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\u00";
      out += kHex[code >> 4];
      out += kHex[code & 15];
  }
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\' && c != 0x7f;
}

}  // namespace

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    size_t plain = i;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out += text.substr(i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const promql::Character c = promql::CharacterAt(text, i);
    if (!c.valid) {
      out += "\uFFFD";
    } else if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (c.code < 0x20) {
      AppendControl(c.code, out);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  out += '"';
}

void AppendLabels(const model::Labels& labels, std::string& out) {
  out += '{';
  bool first = true;
  for (const model::Label& label : labels) {
    if (!first) out += ',';
    first = false;
    AppendString(label.name, out);
    out += ':';
    AppendString(label.value, out);
  }
  out += '}';
}

void AppendTime(int64_t ms, std::string& out) {
  const bool negative = ms < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  if (negative) out += '-';
  out += std::to_string(size / 1000);
  const uint64_t rest = size % 1000;
  if (rest == 0) return;
  std::string decimals = std::to_string(1000 + rest).substr(1);
  while (decimals.back() == '0') decimals.pop_back();
  out += '.' + decimals;
}

void AppendPoint(int64_t ms, double value, std::string& out) {
  out += '[';
  AppendTime(ms, out);
  out += ",\"";
  model::AppendNumber(value, out);
  out += "\"]";
}

}  // namespace belfry::rules_api
