#include "tests/agent/manifest/samples.h"
#include "tests/agent/manifest/validate_cases.h"

namespace belfry::manifest {
namespace {

TEST(ValidateClaim, AccessModesAndStorage) {
  using C = api::PersistentVolumeClaim;
  ExpectErrors<C>(FullClaim(),
                  {
                      {nullptr, [](C&) {}},
                      {nullptr, [](C& c) { c.access_modes = {"ReadWriteOncePod"}; }},
                      {"spec.accessModes: Required value: at least 1 access mode is required",
                       [](C& c) { c.access_modes.clear(); }},
                      {"spec.accessModes: Unsupported value: \"RWO\": supported values: \"ReadOnlyMany\", "
                       "\"ReadWriteMany\", "
                       "\"ReadWriteOnce\", \"ReadWriteOncePod\"",
                       [](C& c) { c.access_modes = {"RWO"}; }},
                      {"spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
                       [](C& c) {
                         c.access_modes = {"ReadWriteOncePod", "ReadWriteMany"};
                       }},
                      {"spec.resources[storage]: Required value", [](C& c) { c.resources.requests.clear(); }},
                      {"spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
                       [](C& c) { c.resources.requests["storage"] = "0"; }},
                      {"spec.resources.requests: Invalid value: \"3Gi\": must be less than or equal to "
                       "storage limit of 2Gi",
                       [](C& c) { c.resources.requests["storage"] = "3Gi"; }},
                  });
}

TEST(ValidateUpdate, OfAClaimOnlyItsSizeMayChange) {
  const api::PersistentVolumeClaim before = FullClaim();
  api::PersistentVolumeClaim after = before;
  after.resources = {.requests = {{"storage", "5Gi"}}};
  after.kept["spec.volumeAttributesClassName"] = "\"gold\"";
  EXPECT_THAT(UpdateErrors(before, after), testing::IsEmpty());
  api::PersistentVolumeClaim moved = before;
  moved.kept["spec.storageClassName"] = "\"slow\"";
  EXPECT_EQ(UpdateErrors(before, moved).size(), 1u);
  after.access_modes = {"ReadWriteMany"};
  EXPECT_THAT(
      UpdateErrors(before, after),
      testing::ElementsAre("spec: Forbidden: spec is immutable after creation except resources.requests and "
                           "volumeAttributesClassName for bound claims"));
}

}  // namespace
}  // namespace belfry::manifest
