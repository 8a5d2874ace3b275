#include "agent/manifest/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/manifest/codec.h"

namespace belfry::manifest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Texts(const std::vector<Problem>& problems) {
  std::vector<std::string> texts;
  for (const Problem& problem : problems) texts.push_back(problem.ToString());
  return texts;
}

std::vector<std::string> Errors(const std::string& text) {
  return Texts(ParseManifests("f.yaml", text).errors);
}

constexpr const char* kJob = R"(apiVersion: batch/v1
kind: Job
metadata:
  name: a
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: busybox
        command: [true-program]
)";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ParseManifests, FillsDefaults) {
  const Parsed parsed = ParseManifests("f.yaml", kJob);
  ASSERT_THAT(Texts(parsed.errors), IsEmpty());
  EXPECT_THAT(Texts(parsed.warnings), IsEmpty());
  ASSERT_EQ(parsed.objects.size(), 1u);
  const auto job = api::As<api::Job>(parsed.objects[0].object);
  EXPECT_EQ(job->metadata.ns, "default");
  EXPECT_EQ(job->spec.completions, 1);
  EXPECT_EQ(job->spec.backoff_limit, 6);
  EXPECT_EQ(parsed.objects[0].file, "f.yaml");
  EXPECT_EQ(parsed.objects[0].line, 1u);
}

TEST(ParseManifests, ReadsJsonListsAndSeveralDocuments) {
  const std::string config =
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n"},"data":{"k":"v"}})";
  EXPECT_EQ(ParseManifests("f.json", config).objects.size(), 1u);
  EXPECT_EQ(ParseManifests("f.json", config + Replaced(config, "\"c\"", "\"d\"")).objects.size(), 2u);
  EXPECT_EQ(ParseManifests("f.json", R"({"apiVersion":"v1","kind":"List","items":[)" + config + "]}")
                .objects.size(),
            1u);
  EXPECT_EQ(ParseManifests(
                "f.json", R"({"apiVersion":"v1","kind":"ConfigMapList","items":[{"metadata":{"name":"c"}}]})")
                .objects.size(),
            1u);
  EXPECT_EQ(ParseManifests("f.yaml", std::string(kJob) + "---\n---\n" + Replaced(kJob, "name: a", "name: b"))
                .objects.size(),
            2u);
}

TEST(ParseManifests, ReportsEveryErrorAtOnceWithItsPlace) {
  EXPECT_THAT(
      Errors(R"(apiVersion: batch/v1
kind: CronJob
metadata:
  name: Etl_1
spec:
  schedule: "61 * * * *"
  timeZone: Mars/Olympus
  concurrencyPolicy: Never
  paralelism: 3
  jobTemplate:
    spec:
      completions: "3"
      backoffLimit: -1
      template:
        spec:
          containers:
          - name: main
            image: busybox
            env:
            - name: SIZE
              value: 1000
          - name: main
)"),
      testing::UnorderedElementsAre(
          "f.yaml:4:9: metadata.name: Invalid value: \"Etl_1\": a lowercase RFC 1123 subdomain must consist "
          "of lower case alphanumeric "
          "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
          "'example.com', regex used for validation "
          "is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
          "f.yaml:6:13: spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): "
          "61",
          "f.yaml:7:13: spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus",
          "f.yaml:8:22: spec.concurrencyPolicy: Unsupported value: \"Never\": supported values: \"Allow\", "
          "\"Forbid\", \"Replace\"",
          "f.yaml:9:3: unknown field \"spec.paralelism\"",
          "f.yaml:12:20: spec.jobTemplate.spec.completions: cannot unmarshal string into a field of type "
          "int32",
          "f.yaml:13:21: spec.jobTemplate.spec.backoffLimit: Invalid value: -1: must be greater than or "
          "equal to 0",
          "f.yaml:16:11: spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "
          "\"OnFailure\", \"Never\"",
          "f.yaml:21:22: spec.jobTemplate.spec.template.spec.containers[0].env[0].value: cannot unmarshal "
          "number into a field of type string "
          "(text that looks otherwise needs quotes)",
          "f.yaml:22:13: spec.jobTemplate.spec.template.spec.containers[1].image: Required value",
          "f.yaml:22:19: spec.jobTemplate.spec.template.spec.containers[1].name: Duplicate value: \"main\""));
}

TEST(ParseManifests, SuggestsTheFieldThatWasMeant) {
  EXPECT_THAT(
      Errors(Replaced(kJob, "spec:\n  template", "spec:\n  paralelism: 2\n  template")),
      ElementsAre("f.yaml:6:3: unknown field \"spec.paralelism\", did you mean \"spec.parallelism\"?"));
  EXPECT_THAT(Errors(Replaced(kJob, "image:", "imagee:")),
              ElementsAre("f.yaml:11:9: unknown field \"spec.template.spec.containers[0].imagee\", did you "
                          "mean \"spec.template.spec.containers[0].image\"?",
                          "f.yaml:10:9: spec.template.spec.containers[0].image: Required value"));
  EXPECT_THAT(
      Errors(Replaced(kJob, "      restartPolicy",
                      "      volumes: [{name: v, persistentVolumeClaims: {claimName: c}}]\n      "
                      "restartPolicy")),
      ElementsAre("f.yaml:8:27: unknown field \"spec.template.spec.volumes[0].persistentVolumeClaims\", "
                  "did you mean \"spec.template.spec.volumes[0].persistentVolumeClaim\"?"));
}

