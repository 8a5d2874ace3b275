#include "agent/base/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

namespace belfry {
namespace {

constexpr const char* kLoggerName = "belfry";
// The pattern tells the writer below which form is wanted; spdlog keeps it with the logger.
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%fZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";
constexpr const char* kJsonLoggerName = "belfry-json";

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// `"text"` with JSON's escapes; bytes below blank become \u00XX, so that one entry stays one line.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\n\t\r\\") != std::string_view::npos;
}

std::string AsText(std::string_view logger, std::string_view message,
                   std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{}: {}", logger, message);
  for (const LogField& field : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", field.key);
    if (NeedsQuotes(field.value)) {
      AppendQuoted(field.value, line);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string AsJson(std::string_view logger, std::string_view message,
                   std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"("logger":"{}","message":)", logger);
  AppendQuoted(message, line);
  for (const LogField& field : fields) {
    fmt::format_to(std::back_inserter(line), R"(,"{}":)", field.key);
    AppendQuoted(field.value, line);
  }
  return line;
}

}  // namespace

void SetUpLog(const LogOptions& options) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger =
      std::make_shared<spdlog::logger>(options.json ? kJsonLoggerName : kLoggerName, std::move(sink));
  logger->set_level(LevelOf(options.level));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      options.json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

void Log(LogLevel level, std::string_view logger, std::string_view message,
         std::initializer_list<LogField> fields) {
  spdlog::logger* const out = spdlog::default_logger_raw();
  if (!out->should_log(LevelOf(level))) return;
  const bool json = out->name() == kJsonLoggerName;
  out->log(LevelOf(level), "{}", json ? AsJson(logger, message, fields) : AsText(logger, message, fields));
}

}  // namespace belfry
