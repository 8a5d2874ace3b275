#include "rules/notify/routing.h"

#include <gtest/gtest.h>

#include "rules/notify/matchers.h"

namespace belfry::notify {
namespace {

TEST(ParseMatchers, ReadsEveryForm) {
  struct Case {
    std::string text, want;
  };
  for (const Case& c : std::vector<Case>{
           {"team=x", R"({team="x"})"},
           {" team = x y ", R"({team="x y"})"},
           {R"(team="x, y")", R"({team="x, y"})"},
           {R"(severity=~"a|b")", R"({severity=~"a|b"})"},
           {R"({b!~"d",a!="c"})", R"({a!="c",b!~"d"})"},
           {R"({a="b",})", R"({a="b"})"},
           {"{}", "{}"},
           {"a=", R"({a=""})"},
           {R"("with space"="q\"\\\n")", "{with space=\"q\\\"\\\\\\n\"}"},
           {R"(a=~"\d+")", R"({a=~"\\d+"})"},
       }) {
    const auto matchers = ParseMatchers(c.text);
    ASSERT_TRUE(matchers.ok()) << c.text << ": " << matchers.error().message;
    EXPECT_EQ(FormatMatchers(*matchers), c.want) << c.text;
  }
}

TEST(ParseMatchers, RefusesWithTheTextAndTheReason) {
  for (const std::string text :
       {"", "team", "=x", "{a=b", "a=b}", R"(a="b)", "a=~(", "a==b\"", "a=b c=\"d\"", "{,}", "a?b"}) {
    const auto matchers = ParseMatchers(text);
    ASSERT_FALSE(matchers.ok()) << text;
    EXPECT_EQ(matchers.error().code, Code::kInvalid);
    EXPECT_TRUE(matchers.error().message.starts_with("matcher \"" + text + "\": "))
        << matchers.error().message;
  }
}

Route Tree() {
  return {.receiver = "default",
          .group_by = {{"alertname"}},
          .routes = {{.receiver = "db",
                      .matchers = {"team=db"},
                      .group_wait = seconds(1),
                      .routes = {{.receiver = "pager", .matchers = {R"(severity=~"page|critical")"}}}},
                     {.receiver = "audit", .matchers = {"audit=yes"}, .continue_matching = true},
                     {.group_by = {{"..."}}, .matchers = {"team=web"}, .group_interval = minutes(1)}}};
}

std::vector<std::string> Receivers(const model::Labels& labels) {
  const Routing routing(Tree());
  std::vector<std::string> out;
  for (const size_t route : routing.Match(labels)) out.push_back(routing.node(route).receiver);
  return out;
}

TEST(Routing, FirstMatchingChildTakesTheAlertUnlessItContinues) {
  using List = std::vector<std::string>;
  EXPECT_EQ(Receivers({}), List{"default"});
  EXPECT_EQ(Receivers({{"team", "db"}}), List{"db"});
  EXPECT_EQ(Receivers({{"team", "db"}, {"severity", "page"}}), List{"pager"});
  EXPECT_EQ(Receivers({{"team", "db"}, {"severity", "pages"}}), List{"db"}) << "expressions are anchored";
  EXPECT_EQ(Receivers({{"team", "db"}, {"audit", "yes"}}), List{"db"});
  EXPECT_EQ(Receivers({{"audit", "yes"}}), List{"audit"});
  EXPECT_EQ(Receivers({{"audit", "yes"}, {"team", "web"}}), (List{"audit", "default"}));
}

TEST(Routing, ChildrenInheritAllButMatchersAndContinue) {
  const Routing routing(Tree());
  const RouteNode& pager = routing.node(routing.Match({{"team", "db"}, {"severity", "page"}}).front());
  EXPECT_EQ(pager.group_wait, seconds(1));
  EXPECT_EQ(pager.group_interval, minutes(5));
  EXPECT_EQ(pager.repeat_interval, hours(4));
  EXPECT_EQ(pager.group_by, std::vector<std::string>{"alertname"});
  EXPECT_EQ(pager.key, R"({}/{team="db"}/{severity=~"page|critical"})");
}

TEST(Routing, GroupsByTheLabelsOfTheRoute) {
  const Routing routing(Tree());
  const model::Labels labels = {{"alertname", "A"}, {"team", "db"}, {"pod", "p"}};
  const RouteNode& db = routing.node(routing.Match(labels).front());
  EXPECT_EQ(GroupLabels(db, labels), (model::Labels{{"alertname", "A"}}));
  EXPECT_EQ(GroupKey(db, GroupLabels(db, labels)), R"({}/{team="db"}:{alertname="A"})");
  const model::Labels web = {{"team", "web"}, {"pod", "p"}};
  const RouteNode& all = routing.node(routing.Match(web).front());
  EXPECT_EQ(GroupKey(all, GroupLabels(all, web)), R"({}/{team="web"}:{pod="p", team="web"})");
}

NotifyConfig Good() {
  return {.route = Route{.receiver = "r"},
          .receivers = {{.name = "r", .webhook_configs = {{.url = "http://h/"}}}},
          .alertmanagers = {{.url = "http://am:9093"}}};
}

TEST(Validate, AcceptsWhatIsGood) {
  EXPECT_EQ(Validate(Good()), std::vector<ConfigProblem>());
  EXPECT_EQ(Validate({}), std::vector<ConfigProblem>());
}

TEST(Validate, NamesTheFieldOfEveryMistake) {
  struct Case {
    std::string path;
    std::function<void(NotifyConfig&)> change;
  };
  const auto webhook = [](NotifyConfig& c) -> WebhookConfig& { return c.receivers[0].webhook_configs[0]; };
  for (const Case& c : std::vector<Case>{
           {"route", [](auto& n) { n.route.reset(); }},
           {"route.receiver", [](auto& n) { n.route->receiver = ""; }},
           {"route.receiver", [](auto& n) { n.route->receiver = "x"; }},
           {"route.matchers", [](auto& n) { n.route->matchers = {"a=b"}; }},
           {"route.continue", [](auto& n) { n.route->continue_matching = true; }},
           {"route.routes[0].receiver", [](auto& n) { n.route->routes = {{.receiver = "x"}}; }},
           {"route.routes[0].matchers", [](auto& n) { n.route->routes = {{.matchers = {"a=~("}}}; }},
           {"route.routes[0].matchers",
            [](auto& n) {
              n.route->routes = {{.match_re = {{"a", "("}}}};
            }},
           {"route.group_by",
            [](auto& n) {
              n.route->group_by = {{"a", "a"}};
            }},
           {"route.group_by",
            [](auto& n) {
              n.route->group_by = {{"...", "a"}};
            }},
           {"route.group_interval", [](auto& n) { n.route->group_interval = seconds(0); }},
           {"route.repeat_interval", [](auto& n) { n.route->repeat_interval = seconds(-1); }},
           {"route.group_wait", [](auto& n) { n.route->group_wait = seconds(-1); }},
           {"receivers[1].name", [](auto& n) { n.receivers.push_back({.name = "r"}); }},
           {"receivers[1].name", [](auto& n) { n.receivers.push_back({}); }},
           {"receivers[0].webhook_configs[0].url", [&](auto& n) { webhook(n).url = ""; }},
           {"receivers[0].webhook_configs[0].url", [&](auto& n) { webhook(n).url = "file:///x"; }},
           {"receivers[0].webhook_configs[0].timeout", [&](auto& n) { webhook(n).timeout = seconds(0); }},
           {"receivers[0].webhook_configs[0].http_config",
            [&](auto& n) { webhook(n).http_config = {.credentials = "a", .username = "b"}; }},
           {"receivers[0].webhook_configs[0].http_config.basic_auth.username",
            [&](auto& n) { webhook(n).http_config = {.password = "b"}; }},
           {"alertmanagers[0].url", [](auto& n) { n.alertmanagers[0].url = "am:9093"; }},
           {"externalLabels", [](auto& n) { n.external_labels["__name__"] = "x"; }},
       }) {
    NotifyConfig config = Good();
    c.change(config);
    const auto problems = Validate(config);
    ASSERT_EQ(problems.size(), 1U) << c.path;
    EXPECT_EQ(problems[0].path, c.path);
    EXPECT_FALSE(problems[0].message.empty());
  }
}

TEST(Validate, BoundsTheDepthOfRoutes) {
  NotifyConfig config = Good();
  Route deep;
  for (int i = 0; i < 100; ++i) deep = Route{.routes = {deep}};
  config.route->routes = {deep};
  ASSERT_EQ(Validate(config).size(), 1U);
}

}  // namespace
}  // namespace belfry::notify
