#include "agent/cli/command_line.h"

#include <gtest/gtest.h>

#include "agent/cli/cron_next.h"

namespace belfry::cli {
namespace {

Result<Command> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "belfry");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, ReadsAgent) {
  const auto command = Parse({"agent", "-f", "a", "-f", "b", "--listen", "127.0.0.1:0", "--data-dir", "/d"});
  ASSERT_TRUE(command.ok()) << command.error().message;
  const auto& agent = std::get<AgentCommand>(*command);
  EXPECT_EQ(agent.manifests, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(agent.listen, "127.0.0.1:0");
  EXPECT_EQ(agent.data_dir, "/d");
  EXPECT_EQ(agent.config, "");
}

TEST(CommandLine, ReadsRunFromStandardInput) {
  const auto command = Parse({"run", "-f", "-", "-o", "json", "--timeout", "5s"});
  ASSERT_TRUE(command.ok()) << command.error().message;
  const auto& run = std::get<RunCommand>(*command);
  EXPECT_EQ(run.manifests, std::vector<std::string>{"-"});
  EXPECT_EQ(run.output, Output::kJson);
  EXPECT_EQ(run.timeout, "5s");
}

TEST(CommandLine, ReadsCronNextWithAStarFirst) {
  const auto command = Parse({"cron", "next", "* * * * *", "--count", "3", "--time-zone", "Asia/Tokyo"});
  ASSERT_TRUE(command.ok()) << command.error().message;
  EXPECT_EQ(std::get<CronNextCommand>(*command).expression, "* * * * *");
  EXPECT_EQ(std::get<CronNextCommand>(*command).count, 3);
}

TEST(CommandLine, HandsTheSupervisorItsOwnArguments) {
  const auto command = Parse({"supervisor", "--data-dir", "/d", "--agent-fd", "3"});
  ASSERT_TRUE(command.ok()) << command.error().message;
  EXPECT_EQ(std::get<SupervisorCommand>(*command).arguments,
            (std::vector<std::string>{"--data-dir", "/d", "--agent-fd", "3"}));
}

TEST(CommandLine, ClientsOfARunningAgent) {
  const auto create =
      Parse({"create", "job", "x", "--from=cronjob/etl", "-n", "prod", "--server", "http://h:1"});
  ASSERT_TRUE(create.ok()) << create.error().message;
  const auto& job = std::get<CreateJobCommand>(*create);
  EXPECT_EQ(job.name, "x");
  EXPECT_EQ(job.from, "cronjob/etl");
  EXPECT_EQ(job.ns, "prod");
  EXPECT_EQ(job.agent.url, "http://h:1");
  const auto backfill =
      Parse({"backfill", "etl", "--from", "now-2h", "--to", "now", "--dry-run", "-o", "json"});
  ASSERT_TRUE(backfill.ok()) << backfill.error().message;
  const auto& past = std::get<BackfillCommand>(*backfill);
  EXPECT_EQ(past.cronjob, "etl");
  EXPECT_EQ(past.ns, "default");
  EXPECT_TRUE(past.dry_run);
  EXPECT_EQ(past.output, Output::kJson);
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"create"},
                                                                     {"create", "job"},
                                                                     {"create", "job", "x"},
                                                                     {"backfill", "etl"},
                                                                     {"backfill", "etl", "--from", "now"}}) {
    EXPECT_FALSE(Parse(arguments).ok());
  }
}

TEST(CommandLine, SaysWhatIsWrong) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{},
                                             {"frobnicate"},
                                             {"run"},
                                             {"check"},
                                             {"check", "manifests"},
                                             {"cron", "next"},
                                             {"run", "-f", "x", "-o", "xml"},
                                             {"cron", "next", "@hourly", "--count", "0"},
                                             {"version", "--loud"}}) {
    const auto command = Parse(arguments);
    ASSERT_FALSE(command.ok());
    EXPECT_EQ(command.error().code, Code::kInvalid);
    EXPECT_TRUE(command.error().message.starts_with("usage: ")) << command.error().message;
  }
}

