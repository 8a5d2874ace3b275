#include "agent/http/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "agent/base/check.h"

namespace belfry::http {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, FreeEasy>;

// One request on its way. libcurl keeps pointers into it.
struct Transfer {
  ClientRequest request;
  std::function<void(Result<Response>)> done;
  EasyHandle easy{curl_easy_init()};
  std::unique_ptr<curl_slist, FreeList> headers;
  Response response;
  bool too_large = false;
};

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.request.max_response_bytes) {
    transfer.too_large = true;
    return 0;  // ends the transfer
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& response = static_cast<Transfer*>(user)->response;
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // of the answer after a redirect or a 100, too: only the last one counts
    response.headers.clear();
    response.body.clear();
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  const std::string_view name = line.substr(0, colon);
  line.remove_prefix(colon + 1);
  line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  line = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
  response.headers.emplace(name, line);
  return size * count;
}

void SetMethod(CURL* easy, const ClientRequest& request) {
  const bool body = !request.body.empty() || request.method == "POST";
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  const bool implied = body ? request.method == "POST" : request.method == "GET" || request.method == "HEAD";
  if (!implied) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void SetHeaders(Transfer& transfer) {
  curl_slist* list = nullptr;
  for (const auto& [name, value] : transfer.request.headers) {
    // With a semicolon libcurl sends a header without a value; with a colon it would remove it.
    list = curl_slist_append(list, (name + (value.empty() ? ";" : ": " + value)).c_str());
  }
  list = curl_slist_append(list, "Expect:");  // or large bodies wait a second for servers that do not know it
  if (Find(transfer.request.headers, "Content-Type").empty()) list = curl_slist_append(list, "Content-Type:");
  transfer.headers.reset(list);
  curl_easy_setopt(transfer.easy.get(), CURLOPT_HTTPHEADER, list);
}

void SetPolicy(CURL* easy, const ClientRequest& request) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.max_redirects > 0 ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(request.max_redirects));
  const auto timeout = std::chrono::duration_cast<milliseconds>(request.timeout).count();
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(timeout, 1)));
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.insecure_skip_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.insecure_skip_verify ? 0L : 2L);
}

Code CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Code::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Code::kInvalid;
    case CURLE_OUT_OF_MEMORY:
      return Code::kResourceExhausted;
    default:
      return Code::kUnavailable;
  }
}

// Path, query and user information of a URL may be secrets (webhooks are); messages go into logs.
std::string WithoutSecrets(const std::string& text) {
  const auto url = ParseUrl(text);
  if (!url) return "a URL that is not one";
  const std::string host = url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]";
  return url->scheme + "://" + host + ":" + std::to_string(url->port);
}

std::string What(const ClientRequest& request) { return request.method + " " + WithoutSecrets(request.url); }

// What cannot be sent at all.
std::optional<Error> Check(const ClientRequest& request) {
  if (!ParseUrl(request.url))
    return Error{Code::kInvalid, request.method + ": the URL is not an absolute http or https URL"};
  if (HasLineBreak(request.method)) return Error{Code::kInvalid, "a method with a line break"};
  for (const auto& [name, value] : request.headers) {
    if (HasLineBreak(name) || HasLineBreak(value)) {
      return Error{Code::kInvalid, What(request) + ": header " + name + " has a line break"};
    }
  }
  return std::nullopt;
}

