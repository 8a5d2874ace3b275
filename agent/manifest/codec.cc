#include "agent/manifest/codec.h"

#include "agent/manifest/decoder.h"
#include "agent/manifest/encoder.h"

namespace belfry::manifest {
namespace {

template <class T>
std::optional<api::Object> DecodeAs(Reader& root) {
  auto object = std::make_shared<T>();
  root.Take("apiVersion");
  root.Take("kind");
  Decoder decoder(root, object->kept);
  Fields(decoder, *object);
  root.Finish();
  return api::Object(api::Ptr<T>(std::move(object)));
}

template <class T>
std::string Part(const T& value) {
  std::string text;
  const api::Kept none;
  Encoder(text, none).Whole(value);
  return text;
}
template <class T>
std::string Part(const std::optional<T>& value) {
  return value ? Part(*value) : "null";
}

Error DecodeError(const std::string& why) { return {Code::kInvalid, "decode object: " + why}; }

}  // namespace

void AppendJson(std::string& out, const api::Object& object) {
  const api::Kind kind = api::KindOf(object);
  Encoder encoder(out, api::KeptOf(object));
  encoder.Braces([&] {
    encoder.Always("apiVersion", std::string(api::ApiVersion(kind)));
    encoder.Always("kind", std::string(api::KindName(kind)));
    std::visit([&](const auto& pointer) { Fields(encoder, *pointer); }, object);
  });
}

std::string ToJson(const api::Object& object) {
  std::string text;
  text.reserve(2048);
  AppendJson(text, object);
  return text;
}

std::string ToJson(const api::LabelSelector& selector) { return Part(selector); }
std::string ToJson(const api::StringMap& map) { return Part(map); }
std::string ToJson(const api::PodTemplateSpec& pattern) { return Part(pattern); }
std::string ToJson(const std::optional<api::PodFailurePolicy>& policy) { return Part(policy); }
std::string ToJson(const std::optional<api::SuccessPolicy>& policy) { return Part(policy); }
std::string ToJson(const std::optional<api::LabelSelector>& selector) { return Part(selector); }

std::optional<api::Object> Decode(const Node& node, api::Kind kind, Problems& problems,
                                  UnknownFields unknown) {
  Reader root(node, problems, unknown);
  if (!root.good()) return std::nullopt;
  switch (kind) {
    case api::Kind::kJob:
      return DecodeAs<api::Job>(root);
    case api::Kind::kCronJob:
      return DecodeAs<api::CronJob>(root);
    case api::Kind::kPod:
      return DecodeAs<api::Pod>(root);
    case api::Kind::kConfigMap:
      return DecodeAs<api::ConfigMap>(root);
    case api::Kind::kSecret:
      return DecodeAs<api::Secret>(root);
    case api::Kind::kPrometheusRule:
      return DecodeAs<api::PrometheusRule>(root);
    case api::Kind::kEvent:
      return DecodeAs<api::Event>(root);
    case api::Kind::kPersistentVolumeClaim:
      return DecodeAs<api::PersistentVolumeClaim>(root);
  }
  return std::nullopt;
}

Result<api::Object> FromJson(std::string_view text) {
  Problems problems;
  const auto documents = ParseJson(text, problems);
  if (!problems.empty()) return DecodeError(problems.list().front().ToString());
  const Node& root = documents.front().root;
  const Node* kind_name = root.Find("kind");
  const auto kind = kind_name == nullptr ? std::nullopt : api::KindFromName(kind_name->text);
  if (!kind) return DecodeError("no kind of ours");
  auto object = Decode(root, *kind, problems, UnknownFields::kIgnore);
  if (!problems.empty()) return DecodeError(problems.list().front().ToString());
  return std::move(*object);
}

}  // namespace belfry::manifest
