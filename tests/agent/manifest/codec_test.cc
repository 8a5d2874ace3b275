#include "agent/manifest/codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/manifest/samples.h"

namespace belfry::manifest {
namespace {

using nlohmann::json;

// Equal contents, not equal pointers.
bool SameValue(const api::Object& a, const api::Object& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& pointer) {
        using T = std::remove_cvref_t<decltype(pointer)>;
        return *pointer == *std::get<T>(b);
      },
      a);
}

template <class T>
T Decoded(const std::string& text) {
  auto object = FromJson(text);
  EXPECT_TRUE(object.ok()) << object.error().message;
  auto pointer = object.ok() ? api::As<T>(*object) : nullptr;
  EXPECT_NE(pointer, nullptr);
  return pointer ? *pointer : T();
}

TEST(Codec, EveryFieldOfEveryKindSurvivesARoundTrip) {
  for (const api::Object& object : FullObjects()) {
    const std::string text = ToJson(object);
    ASSERT_TRUE(json::accept(text)) << text;
    const auto back = FromJson(text);
    ASSERT_TRUE(back.ok()) << back.error().message << "\n" << text;
    EXPECT_TRUE(SameValue(object, *back)) << text << "\n" << ToJson(*back);
    EXPECT_EQ(text, ToJson(*back));
  }
}

TEST(Codec, DefaultObjectsSurviveARoundTrip) {
  const api::Object objects[] = {
      std::make_shared<const api::Job>(),    std::make_shared<const api::CronJob>(),
      std::make_shared<const api::Pod>(),    std::make_shared<const api::ConfigMap>(),
      std::make_shared<const api::Secret>(), std::make_shared<const api::PrometheusRule>(),
      std::make_shared<const api::Event>(),  std::make_shared<const api::PersistentVolumeClaim>()};
  for (const api::Object& object : objects) {
    const auto back = FromJson(ToJson(object));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(SameValue(object, *back)) << ToJson(object);
  }
}

TEST(Codec, WritesKubernetesShape) {
  const json job = json::parse(ToJson(api::Object(std::make_shared<const api::Job>(FullJob()))));
  EXPECT_EQ(job["apiVersion"], "batch/v1");
  EXPECT_EQ(job["kind"], "Job");
  EXPECT_EQ(job["metadata"]["namespace"], "batch");
  EXPECT_EQ(job["metadata"]["resourceVersion"], "18446744073709551615");
  EXPECT_EQ(job["metadata"]["creationTimestamp"], "2027-01-15T08:00:01Z");
  EXPECT_EQ(job["spec"]["template"]["spec"]["containers"][1]["livenessProbe"]["httpGet"]["port"], 8080);
  EXPECT_EQ(job["spec"]["template"]["spec"]["volumes"][0]["emptyDir"]["sizeLimit"], "1Gi");
  EXPECT_EQ(job["spec"]["template"]["spec"]["containers"][0]["env"][1]["valueFrom"]["fieldRef"]["fieldPath"],
            "metadata.name");
  EXPECT_EQ(job["status"]["failedIndexes"], "");
  EXPECT_EQ(job["status"]["conditions"][0]["status"], "True");
  EXPECT_EQ(job["status"]["belfryBackoff"]["lastFailure"], "2027-01-15T08:00:09.123456789Z");
  const json secret = json::parse(ToJson(api::Object(std::make_shared<const api::Secret>(FullSecret()))));
  EXPECT_EQ(secret["data"]["token"], "AHT/");
}

TEST(Codec, LeavesOutWhatIsEmpty) {
  api::Job job;
  job.metadata.name = "a";
  EXPECT_EQ(ToJson(api::Object(std::make_shared<const api::Job>(job))),
            R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a"},)"
            R"("spec":{"template":{"spec":{"containers":[]}}},"status":{}})");
}

