#include "rules/notify/post_request.h"

#include <string_view>
#include <utility>

namespace belfry::notify {
namespace {

constexpr uint64_t kMaxSecretBytes = 64 * 1024;
constexpr int kMaxRedirects = 10;

// RFC 4648, with padding.
std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

// The secret itself or that of the file, without the newline editors leave at its end.
Result<std::string> Secret(const std::string& inline_text, const std::string& path, const FileSystem& files) {
  if (path.empty()) return inline_text;
  ASSIGN_OR_RETURN(std::string text, files.ReadFile(path, kMaxSecretBytes));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<std::string> Authorization(const HttpConfig& config, const FileSystem& files) {
  if (!config.username.empty()) {
    ASSIGN_OR_RETURN(const std::string password, Secret(config.password, config.password_file, files));
    return "Basic " + Base64(config.username + ":" + password);
  }
  ASSIGN_OR_RETURN(const std::string credentials, Secret(config.credentials, config.credentials_file, files));
  return credentials.empty() ? std::string() : config.authorization_type + " " + credentials;
}

}  // namespace

Result<http::ClientRequest> MakePost(const std::string& url, Duration timeout, const HttpConfig& config,
                                     const std::string& user_agent, std::string body,
                                     const FileSystem& files) {
  ASSIGN_OR_RETURN(std::string authorization, Authorization(config, files));
  http::ClientRequest request{.method = "POST",
                              .url = url,
                              .headers = {{"Content-Type", "application/json"}, {"User-Agent", user_agent}},
                              .body = std::move(body),
                              .timeout = timeout,
                              .max_redirects = config.follow_redirects ? kMaxRedirects : 0,
                              .ca_file = config.ca_file,
                              .insecure_skip_verify = config.insecure_skip_verify};
  if (!authorization.empty()) request.headers.emplace("Authorization", std::move(authorization));
  return request;
}

}  // namespace belfry::notify
