#include "agent/http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace belfry::http {
namespace {

constexpr std::pair<int, std::string_view> kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Payload Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Entity"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

bool IsFraming(std::string_view name) {
  const HeaderLess less;
  const auto same = [&](std::string_view other) { return !less(name, other) && !less(other, name); };
  return same("Content-Length") || same("Transfer-Encoding") || same("Connection") || same("Date");
}

void AppendHeader(std::string_view name, std::string_view value, std::string& out) {
  const auto clean = [&out](std::string_view text) {
    std::transform(text.begin(), text.end(), std::back_inserter(out),
                   [](char c) { return c == '\r' || c == '\n' || c == '\0' ? ' ' : c; });
  };
  clean(name);
  out += ": ";
  clean(value);
  out += "\r\n";
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const auto* const it = std::find_if(std::begin(kReasons), std::end(kReasons),
                                      [&](const auto& r) { return r.first == status; });
  return it == std::end(kReasons) ? "Unknown" : it->second;
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

std::string FormatHttpDate(Instant t) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<seconds>(t - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string FormatHead(int status, const Headers& headers, const HeadOptions& options) {
  std::string out =
      fmt::format("HTTP/1.{} {} {}\r\n", options.http_1_0 ? 0 : 1, status, ReasonPhrase(status));
  for (const auto& [name, value] : headers) {
    if (!IsFraming(name)) AppendHeader(name, value, out);
  }
  if (!options.date.empty()) AppendHeader("Date", options.date, out);
  if (options.content_length) AppendHeader("Content-Length", std::to_string(*options.content_length), out);
  if (options.chunked) AppendHeader("Transfer-Encoding", "chunked", out);
  if (!options.keep_alive) AppendHeader("Connection", "close", out);
  if (options.keep_alive && options.http_1_0) AppendHeader("Connection", "keep-alive", out);
  return out += "\r\n";
}

}  // namespace belfry::http
