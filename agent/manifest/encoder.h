// The visitor that writes an object as JSON. Used by codec.cc alone: it is instantiated for every struct.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "agent/manifest/base64.h"
#include "agent/manifest/fields_job.h"
#include "agent/manifest/json.h"

namespace belfry::manifest {

class Encoder {
 public:
  // Requires: both outlive the encoder.
  Encoder(std::string& out, const api::Kept& kept) : out_(out), kept_(kept) {}

  // The value alone, as a text of its own.
  template <class T>
  void Whole(const T& value) {
    Value(value);
  }
  // The object's braces, with what `members` writes between them.
  template <class F>
  void Braces(F members) {
    out_ += '{';
    first_ = true;
    members();
    out_ += '}';
    first_ = false;
  }
  template <class T>
  void Field(std::string_view name, const T& value) {
    if (!IsEmpty(value)) Member(name, [&] { Value(value); });
  }
  template <class T>
  void Always(std::string_view name, const T& value) {
    Write(name, [&] { Value(value); });
  }
  template <class F>
  void Group(std::string_view name, F fields) {
    Member(name, [&] { Braces([&] { fields(*this); }); });
  }
  void Quantities(std::string_view name, const api::StringMap& map) { Field(name, map); }
  void Loose(std::string_view name, const std::string& text) { Field(name, text); }
  void Number(std::string_view name, uint64_t number) {
    if (number != 0) Always(name, std::to_string(number));
  }
  void Precise(std::string_view name, const std::optional<Instant>& time) {
    if (time) Always(name, FormatRfc3339(*time));
  }
  void Bytes(std::string_view name, const api::StringMap& map) {
    if (map.empty()) return;
    Write(name, [&] {
      Braces([&] {
        for (const auto& [key, bytes] : map) Key(key), Value(EncodeBase64(bytes));
      });
    });
  }
  void PlainInto(std::string_view, const api::StringMap&) {}
  template <class... N>
  void Kept(N... names) {
    if (!kept_.empty()) (WriteKept(names), ...);
  }
  template <class... N>
  void Ignored(N...) {}

 private:
  static bool IsEmpty(const std::string& text) { return text.empty(); }
  static bool IsEmpty(bool value) { return !value; }
  static bool IsEmpty(int32_t value) { return value == 0; }
  static bool IsEmpty(int64_t value) { return value == 0; }
  static bool IsEmpty(const api::StringMap& map) { return map.empty(); }
  template <class T>
  static bool IsEmpty(const std::optional<T>& value) {
    return !value.has_value();
  }
  template <class T>
  static bool IsEmpty(const std::vector<T>& list) {
    return list.empty();
  }
  template <HasWire T>
  static bool IsEmpty(const T& value) {
    return Wire<T>::IsEmpty(value);
  }
  template <class T>
  static bool IsEmpty(const T&) {
    return false;
  }  // structs: Member looks at what was written

  void Key(std::string_view key) {
    if (!std::exchange(first_, false)) out_ += ',';
    AppendJsonString(out_, key);
    out_ += ':';
  }

  template <class F>
  void Write(std::string_view name, F value) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    const size_t length = Push(name);
    value();
    path_.resize(length);
  }

  // Writes the member, and takes it back if it turned out to be `{}` and may be left out.
  template <class F>
  void Member(std::string_view name, F value) {
    const size_t before = out_.size();
    const bool first = first_;
    Write(name, value);
    const size_t empty = before + (first ? 0 : 1) + name.size() + 3 + 2;
    if (out_.size() != empty || !out_.ends_with("{}")) return;
    out_.resize(before);
    first_ = first;
  }

  // The path is needed only to find kept fields. Returns its length before.
  size_t Push(std::string_view name) {
    const size_t length = path_.size();
    if (kept_.empty()) return length;
    if (length > 0 && name[0] != '[') path_ += '.';
    path_ += name;
    return length;
  }

  void WriteKept(std::string_view name) {
    const size_t length = Push(name);
    const auto found = kept_.find(path_);
    path_.resize(length);
    if (found != kept_.end()) Write(name, [&] { out_ += found->second; });
  }

  void Value(const std::string& text) { AppendJsonString(out_, text); }
  void Value(bool value) { out_ += value ? "true" : "false"; }
  void Value(int32_t value) { out_ += std::to_string(value); }
  void Value(int64_t value) { out_ += std::to_string(value); }
  void Value(Instant time) { Value(FormatRfc3339Seconds(time)); }
  void Value(const api::StringMap& map) {
    Braces([&] {
      for (const auto& [key, text] : map) Key(key), Value(text);
    });
  }
  // The source's JSON is an object: its member goes among the volume's.
  void Value(const api::Volume& volume) {
    Braces([&] {
      Always("name", volume.name);
      Field(kClaimSource, volume.claim);
      if (volume.source_json.size() > 2)
        out_.append(",").append(volume.source_json, 1, volume.source_json.size() - 2);
    });
  }
  template <class T>
  void Value(const std::optional<T>& value) {
    Value(*value);
  }
  template <class T>
  void Value(const std::vector<T>& list) {
    out_ += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ',';
      const size_t length = path_.size();
      if (!kept_.empty()) path_ += "[" + std::to_string(i) + "]";
      Value(list[i]);
      path_.resize(length);
    }
    out_ += ']';
    first_ = false;
  }
  template <class T>
  requires std::is_enum_v<T>
  void Value(const T& value) { AppendJsonString(out_, Names<T>::kAll[static_cast<size_t>(value)]); }
  template <HasWire T>
  void Value(const T& value) {
    Value(Wire<T>::From(value));
  }
  template <class T>
  requires std::is_class_v<T> &&(!HasWire<T>)void Value(const T& value) {
    Braces([&] { Fields(*this, value); });
  }

  std::string& out_;
  const api::Kept& kept_;
  std::string path_;
  bool first_ = true;
};

}  // namespace belfry::manifest
