#include "exporters/model/text.h"

#include <algorithm>
#include <array>

#include "exporters/model/number.h"

namespace belfry::model {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsContinuation(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// The smallest and largest second byte that may follow `lead`: excludes overlong forms, surrogates and what
// is above U+10FFFF.
std::pair<unsigned char, unsigned char> SecondByteRange(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// Length of the UTF-8 sequence at `at`, or 0 if it is none.
size_t SequenceLength(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || !IsContinuation(text, at + 1)) return 0;
  const auto [low, high] = SecondByteRange(lead);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (second < low || second > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!IsContinuation(text, at + i)) return 0;
  }
  return length;
}

bool IsPlain(char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\\' && c != '"' && c != '\n'; }

void AppendEscaped(std::string_view text, bool escape_quotes, std::string& out) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) {
    out += text;
    return;
  }
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t length = SequenceLength(text, at);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && escape_quotes)) {
      out += '\\';
      out += c;
    } else {
      out += length == 0 ? kReplacement : text.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
}

}  // namespace

void AppendLabelValue(std::string_view value, std::string& out) { AppendEscaped(value, true, out); }

void AppendHelp(std::string_view help, bool escape_quotes, std::string& out) {
  AppendEscaped(help, escape_quotes, out);
}

void AppendLabels(LabelsView labels, std::string& out) {
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out += ',';
    first = false;
    out += name;
    out += "=\"";
    AppendLabelValue(value, out);
    out += '"';
  }
}

void AppendSample(std::string_view sample_name, LabelsView labels, double value, std::string& out) {
  out += sample_name;
  if (!labels.empty()) {
    out += '{';
    AppendLabels(labels, out);
    out += '}';
  }
  out += ' ';
  AppendNumber(value, out);
  out += '\n';
}

std::string LegalLabelName(std::string_view name) {
  std::string legal;
  legal.reserve(name.size() + 1);
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (digit && legal.empty()) legal += '_';
    legal += letter || digit ? c : '_';
  }
  return legal.empty() ? "_" : legal;
}

}  // namespace belfry::model
