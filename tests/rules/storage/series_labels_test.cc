#include "rules/storage/series_labels.h"

#include <gtest/gtest.h>

#include <vector>

#include "exporters/model/row_table.h"

namespace belfry::storage {
namespace {

using model::Labels;

TEST(SeriesLabels, BorrowedOnesLeaveTheirSourceAsItIs) {
  const Labels source{{"__name__", "up"}, {"job", "api"}};
  SeriesLabels labels = SeriesLabels::Borrow(source);
  EXPECT_EQ(&labels.Whole(), &source) << "nothing is copied";
  EXPECT_EQ(labels.Get("job"), "api");
  labels.Remove("__name__");
  EXPECT_EQ(labels.Get("__name__"), "");
  EXPECT_EQ(labels.Get("job"), "api");
  EXPECT_EQ(labels.Whole(), (Labels{{"job", "api"}}));
  labels.Set("job", "web");
  EXPECT_EQ(labels.Take(), (Labels{{"job", "web"}}));
  EXPECT_EQ(labels.Whole(), Labels());
  EXPECT_EQ(source, (Labels{{"__name__", "up"}, {"job", "api"}}));
}

TEST(SeriesLabels, CopiesGoTheirOwnWays) {
  const Labels source{{"__name__", "up"}, {"job", "api"}};
  SeriesLabels first = SeriesLabels::Borrow(source);
  first.Remove("__name__");
  SeriesLabels second = first;
  second.Set("x", "1");
  EXPECT_EQ(first.Whole(), (Labels{{"job", "api"}}));
  EXPECT_EQ(second.Whole(), (Labels{{"job", "api"}, {"x", "1"}}));
  EXPECT_FALSE(first == second);
  EXPECT_TRUE(first == SeriesLabels(Labels{{"job", "api"}}));
}

// Every series of a snapshot says the same by its place as when it was shown: with suffixes, labels of its
// own, escapes.
TEST(SeriesLabels, PlacesInASnapshotSayWhatVisitSays) {
  model::RowTable table({{.name = "jobs"}, {.name = "runs", .type = model::MetricType::kCounter}});
  for (int i = 0; i < 300; ++i) {
    table.Set(std::to_string(i), [i](model::RowWriter& row) {
      const std::string odd = i % 3 == 0 ? "a\\b\"c\nd=,{}" : "plain-" + std::to_string(i);
      const model::LabelView base[] = {{"namespace", "batch"}, {"job_name", odd}};
      row.Base(base);
      row.Add(0, i);
      const model::LabelView extra[] = {{"reason", i % 2 == 0 ? "x\"y" : "z"}};
      row.Add(1, extra, i, model::Suffix::kTotal);
    });
  }
  const auto snapshot = table.Take();
  size_t seen = 0;
  for (size_t family = 0; family < 2; ++family) {
    std::vector<Labels> visited;
    snapshot->Visit(family, [&](std::string_view name, model::LabelsView views, double) {
      visited.push_back(Labels::Of(name, views));
    });
    size_t at = 0;
    ASSERT_TRUE(snapshot->VisitPlaced(family, {}, [&](model::SeriesPlace place, std::string_view, double) {
      ++seen;
      const Labels& shown = visited.at(at++);
      SeriesLabels labels = SeriesLabels::Borrow(*snapshot, place);
      for (const char* one : {"__name__", "namespace", "job_name", "reason", "absent"})
        EXPECT_EQ(labels.Get(one), shown.Get(one)) << one;
      EXPECT_EQ(SeriesLabels::Borrow(*snapshot, place).Whole(), shown);
      labels.Remove("__name__");
      EXPECT_EQ(labels.Get("__name__"), "");
      EXPECT_EQ(labels.Get("namespace"), "batch");
    }));
  }
  EXPECT_EQ(seen, 600u);
}

}  // namespace
}  // namespace belfry::storage
