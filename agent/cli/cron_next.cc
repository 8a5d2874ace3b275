#include "agent/cli/cron_next.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "agent/cron/next.h"

namespace belfry::cli {
namespace {

cron::Profile ProfileOf(const std::string& name) {
  if (name == "spark") return cron::Profile::kSpark;
  return name == "aws" ? cron::Profile::kAws : cron::Profile::kKubernetes;
}

Result<cron::Zone> ZoneFor(const CronNextCommand& command, const cron::Schedule& schedule) {
  if (!command.time_zone.empty()) {
    auto named = cron::CheckTimeZoneName(command.time_zone);
    if (!named.ok())
      return Annotate(std::move(named).error(), fmt::format("--time-zone \"{}\"", command.time_zone));
    return cron::ChooseZone(schedule, command.time_zone);
  }
  return schedule.time_zone.empty() ? cron::Zone() : cron::ChooseZone(schedule, std::nullopt);
}

std::string RenderText(const std::vector<Instant>& next, const cron::Zone& zone) {
  std::string text;
  for (const Instant t : next) text += fmt::format("{}  {}\n", cron::FormatInZone(t, zone), FormatRfc3339(t));
  return text.empty() ? "never\n" : text;
}

std::string RenderJson(const CronNextCommand& command, const std::vector<Instant>& next,
                       const cron::Zone& zone) {
  nlohmann::ordered_json times = nlohmann::ordered_json::array();
  for (const Instant t : next) times.push_back(FormatRfc3339(t));
  const nlohmann::ordered_json document = {
      {"schedule", command.expression}, {"timeZone", zone.name()}, {"next", std::move(times)}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<Instant> ParseTimeArgument(std::string_view text, Instant now) {
  if (!text.starts_with("now")) return ParseRfc3339(text);
  const std::string_view offset = text.substr(3);
  if (offset.empty()) return now;
  if (offset[0] != '+' && offset[0] != '-') {
    return Error{Code::kInvalid, fmt::format("\"{}\" is not a time such as now+24h", text)};
  }
  ASSIGN_OR_RETURN(const Duration d, ParseDuration(offset));
  return now + d;
}

Result<std::string> CronNext(const CronNextCommand& command, Instant now) {
  const auto parsed = cron::ParseExpression(command.expression, ProfileOf(command.profile));
  if (const auto* error = std::get_if<cron::ParseError>(&parsed)) {
    return Error{Code::kInvalid, cron::RenderParseError(command.expression, *error)};
  }
  const auto& schedule = std::get<cron::Schedule>(parsed);
  ASSIGN_OR_RETURN(const cron::Zone zone, ZoneFor(command, schedule));
  ASSIGN_OR_RETURN(const Instant from, ParseTimeArgument(command.from, now));
  const auto next = cron::NextInstants(schedule, zone, from, static_cast<size_t>(command.count));
  return command.output == Output::kJson ? RenderJson(command, next, zone) : RenderText(next, zone);
}

}  // namespace belfry::cli
