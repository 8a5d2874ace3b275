#include "agent/cli/config.h"

#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"

namespace belfry::cli {
namespace {

constexpr std::string_view kWhole = R"(
listen: 127.0.0.1:9999
dataDir: /data
manifests: [/m]
auth: {tokenFile: /token}
runtime:
  images:
    - match: "ml:*"
      workingDir: /srv/ml
      command: [python3, serve.py]
      env: {A: "1"}
      mounts: {/app: /srv/ml}
  claims: {batch/etl: /srv/etl}
  hostAliases: {redis: 127.0.0.1}
rules:
  files: [/rules/*.yaml]
  interval: 30s
  history: 6h
  promqlCompat: 2
  externalLabels: {host: h1}
notify:
  route:
    receiver: team
    group_by: [alertname]
    group_wait: 0s
    routes: [{matchers: ['severity="page"'], receiver: pager, continue: true}]
  receivers:
    - name: team
      webhook_configs: [{url: "http://127.0.0.1:1/x", send_resolved: false, max_alerts: 5}]
    - name: pager
  alertmanagers: [{url: "http://127.0.0.1:9093"}]
log: {level: debug, format: json}
)";

TEST(ParseConfig, ReadsEveryKey) {
  const ParsedConfig parsed = ParseConfig("c.yaml", kWhole);
  ASSERT_TRUE(parsed.problems.empty()) << AsError(parsed.problems).message;
  const Config& c = parsed.config;
  EXPECT_EQ(c.listen, "127.0.0.1:9999");
  EXPECT_EQ(c.data_dir, "/data");
  EXPECT_EQ(c.token_file, "/token");
  ASSERT_EQ(c.runtime.images.size(), 1u);
  EXPECT_EQ(c.runtime.images[0].command, (std::vector<std::string>{"python3", "serve.py"}));
  ASSERT_EQ(c.runtime.images[0].mounts.size(), 1u);
  EXPECT_EQ(c.runtime.images[0].mounts[0], (runtime::Mount{"/srv/ml", "/app", true}));
  EXPECT_EQ(c.runtime.claims, (std::map<std::string, std::string>{{"batch/etl", "/srv/etl"}}));
  EXPECT_EQ(c.runtime.host_aliases, (std::map<std::string, std::string>{{"redis", "127.0.0.1"}}));
  EXPECT_EQ(c.rules.interval, Duration(seconds(30)));
  EXPECT_EQ(c.rules.history, Duration(hours(6)));
  EXPECT_EQ(c.rules.promql_compat, 2);
  EXPECT_EQ(c.rules.external_labels.Get("host"), "h1");
  ASSERT_TRUE(c.notify.route);
  EXPECT_EQ(c.notify.route->group_wait, Duration(0));
  ASSERT_EQ(c.notify.route->routes.size(), 1u);
  EXPECT_TRUE(c.notify.route->routes[0].continue_matching);
  EXPECT_FALSE(c.notify.receivers.at(0).webhook_configs.at(0).send_resolved);
  EXPECT_EQ(c.notify.alertmanagers.at(0).url, "http://127.0.0.1:9093");
  EXPECT_EQ(c.log.level, LogLevel::kDebug);
  EXPECT_TRUE(c.log.json);
}

TEST(ParseConfig, EmptyTextIsTheDefaultConfiguration) {
  const ParsedConfig parsed = ParseConfig("c.yaml", "");
  EXPECT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.config.listen, "127.0.0.1:2353");
  EXPECT_EQ(parsed.config.rules.interval, Duration(minutes(1)));
  EXPECT_EQ(parsed.config.rules.history, Duration(hours(2)));
}

struct BadCase {
  const char* name;
  const char* text;
  const char* says;
};

class BadConfig : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadConfig, IsRefusedWithItsPlace) {
  const ParsedConfig parsed = ParseConfig("c.yaml", GetParam().text);
  ASSERT_FALSE(parsed.problems.empty());
  EXPECT_NE(AsError(parsed.problems).message.find(GetParam().says), std::string::npos)
      << AsError(parsed.problems).message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadConfig,
    ::testing::Values(
        BadCase{"UnknownKey", "rules:\n  intervall: 1m\n", "c.yaml:2:3: unknown field \"rules.intervall\""},
        BadCase{"UnknownTopKey", "tls: {}\n", "c.yaml:1:1: unknown field \"tls\""},
        BadCase{"WrongType", "manifests: 7\n", "c.yaml:1:12: manifests"},
        BadCase{"Listen", "listen: nowhere\n", "c.yaml:1:9: listen"},
        BadCase{"Duration", "rules: {interval: soon}\n", "rules.interval"},
        BadCase{"ShortHistory", "rules: {history: 1s}\n", "must be at least 1m"},
        BadCase{"ShortInterval", "rules: {interval: 1ms}\n", "must be at least 100ms"},
        BadCase{"RelativeMount", "runtime: {images: [{match: a, mounts: {app: /x}}]}\n", "must be absolute"},
        BadCase{"ImageWithoutMatch", "runtime: {images: [{command: [x]}]}\n", "runtime.images[0].match"},
        BadCase{"ClaimWithoutNamespace", "runtime: {claims: {etl: /x}}\n", "must be namespace/name"},
        BadCase{"ClaimAtARelativePath", "runtime: {claims: {batch/etl: x}}\n", "must be absolute"},
        BadCase{"AliasOfAName", "runtime: {hostAliases: {redis: localhost}}\n", "must be an IP address"},
        BadCase{"AliasOfTwoWords", "runtime: {hostAliases: {a b: 127.0.0.1}}\n",
                "must be the name of a host"},
        BadCase{"UnknownReceiver", "notify: {route: {receiver: nobody}}\n", "notify.route.receiver"},
        BadCase{"LogLevel", "log: {level: loud}\n", "supported values: debug, info, warn, error"},
        BadCase{"TwoDocuments", "listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n", "one document"}),
    [](const auto& info) { return info.param.name; });

TEST(ParseConfig, TellsEveryMistakeAtOnce) {
  EXPECT_EQ(ParseConfig("c.yaml", "a: 1\nb: 2\nlog: {level: loud}\n").problems.size(), 3u);
}

TEST(LoadConfig, UnreadableFileIsAProblem) {
  const FakeFileSystem files;
  const ParsedConfig parsed = LoadConfig(files, "/none.yaml");
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_NE(parsed.problems[0].message.find("/none.yaml: No such file or directory"), std::string::npos);
}

TEST(CheckListener, WantsMoreWordsForAddressesOthersReach) {
  Config config;
  EXPECT_TRUE(CheckListener(config).ok());
  config.listen = "0.0.0.0:2353";
  EXPECT_NE(CheckListener(config).error().message.find("listenInsecurely"), std::string::npos);
  config.listen_insecurely = true;
  EXPECT_NE(CheckListener(config).error().message.find("auth.tokenFile"), std::string::npos);
  config.token_file = "/token";
  EXPECT_TRUE(CheckListener(config).ok());
}

}  // namespace
}  // namespace belfry::cli
