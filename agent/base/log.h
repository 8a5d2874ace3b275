// The agent's log, for its operator: a constant message and key=value pairs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "agent/base/result.h"

namespace belfry {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

// One `key=value` of a log line; the value is quoted where it needs to be.
struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, const Error& error) : key(k), value(error.message) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <class T>
  requires std::is_arithmetic_v<T> LogField(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;  // one JSON object a line instead of logfmt-like text
};

// Where log lines go: standard error. Thread: any; call SetUpLog before the second thread starts.
void SetUpLog(const LogOptions& options);

// `logger` is the room's name. Secrets never go in here. Thread: any.
void Log(LogLevel level, std::string_view logger, std::string_view message,
         std::initializer_list<LogField> fields = {});

inline void LogInfo(std::string_view logger, std::string_view message,
                    std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kInfo, logger, message, f);
}
inline void LogWarn(std::string_view logger, std::string_view message,
                    std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kWarn, logger, message, f);
}
inline void LogError(std::string_view logger, std::string_view message,
                     std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kError, logger, message, f);
}

}  // namespace belfry
