#include "agent/base/ip_address.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

TEST(IpAddress, Table) {
  for (const char* good : {"127.0.0.1", "10.9.8.7", "::1", "2001:db8::ffff", "::ffff:10.0.0.1"})
    EXPECT_TRUE(IsIpAddress(good)) << good;
  for (const char* bad :
       {"", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1:80", "[::1]", " ::1", "::1/64", "1:2"})
    EXPECT_FALSE(IsIpAddress(bad)) << bad;
  EXPECT_FALSE(IsIpAddress(std::string("::1\0x", 5)));
}

}  // namespace
}  // namespace belfry
