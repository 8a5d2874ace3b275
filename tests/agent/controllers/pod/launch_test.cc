#include "agent/controllers/pod/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/api/quantity.h"

namespace belfry::controllers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Expand, Table) {
  Environment env;
  env.Set("A", "1");
  env.Set("B", "$(A)");
  env.Set("EMPTY", "");
  const struct {
    const char* text;
    const char* result;
  } kCases[] = {
      {"", ""},
      {"plain", "plain"},
      {"$(A)", "1"},
      {"x$(A)y$(A)", "x1y1"},
      {"$(B)", "$(A)"},
      {"$$(A)", "$(A)"},
      {"$$$(A)", "$1"},
      {"$$$$(A)", "$$(A)"},
      {"$(NOPE)", "$(NOPE)"},
      {"$(A", "$(A"},
      {"$A ${A} $", "$A ${A} $"},
      {"$(EMPTY)", ""},
      {"$()", "$()"},
      {"$(date)", "$(date)"},
      {"$(A$(A))", "$(A$(A))"},
      {"$$", "$"},
      {"100$", "100$"},
      {"$ (A)", "$ (A)"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Expand(c.text, env), c.result) << c.text;
}

class LaunchTest : public ::testing::Test {
 protected:
  LaunchTest() {
    pod_.metadata.ns = "default";
    pod_.metadata.name = "p";
    pod_.metadata.uid = "u-1";
    pod_.metadata.labels = {{"app", "etl"}};
    container_.name = "c";
    container_.image = "tool:1";
    container_.command = {"/bin/tool"};
    config_.config_map = [this](const std::string& name) {
      const auto it = maps_.find(name);
      return it == maps_.end() ? nullptr : std::make_shared<const api::ConfigMap>(it->second);
    };
    config_.secret = [this](const std::string& name) {
      const auto it = secrets_.find(name);
      return it == secrets_.end() ? nullptr : std::make_shared<const api::Secret>(it->second);
    };
  }
  std::variant<Launch, LaunchRefused> Build() {
    const HostFacts host{.node_name = "host", .ip = "192.0.2.1", .home = "/home/u"};
    const runtime::Places places{
        .images = runtime::ImageMap(images_),
        .claims = runtime::ClaimFolders("/state/volumes", {{"default/given", "/srv/given"}}),
        .host_aliases = host_aliases_};
    return BuildLaunch(pod_, container_, 2, {config_, host, places});
  }
  runtime::ContainerStart Start() {
    const auto result = Build();
    EXPECT_TRUE(std::holds_alternative<Launch>(result)) << std::get<LaunchRefused>(result).message;
    return std::get<Launch>(result).start;
  }
  std::string Refusal() {
    const auto result = Build();
    const auto* refused = std::get_if<LaunchRefused>(&result);
    return refused == nullptr ? "" : refused->reason + ": " + refused->message;
  }
  std::optional<std::string> Variable(const std::string& name) {
    for (const auto& [key, value] : Start().env) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  void Env(std::string name, std::string value) {
    container_.env.push_back({.name = std::move(name), .value = std::move(value)});
  }
  void EnvFrom(std::string name, decltype(api::EnvVar::value_from) from) {
    container_.env.push_back({.name = std::move(name), .value_from = std::move(from)});
  }

  api::Pod pod_;
  api::Container container_;
  ConfigSource config_;
  std::map<std::string, api::ConfigMap> maps_;
  std::map<std::string, api::Secret> secrets_;
  std::vector<runtime::ImageEntry> images_;
  std::map<std::string, std::string> host_aliases_;
};

TEST_F(LaunchTest, NothingButThreeVariablesByDefault) {
  const auto start = Start();
  EXPECT_THAT(start.env, ElementsAre(Pair("PATH", HasSubstr("/usr/bin")), Pair("HOME", "/home/u"),
                                     Pair("HOSTNAME", "p")));
  EXPECT_EQ(start.id, (runtime::ContainerId{"u-1", "c", 2}));
  EXPECT_THAT(start.argv, ElementsAre("/bin/tool"));
}

TEST_F(LaunchTest, Trap17PathOfTheHostIsNotKnownToReferences) {
  Env("PATH", "$(PATH):/x");
  EXPECT_EQ(Variable("PATH"), "$(PATH):/x");
}

TEST_F(LaunchTest, Trap17EnvBeatsEnvFromAndLaterEnvFromWins) {
  maps_["one"].data = {{"K", "1"}, {"ONLY", "one"}};
  maps_["two"].data = {{"K", "2"}};
  container_.env_from = {{.name = "one"}, {.name = "two"}};
  EXPECT_EQ(Variable("K"), "2");
  EXPECT_EQ(Variable("ONLY"), "one");
  Env("K", "env");
  Env("K", "$(K)+");
  EXPECT_EQ(Variable("K"), "env+");
}

TEST_F(LaunchTest, ReferencesSeeOnlyWhatComesBefore) {
  Env("A", "$(B)");
  Env("B", "2");
  Env("C", "$(B)");
  EXPECT_EQ(Variable("A"), "$(B)");
  EXPECT_EQ(Variable("C"), "2");
}

TEST_F(LaunchTest, ArgumentsAreExpandedWithTheFinalEnvironment) {
  Env("N", "5");
  container_.args = {"--n=$(N)", "$$(N)", "$(date)"};
  EXPECT_THAT(Start().argv, ElementsAre("/bin/tool", "--n=5", "$(N)", "$(date)"));
}

TEST_F(LaunchTest, Trap17OptionalMissingKeyLeavesTheVariableUnset) {
  maps_["m"].data = {{"K", "from"}};
  container_.env_from = {{.name = "m"}};
  EnvFrom("K", api::ConfigMapKeyRef{{.name = "m", .key = "missing", .optional = true}});
  EnvFrom("L", api::SecretKeyRef{{.name = "none", .key = "k", .optional = true}});
  EXPECT_EQ(Variable("K"), "from");
  EXPECT_EQ(Variable("L"), std::nullopt);
}

TEST_F(LaunchTest, MissingObjectsAndKeysRefuseWithTheKubeletsWords) {
  EnvFrom("K", api::ConfigMapKeyRef{{.name = "m", .key = "k"}});
  EXPECT_EQ(Refusal(), "CreateContainerConfigError: configmap \"m\" not found");
  maps_["m"];
  EXPECT_EQ(Refusal(), "CreateContainerConfigError: couldn't find key k in ConfigMap default/m");
  container_.env.clear();
  EnvFrom("K", api::SecretKeyRef{{.name = "s", .key = "k"}});
  EXPECT_EQ(Refusal(), "CreateContainerConfigError: secret \"s\" not found");
  secrets_["s"];
  EXPECT_EQ(Refusal(), "CreateContainerConfigError: couldn't find key k in Secret default/s");
  container_.env.clear();
  container_.env_from = {{.name = "gone"}};
  EXPECT_EQ(Refusal(), "CreateContainerConfigError: configmap \"gone\" not found");
  container_.env_from[0].optional = true;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(LaunchTest, KeysThatAreNoNamesAreSkippedWithAWarning) {
  maps_["m"].data = {{"ok", "1"}, {"a=b", "2"}, {"caf\xc3\xa9", "3"}};
  container_.env_from = {{.prefix = "P_", .name = "m"}};
  EXPECT_EQ(Variable("P_ok"), "1");
  const auto launch = std::get<Launch>(Build());
  EXPECT_THAT(launch.warnings,
              ElementsAre(HasSubstr("Keys [P_a=b, P_caf\xc3\xa9] from the EnvFrom configMap default/m")));
}

TEST_F(LaunchTest, DownwardApi) {
  pod_.metadata.annotations = {{"note", "n"}};
  container_.resources.limits = {{"memory", "64Mi"}, {"cpu", "1500m"}};
  EnvFrom("NAME", api::FieldRef{.field_path = "metadata.name"});
  EnvFrom("LABEL", api::FieldRef{.field_path = "metadata.labels['app']"});
  EnvFrom("NONE", api::FieldRef{.field_path = "metadata.labels['none']"});
  EnvFrom("NOTE", api::FieldRef{.field_path = "metadata.annotations['note']"});
  EnvFrom("NODE", api::FieldRef{.field_path = "spec.nodeName"});
  EnvFrom("IP", api::FieldRef{.field_path = "status.podIP"});
  EnvFrom("ACCOUNT", api::FieldRef{.field_path = "spec.serviceAccountName"});
  EnvFrom("MEM", api::ResourceFieldRef{.resource = "limits.memory"});
  EnvFrom("MEM_M", api::ResourceFieldRef{.resource = "requests.memory", .divisor = "1M"});
  EnvFrom("CPU", api::ResourceFieldRef{.resource = "limits.cpu"});
  EnvFrom("CPU_M", api::ResourceFieldRef{.resource = "limits.cpu", .divisor = "1m"});
  EXPECT_THAT(Start().env,
              ::testing::IsSupersetOf({Pair("NAME", "p"), Pair("LABEL", "etl"), Pair("NONE", ""),
                                       Pair("NOTE", "n"), Pair("NODE", "host"), Pair("IP", "192.0.2.1"),
                                       Pair("ACCOUNT", "default"), Pair("MEM", "67108864"),
                                       Pair("MEM_M", "68"), Pair("CPU", "2"), Pair("CPU_M", "1500")}));
  EnvFrom("BAD", api::FieldRef{.field_path = "spec.nothing"});
  EXPECT_THAT(Refusal(), HasSubstr("Unsupported value: \"spec.nothing\": supported values: "));
}

TEST_F(LaunchTest, ImageMapGivesCommandDirectoryMountsAndLowerEnvironment) {
  images_ = {{.match = "tool:*",
              .mounts = {{.source = "/srv/tool", .target = "/app"}},
              .working_dir = "/app",
              .command = {"python3", "serve.py"},
              .env = {{"MODE", "image"}, {"PATH", "/app/bin"}}}};
  container_.command.clear();
  container_.args = {"--now"};
  Env("MODE", "manifest $(PATH)");
  const auto start = Start();
  EXPECT_THAT(start.argv, ElementsAre("python3", "serve.py", "--now"));
  EXPECT_EQ(start.working_dir, "/app");
  EXPECT_EQ(start.mounts, images_[0].mounts);
  EXPECT_THAT(start.env, Contains(Pair("PATH", "/app/bin")));
  EXPECT_THAT(start.env, Contains(Pair("MODE", "manifest $(PATH)")));
  container_.command = {"own"};
  EXPECT_THAT(Start().argv, ElementsAre("own", "--now"));
}

TEST_F(LaunchTest, NoCommandAnywhereIsSaid) {
  container_.command.clear();
  EXPECT_EQ(Refusal(),
            "CreateContainerError: no command specified: container \"c\" gives none for image \"tool:1\" and "
            "runtime.images has no entry for it");
}

TEST_F(LaunchTest, NulBytesAreRefused) {
  Env("X", std::string("a\0b", 3));
  EXPECT_THAT(Refusal(), HasSubstr("environment variable X contains a NUL byte"));
}

TEST_F(LaunchTest, VolumesOfOtherTypesAreRefusedByName) {
  pod_.spec.volumes = {{.name = "data", .source_json = R"({"hostPath":{"path":"/x"}})"}};
  container_.volume_mounts = {{.name = "data", .mount_path = "/data"}};
  EXPECT_EQ(
      Refusal(),
      "CreateContainerConfigError: container \"c\" mounts volume \"data\" at /data: this version of belfry "
      "has no volumes of type hostPath, only persistentVolumeClaim");
}

TEST_F(LaunchTest, AClaimIsItsFolderAtTheMountPath) {
  pod_.spec.volumes = {
      {.name = "data", .claim = api::ClaimVolumeSource{.claim_name = "etl"}},
      {.name = "in", .claim = api::ClaimVolumeSource{.claim_name = "given", .read_only = true}}};
  container_.volume_mounts = {{.name = "data", .mount_path = "/data"},
                              {.name = "data", .mount_path = "/half", .sub_path = "a/b", .read_only = true},
                              {.name = "in", .mount_path = "relative"}};
  const auto mounts = Start().mounts;
  ASSERT_EQ(mounts.size(), 3U);
  EXPECT_EQ(mounts[0], (runtime::Mount{"/state/volumes/default/etl", "/data", false, true}));
  EXPECT_EQ(mounts[1], (runtime::Mount{"/state/volumes/default/etl/a/b", "/half", true, true}));
  EXPECT_EQ(mounts[2], (runtime::Mount{"/srv/given", "/relative", true, false}));
}

TEST_F(LaunchTest, HostAliasesOfThePodComeBeforeThoseForAll) {
  EXPECT_EQ(Start().hosts, "");
  host_aliases_ = {{"redis", "127.0.0.1"}, {"db", "::1"}};
  EXPECT_EQ(Start().hosts, "::1\tdb\n127.0.0.1\tredis\n");
  pod_.spec.host_aliases = {{.ip = "10.0.0.1", .hostnames = {"redis", "cache"}}};
  EXPECT_EQ(Start().hosts, "10.0.0.1\tredis\tcache\n::1\tdb\n127.0.0.1\tredis\n");
}

TEST_F(LaunchTest, ManifestsMountWinsOverItsImages) {
  images_ = {{.match = "tool", .mounts = {{"/srv/app", "/app", true}, {"/srv/data", "/data", true}}}};
  pod_.spec.volumes = {{.name = "data", .claim = api::ClaimVolumeSource{.claim_name = "etl"}}};
  container_.volume_mounts = {{.name = "data", .mount_path = "/data"}};
  EXPECT_THAT(Start().mounts,
              ElementsAre(runtime::Mount{"/srv/app", "/app", true},
                          runtime::Mount{"/state/volumes/default/etl", "/data", false, true}));
}

TEST_F(LaunchTest, SubPathExprKnowsTheEnvironmentAndStaysInItsVolume) {
  pod_.spec.volumes = {{.name = "data", .claim = api::ClaimVolumeSource{.claim_name = "etl"}}};
  Env("INDEX", "7");
  Env("UP", "..");
  const struct {
    const char* expression;
    const char* source;
    const char* refusal;
  } kCases[] = {
      {"part-$(INDEX)", "/state/volumes/default/etl/part-7", ""},
      {"$$(INDEX)", "/state/volumes/default/etl/$(INDEX)", ""},
      {"$(NOPE)/$(NEITHER)", "", "subPathExpr \"$(NOPE)/$(NEITHER)\": missing value for \"NOPE\""},
      {"a/$(UP)/$(UP)", "", "subPathExpr \"a/$(UP)/$(UP)\": \"a/../..\" leads out of the volume"},
  };
  for (const auto& c : kCases) {
    container_.volume_mounts = {{.name = "data", .mount_path = "/data", .sub_path_expr = c.expression}};
    const std::string refusal = Refusal();
    EXPECT_EQ(refusal, *c.refusal == '\0' ? "" : std::string("CreateContainerConfigError: ") + c.refusal);
    if (refusal.empty()) {
      EXPECT_EQ(Start().mounts.at(0).source, c.source);
    }
  }
}

TEST_F(LaunchTest, AnotherUserIsRefusedNotReplacedByOurs) {
  for (const char* context : {R"({"runAsUser":1000})", R"({"runAsNonRoot":true})", R"({"runAsGroup":5})"}) {
    pod_.kept = {{"spec.containers[0].securityContext", context}};
    EXPECT_THAT(Refusal(),
                HasSubstr("CreateContainerConfigError: spec.containers[0].securityContext asks for"));
  }
  pod_.kept = {{"spec.securityContext", R"({"runAsNonRoot":false,"fsGroup":5})"}};
  container_.command = {"true"};
  EXPECT_EQ(Refusal(), "");
}

TEST(ImageMap, BestFitWins) {
  const runtime::ImageMap map({{.match = "reg:5000/team/app:*"},
                               {.match = "*"},
                               {.match = "app"},
                               {.match = "app:2"},
                               {.match = "ap*"}});
  const struct {
    const char* image;
    const char* match;
  } kCases[] = {{"app", "app"},     {"app:1", "app"}, {"app@sha256:0", "app"},
                {"app:2", "app:2"}, {"apple", "ap*"}, {"reg:5000/team/app:1", "reg:5000/team/app:*"},
                {"x", "*"},         {"", "*"}};
  for (const auto& c : kCases) EXPECT_EQ(map.Find(c.image)->match, c.match) << c.image;
  EXPECT_EQ(runtime::ImageMap().Find("app"), nullptr);
}

TEST(Quantity, Table) {
  const struct {
    const char* text;
    const char* divisor;
    int64_t result;  // -1: refused
  } kCases[] = {{"1", "1", 1},           {"500m", "1", 1},      {"500m", "1m", 500},
                {"1.5", "1m", 1500},     {"2e3", "1", 2000},    {"128Mi", "1", 134217728},
                {"1G", "1", 1000000000}, {"100k", "1", 100000}, {"1Gi", "1Mi", 1024},
                {".5", "1m", 500},       {"5E-1", "1m", 500},   {"0", "1", 0},
                {"1Ki", "1k", 2},        {"", "1", -1},         {".", "1", -1},
                {"1x", "1", -1},         {"1.2.3", "1", -1},    {"9999999999999999999999999", "1", -1},
                {"1e99", "1", -1},       {"9Ei", "1", -1},      {"Mi", "1", -1},
                {"1 Mi", "1", -1}};
  for (const auto& c : kCases) {
    const auto value = api::ParseQuantity(c.text);
    ASSERT_EQ(value.ok(), c.result >= 0) << c.text;
    if (!value.ok()) continue;
    EXPECT_EQ(api::DivideRoundingUp(*value, *api::ParseQuantity(c.divisor)), c.result) << c.text;
  }
}

}  // namespace
}  // namespace belfry::controllers
