// The bytes before a response's body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "agent/http/message.h"

namespace belfry::http {

// "OK" for 200; "Unknown" for codes without a name.
std::string_view ReasonPhrase(int status);

// 1xx, 204 and 304 have no body and no Content-Length.
bool HasBody(int status);

// `Sun, 06 Nov 1994 08:49:37 GMT`: RFC 9110's date.
std::string FormatHttpDate(Instant t);

struct HeadOptions {
  std::optional<uint64_t> content_length;  // nullopt: as `chunked` says
  bool chunked = false;
  bool keep_alive = true;
  bool http_1_0 = false;
  std::string_view date;
};

// Status line and headers up to the empty line. What frames the message (Content-Length, Transfer-Encoding,
// Connection, Date) is decided here; such headers of the handler are dropped, and line breaks in values
// become spaces, so that no value makes a header.
std::string FormatHead(int status, const Headers& headers, const HeadOptions& options);

}  // namespace belfry::http
