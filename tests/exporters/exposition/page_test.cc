#include "exporters/exposition/page.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "exporters/model/row_table.h"

namespace belfry::exposition {
namespace {

using model::Family;
using model::LabelView;
using model::MetricType;
using model::RowTable;
using model::RowWriter;
using model::Suffix;
using model::TextFormat;

std::vector<Family> AllTypes() {
  return {
      {.name = "runs", .help = "Runs.\nSaid \"twice\" with a \\.", .type = MetricType::kCounter, .unit = ""},
      {.name = "age_seconds", .help = "Age.", .type = MetricType::kGauge, .unit = "seconds"},
      {.name = "wait_seconds", .help = "Wait.", .type = MetricType::kHistogram, .unit = "bytes"},
      {.name = "build", .help = "Build.", .type = MetricType::kInfo, .unit = ""},
      {.name = "thing", .help = "Thing.", .type = MetricType::kUnknown, .unit = ""},
      {.name = "nothing", .help = "No series.", .type = MetricType::kGauge, .unit = ""},
  };
}

void DescribeAllTypes(RowWriter& row) {
  const LabelView base[] = {{"name", "a\"b\\c\nd"}};
  row.Base(base);
  row.Add(0, {}, 3, Suffix::kTotal);
  row.Add(1, 1.5);
  const LabelView one[] = {{"le", "1.0"}};
  const LabelView inf[] = {{"le", "+Inf"}};
  row.Add(2, one, 1, Suffix::kBucket);
  row.Add(2, inf, 2, Suffix::kBucket);
  row.Add(2, {}, 7.25, Suffix::kSum);
  row.Add(2, {}, 2, Suffix::kCount);
  row.Add(3, {}, 1, Suffix::kInfo);
  row.Add(4, std::numeric_limits<double>::infinity());
}

Snapshots AllTypesSnapshot() {
  RowTable table(AllTypes());
  table.Set("1", DescribeAllTypes);
  return {table.Take()};
}

TEST(Page, TextOfEveryType) {
  EXPECT_EQ(WritePage(AllTypesSnapshot(), TextFormat::kPrometheus),
            R"(# HELP runs_total Runs.\nSaid "twice" with a \\.
# TYPE runs_total counter
runs_total{name="a\"b\\c\nd"} 3
# HELP age_seconds Age.
# TYPE age_seconds gauge
age_seconds{name="a\"b\\c\nd"} 1.5
# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{name="a\"b\\c\nd",le="1.0"} 1
wait_seconds_bucket{name="a\"b\\c\nd",le="+Inf"} 2
wait_seconds_sum{name="a\"b\\c\nd"} 7.25
wait_seconds_count{name="a\"b\\c\nd"} 2
# HELP build_info Build.
# TYPE build_info gauge
build_info{name="a\"b\\c\nd"} 1
# HELP thing Thing.
# TYPE thing untyped
thing{name="a\"b\\c\nd"} +Inf
)");
}

TEST(Page, OpenMetricsOfEveryType) {
  EXPECT_EQ(WritePage(AllTypesSnapshot(), TextFormat::kOpenMetrics),
            R"(# TYPE runs counter
# HELP runs Runs.\nSaid \"twice\" with a \\.
runs_total{name="a\"b\\c\nd"} 3
# TYPE age_seconds gauge
# HELP age_seconds Age.
# UNIT age_seconds seconds
age_seconds{name="a\"b\\c\nd"} 1.5
# TYPE wait_seconds histogram
# HELP wait_seconds Wait.
wait_seconds_bucket{name="a\"b\\c\nd",le="1.0"} 1
wait_seconds_bucket{name="a\"b\\c\nd",le="+Inf"} 2
wait_seconds_sum{name="a\"b\\c\nd"} 7.25
wait_seconds_count{name="a\"b\\c\nd"} 2
# TYPE build info
# HELP build Build.
build_info{name="a\"b\\c\nd"} 1
# TYPE thing unknown
# HELP thing Thing.
thing{name="a\"b\\c\nd"} +Inf
# EOF
)");
}

TEST(Page, IsEmptyWithoutSeries) {
  RowTable table(AllTypes());
  EXPECT_EQ(WritePage({table.Take()}, TextFormat::kPrometheus), "");
  EXPECT_EQ(WritePage({table.Take()}, TextFormat::kOpenMetrics), "# EOF\n");
  EXPECT_EQ(WritePage({}, TextFormat::kOpenMetrics), "# EOF\n");
}

TEST(Page, JoinsAFamilyThatTwoSourcesHave) {
  RowTable first({{.name = "a", .help = "First.", .type = MetricType::kGauge, .unit = ""}});
  RowTable second({{.name = "b", .help = "B.", .type = MetricType::kGauge, .unit = ""},
                   {.name = "a", .help = "Second.", .type = MetricType::kGauge, .unit = ""}});
  second.Set("1", [](RowWriter& row) {
    row.Add(0, 5);
    row.Add(1, 2);
  });
  EXPECT_EQ(WritePage({first.Take(), second.Take()}, TextFormat::kPrometheus),
            "# HELP a First.\n# TYPE a gauge\na 2\n# HELP b B.\n# TYPE b gauge\nb 5\n");
  first.Set("1", [](RowWriter& row) {
    const LabelView labels[] = {{"n", "1"}};
    row.Add(0, labels, 1);
  });
  EXPECT_EQ(WritePage({first.Take(), second.Take()}, TextFormat::kPrometheus),
            "# HELP a First.\n# TYPE a gauge\na{n=\"1\"} 1\na 2\n# HELP b B.\n# TYPE b gauge\nb 5\n");
}

TEST(Page, ComesInPiecesThatMakeTheWhole) {
  RowTable table({{.name = "a", .help = "A.", .type = MetricType::kGauge, .unit = ""},
                  {.name = "b", .help = "B.", .type = MetricType::kGauge, .unit = ""}});
  for (int i = 0; i < 5000; ++i) {
    table.Set(std::to_string(i), [i](RowWriter& row) {
      const std::string name = std::to_string(i);
      const LabelView base[] = {{"name", name}};
      row.Base(base);
      row.Add(0, i);
      row.Add(1, -i);
    });
  }
  const Snapshots snapshots{table.Take()};
  const std::string whole = WritePage(snapshots, TextFormat::kOpenMetrics);
  for (const size_t size : {1UL, 1000UL, 30'000UL, 10'000'000UL}) {
    Page page(snapshots, TextFormat::kOpenMetrics);
    std::string joined;
    for (std::string piece = page.Next(size); !piece.empty(); piece = page.Next(size)) {
      EXPECT_LT(piece.size(), size + 10'000);
      joined += piece;
    }
    EXPECT_EQ(joined, whole);
  }
}

}  // namespace
}  // namespace belfry::exposition
