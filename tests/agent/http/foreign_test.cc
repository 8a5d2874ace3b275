#include "agent/http/foreign.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

struct SiteCase {
  std::string host;
  std::string origin;
  std::string own_host;
  bool allowed;
};

TEST(CheckSameSite, Table) {
  const SiteCase cases[] = {
      {"127.0.0.1:2353", "", "127.0.0.1", true},
      {"[::1]:2353", "", "", true},
      {"localhost:2353", "", "127.0.0.1", true},
      {"LOCALHOST", "", "", true},
      {"10.1.2.3:2353", "", "127.0.0.1", true},
      {"jobs.example:2353", "", "jobs.example", true},
      {"127.0.0.1:2353", "http://127.0.0.1:2353", "", true},
      {"evil.example:2353", "", "127.0.0.1", false},
      {"evil.example", "", "", false},
      {"localhost.evil.example", "", "", false},
      {"", "", "", false},
      {"127.0.0.1.evil.example:2353", "", "", false},
      {"127.0.0.1:2353", "http://evil.example", "", false},
      {"127.0.0.1:2353", "http://127.0.0.1:8080", "", false},
      {"127.0.0.1:2353", "https://127.0.0.1:2353", "", false},
      {"127.0.0.1:2353", "null", "", false},
  };
  for (const SiteCase& c : cases) {
    Request request;
    request.headers.emplace("Host", c.host);
    if (!c.origin.empty()) request.headers.emplace("Origin", c.origin);
    const auto checked = CheckSameSite(request, c.own_host);
    EXPECT_EQ(checked.ok(), c.allowed) << c.host << " from " << c.origin;
    EXPECT_TRUE(checked.ok() || checked.error().code == Code::kPermissionDenied);
  }
}

}  // namespace
}  // namespace belfry::http