TEST(Codec, CutsKubernetesTimesToSeconds) {
  api::Job job;
  job.status.start_time = FromUnixSeconds(0) + milliseconds(1999);
  EXPECT_EQ(Decoded<api::Job>(ToJson(api::Object(std::make_shared<const api::Job>(job)))).status.start_time,
            FromUnixSeconds(1));
}

TEST(Codec, BytesThatAreNoUtf8StayValidJson) {
  api::Event event;
  event.message = "a\xFF\xC3(b";
  const std::string text = ToJson(api::Object(std::make_shared<const api::Event>(event)));
  EXPECT_TRUE(json::accept(text)) << text;
  EXPECT_EQ(Decoded<api::Event>(text).message, "a\xEF\xBF\xBD\xEF\xBF\xBD(b");
}

TEST(Codec, SkipsUnknownFieldsOfANewerVersion) {
  const auto job = Decoded<api::Job>(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a","managedFields":[{}]},"spec":{"later":[1,{"x":2}],"completions":3}})");
  EXPECT_EQ(job.metadata.name, "a");
  EXPECT_EQ(job.spec.completions, 3);
}

TEST(Codec, NullIsAbsent) {
  const auto job = Decoded<api::Job>(
      R"({"kind":"Job","metadata":{"name":"a","creationTimestamp":null,"labels":null},"spec":{"completions":null,"template":{"spec":{"containers":[{"name":"c","env":[{"name":"X","valueFrom":null}],"resources":{"limits":null}}]}}},"status":null})");
  EXPECT_FALSE(job.spec.completions.has_value());
  EXPECT_TRUE(job.metadata.labels.empty());
  EXPECT_EQ(job.spec.pod_template.spec.containers.at(0).env.at(0).value_from,
            decltype(api::EnvVar::value_from)());
}

struct BadText {
  const char* text;
  const char* error;
};

TEST(Codec, NamesTheFieldAndPlaceOfAnError) {
  const BadText cases[] = {
      {"", "decode object: 1:1: invalid JSON: the text is empty"},
      {"{}", "decode object: no kind of ours"},
      {R"({"kind":"Deployment"})", "decode object: no kind of ours"},
      {R"([1])", "decode object: no kind of ours"},
      {R"({"kind":"Job"}x)", "decode object: 1:15: invalid JSON: text after the value"},
      {"{\"kind\":\"Job\",\n \"spec\":{\"completions\":\"3\"}}",
       "decode object: 2:24: spec.completions: cannot unmarshal string into a field of type int32"},
      {R"({"kind":"Job","spec":{"completions":3000000000}})",
       "decode object: 1:37: spec.completions: cannot unmarshal number 3000000000 into a field of type "
       "int32"},
      {R"({"kind":"Job","spec":[]})",
       "decode object: 1:22: spec: cannot unmarshal array into a field of type object"},
      {R"({"kind":"Job","status":{"startTime":"soon"}})",
       "decode object: 1:37: status.startTime: Invalid value: \"soon\" is not an RFC 3339 time such as "
       "2026-01-31T08:00:00Z"},
      {R"({"kind":"Pod","status":{"phase":"Lost"}})",
       "decode object: 1:33: status.phase: Unsupported value: \"Lost\""},
      {R"({"kind":"Secret","data":{"a":"*"}})", "decode object: 1:30: data.a: Invalid value: not base64"},
  };
  for (const BadText& bad : cases) {
    const auto object = FromJson(bad.text);
    ASSERT_FALSE(object.ok()) << bad.text;
    EXPECT_EQ(object.error().message, bad.error) << bad.text;
    EXPECT_EQ(object.error().code, Code::kInvalid);
  }
}

TEST(Codec, TruncatedTextIsAlwaysAnError) {
  const std::string text = ToJson(FullObjects().front());
  for (size_t length = 0; length < text.size(); length += 5) {
    EXPECT_FALSE(FromJson(std::string_view(text).substr(0, length)).ok()) << length;
  }
}

}  // namespace
}  // namespace belfry::manifest