struct BadText {
  const char* name;
  std::string text;
  std::string error;
};

TEST(ParseManifests, EveryBadInputHasOneClearError) {
  const std::string unquoted = "f.yaml: larger than 8 MiB";
  const BadText cases[] = {
      {"empty", "", "f.yaml: no objects in it"},
      {"only comments", "# nothing\n---\n", "f.yaml: no objects in it"},
      {"binary",
       std::string("\x7F"
                   "ELF\x02\x00\x00",
                   7),
       "f.yaml:1:5: not a text file: a byte here is neither UTF-8 nor a character of text"},
      {"50 MB", std::string(50'000'000, 'a'), unquoted},
      {"50 MB of JSON", "{\"a\":\"" + std::string(50'000'000, 'a') + "\"}", unquoted},
      {"a scalar", "hello", "f.yaml:1:1: expected an object with apiVersion and kind, found string"},
      {"a list", "- a\n", "f.yaml:1:1: expected an object with apiVersion and kind, found array"},
      {"no kind", "apiVersion: v1\n", "f.yaml:1:1: kind: Required value"},
      {"kind of wrong type", "apiVersion: v1\nkind: [a]\n",
       "f.yaml:2:7: kind: cannot unmarshal array into a field of type string"},
      {"misspelt kind", "apiVersion: batch/v1\nkind: Cronjob\n",
       "f.yaml:2:7: kind: unknown kind \"Cronjob\", did you mean \"CronJob\"?"},
      {"old version", "apiVersion: batch/v1beta1\nkind: CronJob\n",
       "f.yaml:1:13: apiVersion: Unsupported value: \"batch/v1beta1\": supported values: \"batch/v1\""},
      {"duplicate key", Replaced(kJob, "metadata:", "kind: Job\nmetadata:"),
       "f.yaml:3:1: key \"kind\" already set in map (line 2)"},
      {"truncated", std::string(kJob) + "        env: [{name: a",
       "f.yaml:13:15: a key must be a scalar (or a bracket is not closed)"},
      {"broken JSON", "{\"apiVersion\": \"v1\",\n",
       "f.yaml:2:1: invalid JSON: expected a key in double quotes, found the end"},
      {"deep", "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}",
       "f.yaml:1:105: nested more than 100 levels deep"},
      {"CloudFormation", "Resources:\n  A: !Ref B\n", "f.yaml:2:6: tag !Ref is not supported"},
      {"generateName", Replaced(kJob, "name: a", "generateName: a-"),
       "f.yaml:4:3: metadata.name: Required value: a manifest that is applied again needs a name, not "
       "generateName"},
  };
  for (const BadText& bad : cases) EXPECT_THAT(Errors(bad.text), ElementsAre(bad.error)) << bad.name;
}

TEST(ParseManifests, TwoObjectsOfOneNameAreAnErrorThatNamesBothPlaces) {
  EXPECT_THAT(
      Errors(std::string(kJob) + "---\n" + kJob),
      ElementsAre("f.yaml:14:1: metadata.name: job default/a is defined twice: the other is at f.yaml:1"));
  EXPECT_THAT(Errors(std::string(kJob) + "---\n" + Replaced(kJob, "name: a", "name: a\n  namespace: other")),
              IsEmpty());
}

TEST(ParseManifests, KindsOfOthersAreSkippedWithAWarning) {
  const Parsed parsed = ParseManifests(
      "f.yaml", std::string("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n---\n") + kJob);
  EXPECT_THAT(parsed.errors, IsEmpty());
  EXPECT_EQ(parsed.objects.size(), 1u);
  EXPECT_THAT(Texts(parsed.warnings),
              ElementsAre("f.yaml:2:7: kind: Deployment (apps/v1) is not supported by this version and is "
                          "skipped; supported: Job, CronJob, Pod, "
                          "ConfigMap, Secret, PersistentVolumeClaim, PrometheusRule"));
}

TEST(ParseManifests, FinalizersOfATemplateAreNotActedOn) {
  const Parsed parsed = ParseManifests(
      "f.yaml", Replaced(kJob, "  template:\n", "  template:\n    metadata: {finalizers: [a.io/b]}\n"));
  ASSERT_THAT(Texts(parsed.errors), IsEmpty());
  EXPECT_THAT(parsed.objects.at(0).not_acted_on, ElementsAre("spec.template.metadata.finalizers"));
}