Result<Response> Outcome(Transfer& transfer, CURLcode code) {
  const std::string what = What(transfer.request);
  if (transfer.too_large) {
    return Error{Code::kTooLarge, what + ": the answer is longer than " +
                                      std::to_string(transfer.request.max_response_bytes) + " bytes"};
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Error{Code::kTimeout, what + ": no answer within " + FormatDuration(transfer.request.timeout)};
  }
  // With redirects left over, the redirect itself is the answer.
  if (code != CURLE_OK && code != CURLE_TOO_MANY_REDIRECTS) {
    return Error{CodeOf(code), what + ": " + curl_easy_strerror(code)};
  }
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace

struct CurlHttpClient::State : std::enable_shared_from_this<State> {
  explicit State(EventLoop& l);
  ~State();

  void Add(std::unique_ptr<Transfer> transfer);
  void Act(curl_socket_t socket, int events);
  void Collect();
  static int OnSocket(CURL*, curl_socket_t socket, int what, void* user, void*);
  static int OnTimer(CURLM*, long timeout_ms, void* user);

  EventLoop& loop;
  bool closed = false;
  CURLM* multi = nullptr;
  Timer timer;
  std::map<curl_socket_t, WatchId> watches;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers;
};

CurlHttpClient::State::State(EventLoop& l) : loop(l), timer(l) {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  multi = curl_multi_init();
  CHECK(multi != nullptr);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &State::OnSocket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &State::OnTimer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

CurlHttpClient::State::~State() {
  for (const auto& [easy, transfer] : transfers) curl_multi_remove_handle(multi, easy);
  transfers.clear();
  curl_multi_cleanup(multi);
  for (const auto& [socket, watch] : watches) loop.Unwatch(watch);
  curl_global_cleanup();
}

void CurlHttpClient::State::Add(std::unique_ptr<Transfer> transfer) {
  CURL* const easy = transfer->easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, transfer->request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
  SetPolicy(easy, transfer->request);
  SetMethod(easy, transfer->request);
  SetHeaders(*transfer);
  transfers.emplace(easy, std::move(transfer));
  CHECK(curl_multi_add_handle(multi, easy) == CURLM_OK);
}

// libcurl calls this from inside its own functions: the loop is told, libcurl is not called back.
int CurlHttpClient::State::OnSocket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  auto& self = *static_cast<State*>(user);
  if (const auto it = self.watches.find(socket); it != self.watches.end()) {
    self.loop.Unwatch(it->second);
    self.watches.erase(it);
  }
  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) return 0;
  const FdEvents interest{.readable = (what & CURL_POLL_IN) != 0, .writable = (what & CURL_POLL_OUT) != 0};
  self.watches[socket] = self.loop.Watch(socket, interest, [&self, socket](FdEvents ready) {
    self.Act(socket, (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0));
  });
  return 0;
}

int CurlHttpClient::State::OnTimer(CURLM*, long timeout_ms, void* user) {
  auto& self = *static_cast<State*>(user);
  if (timeout_ms < 0) {
    self.timer.Cancel();
  } else {
    self.timer.RunAfter(milliseconds(timeout_ms), [&self] { self.Act(CURL_SOCKET_TIMEOUT, 0); });
  }
  return 0;
}

void CurlHttpClient::State::Act(curl_socket_t socket, int events) {
  const auto self = shared_from_this();  // a `done` may destroy the client
  int running = 0;
  curl_multi_socket_action(multi, socket, events, &running);
  Collect();
}

void CurlHttpClient::State::Collect() {
  int left = 0;
  while (!closed) {
    CURLMsg* const message = curl_multi_info_read(multi, &left);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const auto node = transfers.extract(message->easy_handle);
    CHECK(!node.empty());
    curl_multi_remove_handle(multi, node.key());  // `message` is gone with it
    Transfer& transfer = *node.mapped();
    Result<Response> outcome = Outcome(transfer, code);
    const auto done = std::move(transfer.done);
    done(std::move(outcome));
  }
}

CurlHttpClient::CurlHttpClient(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}
CurlHttpClient::~CurlHttpClient() {
  state_->closed = true;
  state_->timer.Cancel();
  for (const auto& [socket, watch] : std::exchange(state_->watches, {})) state_->loop.Unwatch(watch);
}

void CurlHttpClient::Send(ClientRequest request, std::function<void(Result<Response>)> done) {
  if (auto error = Check(request)) {
    state_->loop.Post([weak = std::weak_ptr(state_), error = *std::move(error), done = std::move(done)] {
      if (!weak.expired()) done(error);
    });
    return;
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  state_->Add(std::move(transfer));
}

}  // namespace belfry::http
