#include "exporters/model/row_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "exporters/model/labels.h"

namespace belfry::model {
namespace {

std::vector<Family> TwoFamilies() {
  return {{.name = "a", .help = "A.", .type = MetricType::kGauge, .unit = ""},
          {.name = "b", .help = "B.", .type = MetricType::kCounter, .unit = ""}};
}

RowTable::Describe Row(std::string name, double a) {
  return [name = std::move(name), a](RowWriter& row) {
    const LabelView base[] = {{"name", name}};
    row.Base(base);
    row.Add(0, a);
    const LabelView extra[] = {{"x", "1"}};
    row.Add(1, extra, a + 0.5, Suffix::kTotal);
  };
}

std::string Text(const Snapshot& snapshot, size_t family) {
  std::string out;
  size_t from = 0;
  do {
    from = snapshot.Render(family, TextFormat::kPrometheus, from, 1, out);
  } while (from != 0);
  return out;
}

std::vector<std::string> Visited(const Snapshot& snapshot, size_t family) {
  std::vector<std::string> lines;
  snapshot.Visit(family, [&](std::string_view name, LabelsView labels, double value) {
    lines.push_back(Labels::Of(name, labels).ToString() + " " + std::to_string(value));
  });
  return lines;
}

TEST(RowTable, WritesItsRowsAsText) {
  RowTable table(TwoFamilies());
  table.Set("1", Row("one", 1));
  table.Set("2", Row("two", 2));
  const auto snapshot = table.Take();
  EXPECT_EQ(Text(*snapshot, 0), "a{name=\"one\"} 1\na{name=\"two\"} 2\n");
  EXPECT_EQ(Text(*snapshot, 1), "b_total{name=\"one\",x=\"1\"} 1.5\nb_total{name=\"two\",x=\"1\"} 2.5\n");
}

TEST(RowTable, ShowsItsRowsAsLabels) {
  RowTable table(TwoFamilies());
  table.Set("1", Row("q\"u\\o\nte", 1));
  EXPECT_EQ(Visited(*table.Take(), 1),
            std::vector<std::string>{R"(b_total{name="q\"u\\o\nte", x="1"} 1.500000)"});
}

TEST(RowTable, ASnapshotStaysAsItWasTaken) {
  RowTable table(TwoFamilies());
  table.Set("1", Row("one", 1));
  table.Set("2", Row("two", 2));
  const auto before = table.Take();
  table.Set("1", Row("one", 10));
  table.Remove("2");
  table.Set("3", Row("three", 3));
  const auto after = table.Take();
  EXPECT_EQ(Text(*before, 0), "a{name=\"one\"} 1\na{name=\"two\"} 2\n");
  EXPECT_EQ(Text(*after, 0), "a{name=\"one\"} 10\na{name=\"three\"} 3\n");
  EXPECT_EQ(table.size(), 2U);
}

TEST(RowTable, DescribesOnlyTheNewestStateOfARow) {
  RowTable table(TwoFamilies());
  int described = 0;
  for (int i = 0; i < 5; ++i) {
    table.Set("1", [&described, i](RowWriter& row) {
      ++described;
      row.Add(0, i);
    });
  }
  EXPECT_EQ(Text(*table.Take(), 0), "a 4\n");
  EXPECT_EQ(described, 1);
  table.Take();
  EXPECT_EQ(described, 1);
}

TEST(RowTable, ForgetsARowThatGoesBeforeItIsSeen) {
  RowTable table(TwoFamilies());
  table.Set("1", Row("one", 1));
  table.Remove("1");
  table.Remove("unknown");
  EXPECT_EQ(Text(*table.Take(), 0), "");
  EXPECT_FALSE(table.Has("1"));
}

TEST(RowTable, LeavesDuplicateSeriesOut) {
  RowTable table(TwoFamilies());
  table.Set("1", [](RowWriter& row) {
    const LabelView extra[] = {{"reason", "x"}};
    row.Add(0, extra, 1);
    row.Add(0, extra, 2);
    row.Add(1, extra, 3);
  });
  const auto snapshot = table.Take();
  EXPECT_EQ(Text(*snapshot, 0), "a{reason=\"x\"} 1\n");
  EXPECT_EQ(Text(*snapshot, 1), "b{reason=\"x\"} 3\n");
}

TEST(RowTable, CutsValuesThatAreTooLong) {
  RowTable table(TwoFamilies());
  table.Set("1", [](RowWriter& row) {
    const std::string quotes(100'000, '"');
    const std::string wide = "x" + [] {
      std::string euros;
      for (int i = 0; i < 5000; ++i) euros += "\xE2\x82\xAC";
      return euros;
    }();
    const LabelView extra[] = {{"q", quotes}, {"w", wide}};
    row.Add(0, extra, 1);
  });
  const std::string text = Text(*table.Take(), 0);
  EXPECT_LT(text.size(), 2 * kMaxLabelValue + 30);
  EXPECT_GT(text.size(), 2 * kMaxLabelValue - 30);
  const auto lines =
      Visited(*table.Take(), 0);  // reads its own text back: no escape and no character was cut in two
  ASSERT_EQ(lines.size(), 1U);
  std::string again;
  for (int i = 0; i < 2048; ++i) again += "\\\"";
  EXPECT_NE(text.find("q=\"" + again + "\","), std::string::npos);
  EXPECT_NE(text.find("\xE2\x82\xAC\"} 1\n"), std::string::npos);
}

TEST(RowTable, KeepsHistogramsOfOneRowTogether) {
  RowTable table({{.name = "h", .help = "", .type = MetricType::kHistogram, .unit = ""}});
  for (const char* id : {"1", "2"}) {
    table.Set(id, [id](RowWriter& row) {
      const LabelView base[] = {{"id", id}};
      row.Base(base);
      const LabelView le[] = {{"le", "+Inf"}};
      row.Add(0, le, 3, Suffix::kBucket);
      row.Add(0, {}, 4, Suffix::kSum);
      row.Add(0, {}, 3, Suffix::kCount);
    });
  }
  EXPECT_EQ(Text(*table.Take(), 0),
            "h_bucket{id=\"1\",le=\"+Inf\"} 3\nh_sum{id=\"1\"} 4\nh_count{id=\"1\"} 3\n"
            "h_bucket{id=\"2\",le=\"+Inf\"} 3\nh_sum{id=\"2\"} 4\nh_count{id=\"2\"} 3\n");
}

TEST(RowTable, GoesOnWhereAPieceEnded) {
  RowTable table(TwoFamilies());
  for (int i = 0; i < 1000; ++i) table.Set(std::to_string(i), Row(std::to_string(i), i));
  const auto snapshot = table.Take();
  std::string whole;
  EXPECT_EQ(snapshot->Render(0, TextFormat::kPrometheus, 0, std::numeric_limits<size_t>::max(), whole), 0U);
  std::string pieces;
  size_t from = 0;
  int count = 0;
  do {
    std::string piece;
    from = snapshot->Render(0, TextFormat::kPrometheus, from, 100, piece);
    pieces += piece;
    ++count;
  } while (from != 0);
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(count, 8);
}

// Whole chunks pass or fail a test together where all their rows have the label alike; the outcome is the
// same.
TEST(RowTable, ShowsOnlySeriesThatPassTheTests) {
  RowTable table(TwoFamilies());
  const auto team_of = [](int i) {
    return i % 3 == 0 ? std::string("ba\"tch") : "team-" + std::to_string(i % 3);
  };
  for (const bool grouped : {false, true}) {
    for (int i = 0; i < 600; ++i) {
      const std::string team = team_of(i);
      table.Set((grouped ? "g" : "u") + std::to_string(i),
                [i, team](RowWriter& row) {
                  const std::string name = "n" + std::to_string(i);
                  const LabelView base[] = {{"team", team}, {"name", name}};
                  row.Base(base);
                  const LabelView extra[] = {{"odd", i % 2 == 0 ? "no" : "yes"}};
                  row.Add(0, extra, i);
                },
                grouped ? team : "");
    }
  }
  const auto sum = [snapshot = table.Take()](std::vector<LabelTest> tests) {
    double total = 0;
    EXPECT_TRUE(
        snapshot->VisitPlaced(0, tests, [&](SeriesPlace, std::string_view, double v) { total += v; }));
    return total;
  };
  const auto is = [](std::string_view name, std::string value) {
    return LabelTest{name, [value](std::string_view shown) { return shown == value; }};
  };
  double batch = 0, odd_batch = 0, all = 0;
  for (int i = 0; i < 600; ++i) {
    all += 2 * i;
    if (i % 3 == 0) batch += 2 * i;
    if (i % 3 == 0 && i % 2 != 0) odd_batch += 2 * i;
  }
  EXPECT_EQ(sum({}), all);
  EXPECT_EQ(sum({is("team", "ba\"tch")}), batch);
  EXPECT_EQ(sum({is("odd", "yes"), is("team", "ba\"tch")}), odd_batch);
  EXPECT_EQ(sum({is("name", "n7")}), 14);
  EXPECT_EQ(sum({is("absent", "")}), all);
  EXPECT_EQ(sum({is("absent", "x")}), 0);
}

// Any order of changes ends in the rows that a plain map would hold.
TEST(RowTable, AgreesWithAPlainMapUnderRandomChanges) {
  std::mt19937 random(11);
  RowTable table(TwoFamilies());
  std::map<std::string, int> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string id = std::to_string(random() % 600);
    const int value = static_cast<int>(random() % 1000);
    if (random() % 3 == 0) {
      table.Remove(id);
      model.erase(id);
    } else {
      table.Set(id, Row(id, value));
      model[id] = value;
    }
    if (step % 997 != 0) continue;
    std::map<std::string, int> seen;
    table.Take()->Visit(0, [&](std::string_view, LabelsView labels, double v) {
      EXPECT_TRUE(seen.emplace(std::string(labels[0].value), static_cast<int>(v)).second);
    });
    ASSERT_EQ(seen, model);
  }
}

}  // namespace
}  // namespace belfry::model