TEST(ParseManifests, FieldsNotActedOnAreKeptListedAndWarnedAboutOnce) {
  const Parsed parsed = ParseManifests(
      "f.yaml",
      Replaced(Replaced(kJob, "      restartPolicy", "      priorityClassName: high\n      restartPolicy"),
               "        command",
               "        livenessProbe: {httpGet: {port: 8080}, periodSeconds: 010}\n        command"));
  ASSERT_THAT(Texts(parsed.errors), IsEmpty());
  const ParsedObject& object = parsed.objects.at(0);
  EXPECT_THAT(api::KeptOf(object.object),
              ElementsAre(testing::Pair("spec.template.spec.containers[0].livenessProbe",
                                        R"({"httpGet":{"port":8080},"periodSeconds":8})"),
                          testing::Pair("spec.template.spec.priorityClassName", "\"high\"")));
  EXPECT_THAT(object.not_acted_on, ElementsAre("spec.template.spec.containers[0].livenessProbe",
                                               "spec.template.spec.priorityClassName"));
  EXPECT_THAT(
      Texts(parsed.warnings),
      ElementsAre(
          "f.yaml:13:24: spec.template.spec.containers[0].livenessProbe: kept, but this version does not act "
          "on it",
          "f.yaml:8:26: spec.template.spec.priorityClassName: kept, but this version does not act on it"));
}

TEST(ParseManifests, WhatServersWriteIsDroppedUnlessAsked) {
  const std::string text = Replaced(std::string(kJob) + "status: {active: 3}\n", "name: a",
                                    "name: a\n  uid: u\n  resourceVersion: '7'\n  generation: 2\n  "
                                    "creationTimestamp: 2026-01-01T00:00:00Z\n  managedFields: [{}]");
  const auto job = api::As<api::Job>(ParseManifests("f.yaml", text).objects.at(0).object);
  EXPECT_EQ(job->metadata.uid, "");
  EXPECT_EQ(job->metadata.resource_version, 0u);
  EXPECT_FALSE(job->metadata.creation_timestamp.has_value());
  EXPECT_EQ(job->status, api::JobStatus());
  const auto kept =
      api::As<api::Job>(ParseManifests("f.yaml", text, {.keep_server_fields = true}).objects.at(0).object);
  EXPECT_EQ(kept->metadata.uid, "u");
  EXPECT_EQ(kept->metadata.resource_version, 7u);
  EXPECT_EQ(kept->status.active, 3);
}

TEST(ParseManifests, QuantitiesAndExpressionsMayBeNumbers) {
  const auto job = api::As<api::Job>(
      ParseManifests("f.yaml",
                     Replaced(kJob, "        command",
                              "        resources: {limits: {cpu: 2, memory: 1.5}}\n        command"))
          .objects.at(0)
          .object);
  EXPECT_EQ(job->spec.pod_template.spec.containers[0].resources.limits.at("cpu"), "2");
  EXPECT_EQ(job->spec.pod_template.spec.containers[0].resources.limits.at("memory"), "1.5");
  const auto rule = api::As<api::PrometheusRule>(
      ParseManifests("f.yaml",
                     "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r}\nspec: "
                     "{groups: [{name: g, rules: [{record: one, expr: 1}]}]}\n")
          .objects.at(0)
          .object);
  EXPECT_EQ(rule->groups.at(0).rules.at(0).expr, "1");
}

TEST(ParseManifests, SecretsTakeTextAndBase64) {
  const auto secret =
      api::As<api::Secret>(ParseManifests("f.yaml",
                                          "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: "
                                          "aGk=, b: b25l}\nstringData: {b: two}\n")
                               .objects.at(0)
                               .object);
  EXPECT_THAT(secret->data, ElementsAre(testing::Pair("a", "hi"), testing::Pair("b", "two")));
  EXPECT_EQ(secret->type, "Opaque");
}

TEST(ParseManifests, ValueFromNeedsExactlyOneSource) {
  const auto with = [](const std::string& from) {
    return Replaced(kJob, "        command",
                    "        env: [{name: A, valueFrom: " + from + "}]\n        command");
  };
  EXPECT_THAT(Errors(with("{}")),
              ElementsAre("f.yaml:12:36: spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "
                          "\"\": must specify one "
                          "of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"));
  EXPECT_THAT(Errors(with("{fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}")),
              ElementsAre("f.yaml:12:36: spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "
                          "\"\": may not have more than one field specified at a time"));
  EXPECT_THAT(Errors(with("null")), IsEmpty());
}

TEST(ParseManifests, ManyErrorsAreCutShort) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "---\nkind: Job\n";
  const auto errors = Errors(text);
  ASSERT_EQ(errors.size(), 101u);
  EXPECT_EQ(errors.back(), "f.yaml: too many problems: 900 more are not shown");
}

}  // namespace
}  // namespace belfry::manifest
