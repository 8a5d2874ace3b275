#include "agent/cli/field_override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/manifest/parse.h"

namespace belfry::cli {
namespace {

using ::testing::HasSubstr;

api::Ptr<api::CronJob> Etl() {
  const auto parsed = manifest::ParseManifests("etl.yaml", R"(
apiVersion: batch/v1
kind: CronJob
metadata: {name: etl, namespace: batch}
spec:
  schedule: "0 * * * *"
  startingDeadlineSeconds: 30
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}}}}
)");
  return api::As<api::CronJob>(parsed.objects.at(0).object);
}

TEST(WithFields, SetsFieldsOfTheSpec) {
  const auto changed = WithFields(Etl(), {"concurrencyPolicy=Forbid", "schedule=*/5 * * * *", "suspend=true",
                                          "jobTemplate.spec.backoffLimit=0", "startingDeadlineSeconds="});
  ASSERT_TRUE(changed.ok()) << changed.error().message;
  const api::CronJobSpec& spec = (*changed)->spec;
  EXPECT_EQ(spec.concurrency_policy, "Forbid");
  EXPECT_EQ(spec.schedule, "*/5 * * * *");
  EXPECT_EQ(spec.suspend, true);
  EXPECT_EQ(spec.job_template.spec.backoff_limit, 0);
  EXPECT_FALSE(spec.starting_deadline_seconds.has_value());
  EXPECT_EQ((*changed)->metadata.name, "etl");
}

TEST(WithFields, WithoutSettingsNothingChanges) {
  const auto etl = Etl();
  EXPECT_EQ(*WithFields(etl, {}), etl);
}

TEST(WithFields, RefusesWhatTheManifestMayNotSay) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"concurrencyPolicy", "expected FIELD=VALUE"},
      {"=Forbid", "expected FIELD=VALUE"},
      {"concurrencyPolicy=Never", "Unsupported value: \"Never\""},
      {"concurencyPolicy=Forbid", "did you mean \"spec.concurrencyPolicy\"?"},
      {"schedule=61 * * * *", "end of range (61) above maximum (59)"},
      {"schedule=", "spec.schedule"},
      {"suspend=perhaps", "suspend"},
      {"schedule.minute=3", "there is no such field"},
      {"jobTemplate..spec=1", "there is no such field"},
      {"timeZone=Mars/Olympus", "Mars/Olympus"},
  };
  for (const auto& [setting, message] : kWrong) {
    const auto changed = WithFields(Etl(), {setting});
    ASSERT_FALSE(changed.ok()) << setting;
    EXPECT_THAT(changed.error().message, HasSubstr(message)) << setting;
    EXPECT_THAT(changed.error().message, HasSubstr(std::string("--set ") + setting)) << setting;
  }
}

}  // namespace
}  // namespace belfry::cli
