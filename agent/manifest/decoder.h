// The visitor that fills an object from a Node. Used by codec.cc alone: it is instantiated for every struct.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "agent/manifest/base64.h"
#include "agent/manifest/fields_job.h"
#include "agent/manifest/json.h"
#include "agent/manifest/reader.h"

namespace belfry::manifest {

// What Reader::Read takes in one go; the rest is put together here.
template <class T>
concept ReaderReads = std::integral<T> || std::same_as<T, std::string> || std::same_as<T, api::StringMap>;

class Decoder {
 public:
  // Requires: both outlive the decoder.
  Decoder(Reader& reader, api::Kept& kept) : reader_(reader), kept_(kept) {}

  template <class T>
  void Field(std::string_view name, T& value) {
    if (const Node* node = reader_.Take(name)) Decode(*node, name, value);
  }
  template <class T>
  void Always(std::string_view name, T& value) {
    Field(name, value);
  }
  template <class F>
  void Group(std::string_view name, F fields) {
    const Node* node = reader_.Take(name);
    if (node == nullptr) return;
    Reader child(*node, reader_, name);
    Decoder decoder(child, kept_);
    fields(decoder);
    child.Finish();
  }
  void Quantities(std::string_view name, api::StringMap& map) {
    reader_.EachMember(name, [&](std::string_view key, const Node& node, Reader& reader) {
      LooseValue(reader, node, key, map[std::string(key)]);
    });
  }
  void Loose(std::string_view name, std::string& text) {
    if (const Node* node = reader_.Take(name)) LooseValue(reader_, *node, name, text);
  }
  void Number(std::string_view name, uint64_t& number) {
    const Node* node = reader_.Take(name);
    std::string text;
    if (node == nullptr || !reader_.Read(*node, name, text) || text.empty()) return;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      reader_.Fail(name, "Invalid value: \"" + text + "\": must be a number");
  }
  void Precise(std::string_view name, std::optional<Instant>& time) { Field(name, time); }
  void Bytes(std::string_view name, api::StringMap& map) {
    reader_.EachMember(name, [&](std::string_view key, const Node& node, Reader& reader) {
      std::string& bytes = map[std::string(key)];
      if (node.IsNull()) return;
      if (!reader.Read(node, key, bytes)) return;
      auto decoded = DecodeBase64(bytes);
      if (!decoded) reader.problems().Add(node.at, reader.PathOf(key), "Invalid value: not base64");
      bytes = std::move(decoded).value_or(std::string());
    });
  }
  void PlainInto(std::string_view name, api::StringMap& map) { Field(name, map); }
  template <class... N>
  void Kept(N... names) {
    (Keep(names), ...);
  }
  template <class... N>
  void Ignored(N... names) {
    (reader_.Take(names), ...);
  }

 private:
  static void LooseValue(Reader& reader, const Node& node, std::string_view name, std::string& text) {
    if (node.type == NodeType::kInt || node.type == NodeType::kFloat) {
      text = node.text;
    } else if (!node.IsNull()) {
      reader.Read(node, name, text);
    }
  }

  void Keep(std::string_view name) {
    if (const Node* node = reader_.Take(name)) kept_[reader_.PathOf(name)] = ToJsonText(*node);
  }

  template <class T>
  void Decode(const Node& node, std::string_view name, T& out) {
    if constexpr (ReaderReads<T>) {
      reader_.Read(node, name, out);
    } else if constexpr (std::is_enum_v<T>) {
      DecodeEnum(node, name, out);
    } else {
      Reader child(node, reader_, name);
      if (child.good()) DecodeStruct(child, out);
    }
  }
  template <class T>
  void Decode(const Node& node, std::string_view name, std::optional<T>& out) {
    Decode(node, name, out.emplace());
  }
  template <class T>
  void Decode(const Node& node, std::string_view name, std::vector<T>& out) {
    if (node.type != NodeType::kSequence) {
      reader_.WrongType(node, name, "array");
      return;
    }
    out.resize(node.items.size());
    for (size_t i = 0; i < out.size(); ++i) DecodeElement(node.items[i], name, i, out[i]);
  }
  void Decode(const Node& node, std::string_view name, Instant& out) {
    std::string text;
    if (!reader_.Read(node, name, text)) return;
    auto time = ParseRfc3339(text);
    if (!time.ok()) {
      reader_.Fail(name, "Invalid value: " + time.error().message);
      return;
    }
    out = *time;
  }
  template <class T>
  void DecodeElement(const Node& node, std::string_view name, size_t index, T& out) {
    if constexpr (ReaderReads<T>) {
      if (!node.IsNull()) reader_.Read(node, std::string(name) + "[" + std::to_string(index) + "]", out);
    } else {
      Reader child(node, reader_, name, index);
      if (child.good()) DecodeStruct(child, out);
    }
  }
  template <class T>
  void DecodeEnum(const Node& node, std::string_view name, T& out) {
    std::string text;
    if (!reader_.Read(node, name, text)) return;
    const auto& names = Names<T>::kAll;
    const auto* const found = std::find(std::begin(names), std::end(names), text);
    if (found != std::end(names)) {
      out = static_cast<T>(found - std::begin(names));
    } else {
      reader_.Fail(name, "Unsupported value: \"" + text.substr(0, 100) + "\"");
    }
  }

  template <class T>
  void DecodeStruct(Reader& child, T& out) {
    Decoder decoder(child, kept_);
    if constexpr (HasWire<T>) {
      typename Wire<T>::Shape shape;
      Fields(decoder, shape);
      child.Finish();
      out = Wire<T>::Into(std::move(shape), child);
    } else {
      Fields(decoder, out);
      child.Finish();
    }
  }
  void DecodeStruct(Reader& child, api::Volume& out) {
    Decoder decoder(child, kept_);
    decoder.Field("name", out.name);
    decoder.Field(kClaimSource, out.claim);
    out.source_json = "{";
    for (const std::string_view type : kOtherVolumeSources) {
      const Node* source = child.Take(type);
      if (source == nullptr) continue;
      if (out.source_json.size() > 1) out.source_json += ',';
      AppendJsonString(out.source_json, type);
      out.source_json += ':';
      AppendJson(out.source_json, *source);
    }
    out.source_json += '}';
    child.Finish();
  }

  Reader& reader_;
  api::Kept& kept_;
};

}  // namespace belfry::manifest
