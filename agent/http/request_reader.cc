#include "agent/http/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace belfry::http {
namespace {

namespace beast = boost::beast::http;
using BeastParser = beast::request_parser<beast::string_body>;

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

Refusal FromParser(boost::system::error_code error) {
  if (error == beast::error::header_limit) return {431, "request header too large"};
  if (error == beast::error::body_limit) return {413, "request body too large"};
  if (error == beast::error::bad_version) return {505, "HTTP version not supported"};
  return {400, "malformed request: " + error.message()};
}

// Path and query of a request target: origin form, absolute form (sent to proxies, and to be understood by
// all) or `*`.
std::optional<std::pair<std::string_view, std::string_view>> SplitTarget(std::string_view target) {
  if (const size_t scheme = target.find("://");
      !target.starts_with('/') && scheme != std::string_view::npos) {
    const size_t slash = target.find_first_of("/?", scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  const size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  if (path.empty()) path = "/";
  if (!path.starts_with('/') && path != "*") return std::nullopt;
  return std::pair(path, target.substr(std::min(question + 1, target.size())));
}

bool BadEscapes(std::string_view path) {
  for (size_t i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1)) {
    if (PercentDecode(path.substr(i, 3), false).size() != 1) return true;
  }
  return PercentDecode(path, false).find('\0') != std::string::npos;
}

}  // namespace

struct RequestReader::Parser : BeastParser {
  explicit Parser(const ReaderLimits& limits) {
    header_limit(limits.header_bytes);
    body_limit(limits.body_bytes);
    eager(true);
  }
};

RequestReader::RequestReader(ReaderLimits limits)
    : limits_(limits), parser_(std::make_unique<Parser>(limits)) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::Feed(std::string& bytes) {
  // An empty line before a request is allowed: old clients end a form with one too many.
  if (!started()) bytes.erase(0, std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  while (!bytes.empty()) {
    boost::system::error_code error;
    const size_t used = parser_->put(boost::asio::buffer(bytes), error);
    bytes.erase(0, used);
    if (error && error != beast::error::need_more) {
      refusal_ = FromParser(error);
      return Progress::kRefused;
    }
    if (parser_->is_header_done() && !std::exchange(head_checked_, true)) {
      if (auto refusal = CheckHead()) return Refuse(refusal->status, std::move(refusal->text));
    }
    if (parser_->is_done()) return Progress::kDone;
    if (error == beast::error::need_more || used == 0) break;
  }
  // What the parser leaves unread of an unfinished head waits in `bytes`; the limit holds for it too.
  if (!head_done() && bytes.size() > limits_.header_bytes) return Refuse(431, "request header too large");
  return Progress::kNeedMore;
}

RequestReader::Progress RequestReader::Refuse(int status, std::string text) {
  refusal_ = {status, std::move(text)};
  return Progress::kRefused;
}

std::optional<Refusal> RequestReader::CheckHead() const {
  const auto& head = parser_->get();
  if (const auto range = head.equal_range(beast::field::transfer_encoding); range.first != range.second) {
    if (std::next(range.first) != range.second)
      return Refusal{400, "malformed request: two Transfer-Encoding headers"};
    if (!boost::beast::iequals(range.first->value(), "chunked")) {
      return Refusal{501, "transfer coding not supported: only chunked is"};
    }
    if (head.count(beast::field::content_length) > 0) {
      return Refusal{400, "malformed request: Content-Length and Transfer-Encoding together"};
    }
  }
  if (head.count(beast::field::host) > 1) return Refusal{400, "malformed request: two Host headers"};
  if (!http_1_0() && head.count(beast::field::host) == 0) {
    return Refusal{400, "malformed request: missing Host header"};
  }
  const auto target = SplitTarget(View(head.target()));
  if (!target || BadEscapes(target->first)) return Refusal{400, "malformed request: bad target"};
  return std::nullopt;
}

bool RequestReader::started() const { return parser_->got_some(); }
bool RequestReader::head_done() const { return parser_->is_header_done(); }
bool RequestReader::keep_alive() const { return parser_->keep_alive(); }
bool RequestReader::http_1_0() const { return parser_->get().version() < 11; }

bool RequestReader::TakeExpectContinue() {
  if (!head_checked_ || std::exchange(expect_continue_, true)) return false;
  return !http_1_0() && !parser_->is_done() &&
         boost::beast::iequals(parser_->get()[beast::field::expect], "100-continue");
}

Request RequestReader::Take() {
  Request request;
  auto& head = parser_->get();
  request.method = View(head.method_string());
  const auto target = SplitTarget(View(head.target()));
  request.path = PercentDecode(target->first, false);
  request.query = target->second;
  for (const auto& field : head) {
    request.headers.emplace(View(field.name_string()), View(field.value()));
  }
  request.body = std::move(head.body());
  parser_ = std::make_unique<Parser>(limits_);
  head_checked_ = expect_continue_ = false;
  return request;
}

}  // namespace belfry::http
