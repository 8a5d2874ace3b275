// Numbers and strings as bytes: little-endian, strings with their length before them. For the socket and the
// journal.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace belfry::supervisor {

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void U8(uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void U32(uint32_t v) { Raw(v); }
  void U64(uint64_t v) { Raw(v); }
  void I32(int32_t v) { Raw(static_cast<uint32_t>(v)); }
  void I64(int64_t v) { Raw(static_cast<uint64_t>(v)); }
  void Bool(bool v) { U8(v ? 1 : 0); }
  void Time(Instant t) { I64(t.time_since_epoch().count()); }
  void Text(std::string_view text) {
    U32(static_cast<uint32_t>(text.size()));
    out_.append(text);
  }

 private:
  template <class T>
  void Raw(T v) {
    for (size_t i = 0; i < sizeof v; ++i) out_.push_back(static_cast<char>(v >> (8 * i) & 0xff));
  }

  std::string& out_;
};

// Reading past the end gives zeros and empty strings and makes ok() false: ask once, at the end.
class WireReader {
 public:
  explicit WireReader(std::string_view data) : data_(data) {}

  uint8_t U8() { return static_cast<uint8_t>(Raw<uint8_t>()); }
  uint32_t U32() { return Raw<uint32_t>(); }
  uint64_t U64() { return Raw<uint64_t>(); }
  int32_t I32() { return static_cast<int32_t>(U32()); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  bool Bool() { return U8() != 0; }
  Instant Time() { return Instant(Duration(I64())); }
  std::string Text() {
    const uint32_t size = U32();
    return std::string(Take(size));
  }
  // The number of elements of a list, each of which takes at least `element_bytes`; 0 and not ok if they
  // cannot all be there.
  uint32_t Count(size_t element_bytes) {
    const uint32_t count = U32();
    if (count <= data_.size() / element_bytes) return count;
    ok_ = false;
    return 0;
  }

  bool ok() const { return ok_; }
  // All was read and nothing is left over.
  bool done() const { return ok_ && data_.empty(); }

 private:
  std::string_view Take(size_t size) {
    if (size > data_.size()) {
      ok_ = false;
      data_ = {};
      return {};
    }
    const std::string_view taken = data_.substr(0, size);
    data_.remove_prefix(size);
    return taken;
  }
  template <class T>
  T Raw() {
    const std::string_view bytes = Take(sizeof(T));
    T v{};
    for (size_t i = 0; i < bytes.size(); ++i)
      v = static_cast<T>(v | static_cast<T>(static_cast<T>(static_cast<uint8_t>(bytes[i])) << (8 * i)));
    return v;
  }

  std::string_view data_;
  bool ok_ = true;
};

}  // namespace belfry::supervisor
