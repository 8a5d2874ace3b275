#include "agent/http/message.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

TEST(Headers, CompareWithoutCase) {
  const Headers headers = {{"Content-Type", "a"}, {"X-One", "1"}};
  EXPECT_EQ(Find(headers, "content-TYPE"), "a");
  EXPECT_EQ(Find(headers, "x-one"), "1");
  EXPECT_EQ(Find(headers, "x-two"), "");
}

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(PercentEncode("a-b_c.d~e f/g?%\xc3\xa9"), "a-b_c.d~e%20f%2Fg%3F%25%C3%A9");
}

TEST(Percent, DecodesAndLeavesBrokenEscapesAlone) {
  EXPECT_EQ(PercentDecode("a%20b+c", false), "a b+c");
  EXPECT_EQ(PercentDecode("a%20b+c", true), "a b c");
  EXPECT_EQ(PercentDecode("100%", false), "100%");
  EXPECT_EQ(PercentDecode("%zz%4", false), "%zz%4");
  EXPECT_EQ(PercentDecode("%41", false), "A");
}

TEST(Percent, EveryByteComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(PercentDecode(PercentEncode(all), true), all);
}

TEST(Request, QueryValuesAreDecodedInOrder) {
  Request request;
  request.query = "match[]=up&match%5B%5D=a%2Bb&x=1+2&flag&=empty";
  EXPECT_EQ(request.QueryValues("match[]"), (std::vector<std::string>{"up", "a+b"}));
  EXPECT_EQ(request.QueryValue("x"), "1 2");
  EXPECT_EQ(request.QueryValue("flag"), "");
  EXPECT_EQ(request.QueryValue("y"), std::nullopt);
}

TEST(Request, FormBodyCountsOnlyForFormPosts) {
  Request request{.method = "POST", .query = "query=b", .body = "query=a"};
  EXPECT_EQ(request.QueryValues("query"), std::vector<std::string>{"b"});
  request.headers.emplace("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_EQ(request.QueryValues("query"), (std::vector<std::string>{"a", "b"}));
  request.method = "GET";
  EXPECT_EQ(request.QueryValues("query"), std::vector<std::string>{"b"});
}

TEST(ParseUrl, SplitsAbsoluteUrls) {
  struct Case {
    std::string text, scheme, host;
    int port;
    std::string target;
  };
  for (const Case& c : std::vector<Case>{
           {"http://h", "http", "h", 80, "/"},
           {"HTTPS://h/a?b=c#d", "https", "h", 443, "/a?b=c"},
           {"http://h:9?q", "http", "h", 9, "/?q"},
           {"http://[::1]:8080/x", "http", "::1", 8080, "/x"},
           {"http://[::1]", "http", "::1", 80, "/"},
           {"http://user:p@h:1/", "http", "h", 1, "/"},
       }) {
    const auto url = ParseUrl(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_EQ(url->scheme, c.scheme);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->target, c.target);
  }
}

TEST(ParseUrl, RefusesEverythingElse) {
  for (const std::string text : {"", "h", "/path", "ftp://h", "file:///etc/passwd", "http://", "http:///x",
                                 "http://h:0", "http://h:65536", "http://h:x", "http://h:1x", "http://[::1",
                                 "http://[::1]x", "http://a b", "http://a\r\nX: y"}) {
    EXPECT_FALSE(ParseUrl(text)) << text;
  }
}

}  // namespace
}  // namespace belfry::http
