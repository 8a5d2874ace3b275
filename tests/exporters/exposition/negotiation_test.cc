#include "exporters/exposition/negotiation.h"

#include <gtest/gtest.h>

namespace belfry::exposition {
namespace {

constexpr const char* kText = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kOpen = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr const char* kOpenOld = "application/openmetrics-text; version=0.0.1; charset=utf-8";

struct AcceptCase {
  const char* name;
  std::string accept;
  std::string content_type;
};

const AcceptCase kAccepts[] = {
    {"nothing", "", kText},
    {"a browser", "text/html,application/xhtml+xml,*/*;q=0.8", kText},
    {"curl", "*/*", kText},
    {"Prometheus 2.42",
     "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/"
     "plain;version=0.0.4;q=0.5,*/*;q=0.1",
     kOpen},
    {"Prometheus 3",
     "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
     "openmetrics-text;version=0.0.1;q=0.5,"
     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
     std::string(kOpen) + "; escaping=allow-utf-8"},
    {"Prometheus 3 with protobuf first",
     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/"
     "plain;version=0.0.4;q=0.3",
     kText},
    {"the order of qualities, not of the list", "text/plain;q=0.5,application/openmetrics-text;q=0.9", kOpen},
    {"the first of equals", "text/plain, application/openmetrics-text", kText},
    {"the old version", "application/openmetrics-text; version=0.0.1", kOpenOld},
    {"a version nobody writes", "application/openmetrics-text;version=2.0.0", kText},
    {"quality zero means never", "application/openmetrics-text;q=0,text/plain", kText},
    {"a quality that is no number means never", "application/openmetrics-text;q=x", kText},
    {"upper case", "Application/OpenMetrics-Text; Version=1.0.0", kOpen},
    {"quoted parameter", "application/openmetrics-text; version=\"1.0.0\"", kOpen},
    {"any application", "application/*", kOpen},
    {"dots would change names", "text/plain;version=0.0.4;escaping=dots", kText},
    {"underscores", "text/plain;version=0.0.4;escaping=underscores",
     std::string(kText) + "; escaping=underscores"},
    {"header injection", "text/plain;escaping=\r\nSet-Cookie: a=b", kText},
    {"nonsense", ";;;=,,q=1;;\x01\xff", kText},
    {"separators only", ",,,,", kText},
    {"protobuf only", "application/vnd.google.protobuf", kText},
};

TEST(Negotiate, PicksTheBestFormatThatIsOffered) {
  for (const AcceptCase& one : kAccepts) {
    SCOPED_TRACE(one.name);
    const Negotiated negotiated = Negotiate(one.accept);
    EXPECT_EQ(negotiated.content_type, one.content_type);
    const bool open = negotiated.content_type.starts_with("application/");
    EXPECT_EQ(negotiated.format, open ? model::TextFormat::kOpenMetrics : model::TextFormat::kPrometheus);
  }
}

TEST(Negotiate, SurvivesAHugeHeader) {
  std::string accept;
  for (int i = 0; i < 20'000; ++i) accept += "a/b;c=d;q=0.1,";
  EXPECT_EQ(Negotiate(accept).content_type, kText);
}

}  // namespace
}  // namespace belfry::exposition
