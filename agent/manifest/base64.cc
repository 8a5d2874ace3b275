#include "agent/manifest/base64.h"

#include <array>
#include <cstdint>

namespace belfry::manifest {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  return values;
}();

uint32_t ByteAt(std::string_view bytes, size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = ByteAt(bytes, i) << 16 | ByteAt(bytes, i + 1) << 8 | ByteAt(bytes, i + 2);
    text += kAlphabet[group >> 18];
    text += kAlphabet[group >> 12 & 63];
    text += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int have = 0;     // characters of the current group of four
  int padding = 0;  // of which are `=`
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const int8_t value = kValues[static_cast<unsigned char>(c)];
    if (c == '=' ? have < 2 : value < 0 || padding > 0) return std::nullopt;
    if (c == '=') ++padding;
    bits = bits << 6 | static_cast<uint32_t>(c == '=' ? 0 : value);
    if (++have < 4) continue;
    for (int i = 0; i < 3 - padding; ++i)
      bytes += static_cast<char>(static_cast<unsigned char>(bits >> (16 - 8 * i)));
    // Nothing may follow a padded group.
    have = padding > 0 ? -1 : 0;
    bits = 0;
    if (have < 0) {
      const size_t end = static_cast<size_t>(&c - text.data()) + 1;
      if (text.find_first_not_of("\r\n", end) != std::string_view::npos) return std::nullopt;
      return bytes;
    }
  }
  if (have != 0) return std::nullopt;
  return bytes;
}

}  // namespace belfry::manifest
