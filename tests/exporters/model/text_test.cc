#include "exporters/model/text.h"

#include <gtest/gtest.h>

#include "exporters/model/source.h"

namespace belfry::model {
namespace {

std::string Value(std::string_view text) {
  std::string out;
  AppendLabelValue(text, out);
  return out;
}

TEST(LabelValue, EscapesBackslashQuoteAndNewline) {
  EXPECT_EQ(Value("plain"), "plain");
  EXPECT_EQ(Value(""), "");
  EXPECT_EQ(Value("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
  EXPECT_EQ(Value("tab\tand\rreturn stay"), "tab\tand\rreturn stay");
}

struct Utf8Case {
  std::string_view text;
  std::string_view expected;
};

// The boundary cases of RFC 3629: well-formed text stays, every other byte is replaced.
TEST(LabelValue, ReplacesWhatIsNoUtf8) {
  const Utf8Case cases[] = {
      {"h\xC3\xA9llo", "h\xC3\xA9llo"},
      {"\xE2\x82\xAC", "\xE2\x82\xAC"},
      {"\xF0\x9F\x94\x94", "\xF0\x9F\x94\x94"},
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\x80", "\xEF\xBF\xBD"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Value(text), expected);
}

TEST(Help, EscapesTheQuoteOnlyWhereAsked) {
  std::string out;
  AppendHelp("a \"b\" \\ \n", false, out);
  EXPECT_EQ(out, "a \"b\" \\\\ \\n");
  out.clear();
  AppendHelp("a \"b\"", true, out);
  EXPECT_EQ(out, "a \\\"b\\\"");
}

TEST(Sample, IsOneLine) {
  std::string out;
  const LabelView labels[] = {{"a", "1"}, {"b", "x\"y"}};
  AppendSample("up", labels, 1, out);
  AppendSample("up", {}, 0.5, out);
  EXPECT_EQ(out, "up{a=\"1\",b=\"x\\\"y\"} 1\nup 0.5\n");
}

TEST(LabelName, BecomesLegal) {
  EXPECT_EQ(LegalLabelName("ok_1"), "ok_1");
  EXPECT_EQ(LegalLabelName("app.kubernetes.io/name"), "app_kubernetes_io_name");
  EXPECT_EQ(LegalLabelName("1st"), "_1st");
  EXPECT_EQ(LegalLabelName(""), "_");
}

class TwoSeries : public Snapshot {
 public:
  std::span<const Family> families() const override { return {&family_, 1}; }
  void Visit(size_t, const SeriesVisitor& visit) const override {
    const LabelView labels[] = {{"n", "1"}};
    visit("x_total", labels, 3);
    visit("x_total", {}, 4);
  }

 private:
  Family family_{.name = "x", .help = "", .type = MetricType::kCounter, .unit = ""};
};

TEST(Snapshot, RendersWhatItShowsAllAtOnce) {
  std::string out;
  EXPECT_EQ(TwoSeries().Render(0, TextFormat::kPrometheus, 0, 1, out), 0U);
  EXPECT_EQ(out, "x_total{n=\"1\"} 3\nx_total 4\n");
}

}  // namespace
}  // namespace belfry::model