TEST(CommandLine, HelpIsNoError) {
  const auto command = Parse({"--help"});
  ASSERT_TRUE(command.ok());
  EXPECT_NE(std::get<HelpCommand>(*command).text.find("agent"), std::string::npos);
}

TEST(TimeArgument, KnowsNowAndOffsets) {
  const Instant now = FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(ParseTimeArgument("now", now).value(), now);
  EXPECT_EQ(ParseTimeArgument("now+24h", now).value(), now + hours(24));
  EXPECT_EQ(ParseTimeArgument("now-30m", now).value(), now - minutes(30));
  EXPECT_EQ(ParseTimeArgument("1970-01-01T00:00:00Z", now).value(), Instant());
  for (const char* text : {"", "nowish", "now+", "tomorrow"})
    EXPECT_FALSE(ParseTimeArgument(text, now).ok()) << text;
}

TEST(CronNext, PointsAtTheFault) {
  const auto next = CronNext({.expression = "61 * * * *"}, Instant());
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().message, "end of range (61) above maximum (59): 61\n  61 * * * *\n  ^^");
}

TEST(CronNext, RefusesAnUnknownZone) {
  const auto next = CronNext({.expression = "@hourly", .time_zone = "Mars/Olympus"}, Instant());
  ASSERT_FALSE(next.ok());
  EXPECT_NE(next.error().message.find("unknown time zone Mars/Olympus"), std::string::npos);
}

TEST(CronNext, TextShowsTheZonesClockAndUtc) {
  const Instant from = *ParseRfc3339("2026-03-28T00:00:00Z");
  EXPECT_EQ(*CronNext({.expression = "30 2 * * *", .time_zone = "Europe/Berlin", .count = 2}, from),
            "2026-03-28T02:30:00+01:00  2026-03-28T01:30:00Z\n"
            "2026-03-30T02:30:00+02:00  2026-03-30T00:30:00Z\n");
  EXPECT_EQ(*CronNext({.expression = "0 0 30 2 *"}, from), "never\n");
}

TEST(CronNext, JsonIsOneDocument) {
  EXPECT_EQ(*CronNext({.expression = "0 12 * * *",
                       .time_zone = "Europe/Berlin",
                       .from = "2026-07-01T00:00:00Z",
                       .count = 1,
                       .output = Output::kJson},
                      Instant()),
            "{\n  \"schedule\": \"0 12 * * *\",\n  \"timeZone\": \"Europe/Berlin\",\n  \"next\": [\n"
            "    \"2026-07-01T10:00:00Z\"\n  ]\n}\n");
}

TEST(CronNext, Profiles) {
  const Instant from = *ParseRfc3339("2026-01-01T00:00:00Z");
  EXPECT_EQ(*CronNext({.expression = "CRON_TZ=Asia/Tokyo 0 9 * * *", .profile = "spark", .count = 1}, from),
            "2026-01-02T09:00:00+09:00  2026-01-02T00:00:00Z\n");
  EXPECT_EQ(*CronNext({.expression = "cron(0 10 ? * MON-FRI *)", .profile = "aws", .count = 1}, from),
            "2026-01-01T10:00:00Z  2026-01-01T10:00:00Z\n");
  EXPECT_FALSE(CronNext({.expression = "CRON_TZ=Asia/Tokyo 0 9 * * *"}, from).ok());
  EXPECT_FALSE(CronNext({.expression = "0 9 * * *", .profile = "aws"}, from).ok());
  EXPECT_FALSE(
      CronNext({.expression = "CRON_TZ=Asia/Tokyo 0 9 * * *", .time_zone = "UTC", .profile = "spark"}, from)
          .ok());
}

TEST(CronNext, BadInputIsAnErrorNeverMore) {
  for (const std::string& text :
       {std::string(), std::string(" "), std::string("\0\xff\x01", 3), std::string(1 << 20, '*'),
        std::string("* * * * * *"), std::string("@every x")}) {
    EXPECT_EQ(CronNext({.expression = text}, Instant()).error().code, Code::kInvalid);
  }
  EXPECT_FALSE(CronNext({.expression = "@hourly", .from = "soon"}, Instant()).ok());
}

}  // namespace
}  // namespace belfry::cli
