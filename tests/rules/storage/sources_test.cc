// Matchers, the head, snapshots and their union.
#include <gtest/gtest.h>

#include "rules/storage/head.h"
#include "rules/storage/merged_queryable.h"
#include "rules/storage/snapshot_queryable.h"

namespace belfry::storage {
namespace {

using model::Labels;

struct Row {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value;
};

// A snapshot written by hand; every row belongs to the first family whose name begins its own.
class FakeSnapshot : public model::Snapshot {
 public:
  FakeSnapshot(std::vector<model::Family> families, std::vector<Row> rows)
      : families_(std::move(families)), rows_(std::move(rows)) {}
  std::span<const model::Family> families() const override { return families_; }
  void Visit(size_t family, const model::SeriesVisitor& visit) const override {
    for (const Row& row : rows_) {
      if (!row.name.starts_with(families_[family].name)) continue;
      std::vector<model::LabelView> views;
      for (const auto& [name, value] : row.labels) views.push_back({name, value});
      visit(row.name, views, row.value);
    }
  }

 private:
  std::vector<model::Family> families_;
  std::vector<Row> rows_;
};

std::shared_ptr<const model::Snapshot> Jobs(double first, double second) {
  return std::make_shared<FakeSnapshot>(
      std::vector<model::Family>{{"kube_job_status_failed", "", model::MetricType::kGauge, ""},
                                 {"runs", "", model::MetricType::kCounter, ""},
                                 {"delay_seconds", "", model::MetricType::kHistogram, ""}},
      std::vector<Row>{
          {"kube_job_status_failed", {{"namespace", "batch"}, {"job_name", "a"}, {"reason", ""}}, first},
          {"kube_job_status_failed", {{"namespace", "web"}, {"job_name", "b"}}, second},
          {"runs_total", {{"job", "a"}}, 5},
          {"delay_seconds_bucket", {{"le", "+Inf"}}, 7},
          {"delay_seconds_count", {}, 7}});
}

Matcher Make(const std::string& name, MatchOp op, const std::string& value) {
  return *Matcher::Make(name, op, value);
}
Matcher Name(const std::string& name) { return Matcher::Equal("__name__", name); }

std::vector<std::string> Found(const Queryable& source, std::vector<Matcher> matchers, int64_t from,
                               int64_t to) {
  std::vector<std::string> out;
  const auto set = source.Select({.matchers = matchers, .from_ms = from, .to_ms = to});
  EXPECT_TRUE(set.ok());
  for (const SelectedSeries& series : set->series) {
    std::string line = series.labels.Whole().ToString();
    for (const Sample& s : set->SamplesOf(series)) {
      line += " " + std::to_string(s.time_ms) + "=" +
              (IsStale(s.value) ? "stale" : std::to_string(static_cast<int>(s.value)));
    }
    out.push_back(line);
  }
  return out;
}
using Lines = std::vector<std::string>;

TEST(Matcher, MatchesAsPrometheusDoes) {
  struct Case {
    MatchOp op;
    const char* pattern;
    const char* value;
    bool matches;
  };
  const Case kCases[] = {
      {MatchOp::kEqual, "a", "a", true},         {MatchOp::kEqual, "a", "ab", false},
      {MatchOp::kEqual, "", "", true},           {MatchOp::kNotEqual, "a", "a", false},
      {MatchOp::kNotEqual, "a", "", true},       {MatchOp::kRegex, "a.c", "abc", true},
      {MatchOp::kRegex, "b", "abc", false},      {MatchOp::kRegex, "a|b", "b", true},
      {MatchOp::kRegex, "a|b", "ab", false},     {MatchOp::kRegex, "", "", true},
      {MatchOp::kRegex, ".+", "", false},        {MatchOp::kRegex, ".*", "\n", true},
      {MatchOp::kRegex, "(?i)ABC", "aBc", true}, {MatchOp::kNotRegex, "a.*", "abc", false},
      {MatchOp::kNotRegex, "a.*", "cba", true},  {MatchOp::kRegex, "é.", "éé", true},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Make("l", c.op, c.pattern).Matches(c.value), c.matches)
        << MatchOpText(c.op) << c.pattern << " on " << c.value;
  }
  EXPECT_FALSE(Matcher::Make("l", MatchOp::kRegex, "(").ok());
  EXPECT_FALSE(Matcher::Make("l", MatchOp::kRegex, "(?<a").ok());
  EXPECT_FALSE(Matcher::Make("l", MatchOp::kRegex, ".*", false)->Matches("\n"));
}

TEST(SnapshotQueryable, SelectsByNameAndLabels) {
  const SnapshotQueryable source({Jobs(1, 2)}, FromMillis(1000));
  EXPECT_EQ(Found(source, {Name("kube_job_status_failed")}, 0, 1000),
            (Lines{R"(kube_job_status_failed{job_name="a", namespace="batch"} 1000=1)",
                   R"(kube_job_status_failed{job_name="b", namespace="web"} 1000=2)"}));
  EXPECT_EQ(
      Found(source, {Name("kube_job_status_failed"), Make("namespace", MatchOp::kNotEqual, "web")}, 0, 1000),
      (Lines{R"(kube_job_status_failed{job_name="a", namespace="batch"} 1000=1)"}));
  EXPECT_EQ(Found(source, {Make("job_name", MatchOp::kRegex, "b|c")}, 0, 1000),
            (Lines{R"(kube_job_status_failed{job_name="b", namespace="web"} 1000=2)"}));
}

TEST(SnapshotQueryable, KnowsTheSuffixesOfFamilies) {
  const SnapshotQueryable source({Jobs(1, 2)}, FromMillis(1000));
  EXPECT_EQ(Found(source, {Name("runs_total")}, 0, 1000), (Lines{R"(runs_total{job="a"} 1000=5)"}));
  EXPECT_EQ(Found(source, {Name("runs")}, 0, 1000), Lines{});
  EXPECT_EQ(Found(source, {Name("delay_seconds_bucket")}, 0, 1000),
            (Lines{R"(delay_seconds_bucket{le="+Inf"} 1000=7)"}));
  EXPECT_EQ(Found(source, {Name("delay_seconds_count")}, 0, 1000), (Lines{"delay_seconds_count 1000=7"}));
  EXPECT_EQ(Found(source, {Make("__name__", MatchOp::kRegex, "delay.*")}, 0, 1000).size(), 2u);
}

TEST(SnapshotQueryable, HasNothingOutsideItsInstant) {
  const SnapshotQueryable source({Jobs(1, 2)}, FromMillis(1000));
  EXPECT_TRUE(Found(source, {Name("runs_total")}, 1001, 5000).empty());
  EXPECT_TRUE(Found(source, {Name("runs_total")}, 0, 999).empty());
  const std::vector<Matcher> all = {Make("__name__", MatchOp::kRegex, ".+")};
  const auto limited = source.Select({.matchers = all, .from_ms = 0, .to_ms = 1000, .max_samples = 2});
  ASSERT_FALSE(limited.ok());
  EXPECT_EQ(limited.error().code, Code::kTooLarge);
}

TEST(SnapshotQueryable, TheFirstSnapshotWins) {
  const SnapshotQueryable source({Jobs(1, 2), Jobs(8, 9)}, FromMillis(1000));
  EXPECT_EQ(Found(source, {Name("kube_job_status_failed"), Matcher::Equal("job_name", "a")}, 0, 1000),
            (Lines{R"(kube_job_status_failed{job_name="a", namespace="batch"} 1000=1)"}));
}

TEST(Head, KeepsSamplesInOrder) {
  Head head;
  const Labels a{{"__name__", "m"}, {"x", "1"}};
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(head.Append(a, i * 1000, i));
  EXPECT_TRUE(head.Append(a, 499'000, 499)) << "the same sample again";
  EXPECT_FALSE(head.Append(a, 499'000, 1)) << "another value at that time";
  EXPECT_FALSE(head.Append(a, 1000, 1)) << "the past";
  EXPECT_EQ(head.stats().out_of_order, 2u);
  EXPECT_EQ(head.stats().samples, 500u);
  EXPECT_EQ(Found(head, {Name("m")}, 118'000, 121'000),
            (Lines{R"(m{x="1"} 118000=118 119000=119 120000=120 121000=121)"}));
}

TEST(Head, NewestOnlyFindsTheLastInTheWindow) {
  Head head;
  for (int i = 0; i < 300; ++i) head.Append({{"__name__", "m"}}, i * 1000, i);
  for (const int64_t to : {0, 1500, 119'000, 120'500, 299'000, 900'000}) {
    const std::vector<Matcher> m = {Name("m")};
    const auto set = head.Select({.matchers = m, .from_ms = 0, .to_ms = to, .newest_only = true});
    ASSERT_EQ(set->samples.size(), 1u) << to;
    EXPECT_EQ(set->samples[0].time_ms, std::min<int64_t>(to / 1000, 299) * 1000);
  }
}

TEST(Head, FindsByEveryMatcher) {
  Head head;
  for (const char* job : {"a", "b", "c"})
    for (const char* zone : {"", "x", "y"})
      head.Append({{"__name__", "m"}, {"job", job}, {"zone", zone}}, 0, 1);
  head.Append({{"__name__", "other"}, {"job", "a"}}, 0, 1);
  EXPECT_EQ(Found(head, {Name("m"), Matcher::Equal("job", "a")}, 0, 0).size(), 3u);
  EXPECT_EQ(Found(head, {Name("m"), Matcher::Equal("zone", "")}, 0, 0).size(), 3u);
  EXPECT_EQ(Found(head, {Name("m"), Make("zone", MatchOp::kNotEqual, "")}, 0, 0).size(), 6u);
  EXPECT_EQ(Found(head, {Make("job", MatchOp::kRegex, "a|b")}, 0, 0).size(), 7u);
  EXPECT_EQ(Found(head, {Name("m"), Matcher::Equal("job", "none")}, 0, 0).size(), 0u);
  EXPECT_EQ(Found(head, {Name("none")}, 0, 0).size(), 0u);
}

TEST(Head, MarksSeriesThatASnapshotNoLongerShows) {
  Head head;
  const auto all = [](std::string_view, model::LabelsView) { return true; };
  const auto empty = std::make_shared<FakeSnapshot>(std::vector<model::Family>{}, std::vector<Row>{});
  head.AppendSnapshot(1, *Jobs(1, 2), 1000, all);
  head.AppendSnapshot(2, *Jobs(1, 2), 1000, [](std::string_view, model::LabelsView) { return false; });
  head.AppendSnapshot(1, *empty, 2000, all);
  head.AppendSnapshot(1, *empty, 3000, all);
  head.AppendSnapshot(1, *Jobs(3, 4), 4000, all);
  EXPECT_EQ(Found(head, {Name("kube_job_status_failed"), Matcher::Equal("job_name", "a")}, 0, 9000),
            (Lines{R"(kube_job_status_failed{job_name="a", namespace="batch"} 1000=1 2000=stale 4000=3)"}));
}

TEST(Head, KeepsOnlyWhatIsWanted) {
  Head head;
  head.AppendSnapshot(1, *Jobs(1, 2), 1000,
                      [](std::string_view name, model::LabelsView) { return name == "runs_total"; });
  EXPECT_EQ(head.stats().series, 1u);
}

TEST(Head, ForgetsByTime) {
  Head head({.retention = std::chrono::minutes(10)});
  for (int i = 0; i < 3600; i += 5) head.Append({{"__name__", "m"}}, i * 1000, 1);
  head.Append({{"__name__", "gone"}}, 0, 1);
  head.Truncate(3'600'000);
  EXPECT_TRUE(Found(head, {Name("gone")}, 0, 3'600'000).empty());
  EXPECT_EQ(head.stats().series, 1u);
  EXPECT_TRUE(Found(head, {Name("m")}, 0, 2'000'000).empty());
  EXPECT_EQ(Found(head, {Name("m")}, 3'595'000, 3'600'000).size(), 1u);
  // A forgotten series can come back.
  EXPECT_TRUE(head.Append({{"__name__", "gone"}}, 3'600'000, 2));
  EXPECT_EQ(Found(head, {Name("gone")}, 0, 3'600'000), (Lines{"gone 3600000=2"}));
}

TEST(Head, KeepsLongerFromTheMomentItIsTold) {
  Head head({.retention = minutes(10)});
  for (int64_t minute = 0; minute <= 600; ++minute) {
    head.Append({{"__name__", "m"}}, minute * 60'000, 1);
    if (minute == 240) head.SetRetention(hours(5));
    head.Truncate(minute * 60'000);
  }
  const Matcher name = Matcher::Equal("__name__", "m");
  const auto set = head.Select({.matchers = {&name, 1}, .from_ms = 0, .to_ms = 600 * 60'000});
  ASSERT_TRUE(set.ok());
  EXPECT_GE(set->samples.size(), 300u);
  EXPECT_LE(set->samples.size(), 300u + 2 * 120u) << "whole chunks go";
}

TEST(Head, ForgetsBySizeOldestFirst) {
  Head head({.retention = std::chrono::hours(1000), .max_bytes = 200'000});
  for (int i = 0; i < 20'000; ++i)
    for (int s = 0; s < 5; ++s)
      head.Append({{"__name__", "m"}, {"s", std::to_string(s)}}, i * 1000, i * 1.7 + s);
  ASSERT_GT(head.stats().bytes, 200'000u);
  head.Truncate(20'000'000);
  EXPECT_LE(head.stats().bytes, 200'000u);
  EXPECT_GT(head.stats().evicted_by_size, 0u);
  EXPECT_EQ(Found(head, {Name("m")}, 19'999'000, 19'999'000).size(), 5u) << "the newest stay";
}

TEST(Head, RegularHistoryIsSmall) {
  // Two hours at 15 s; a hundred thousand such series must fit into 200 MB.
  Head head;
  for (int s = 0; s < 200; ++s) {
    const Labels labels{{"__name__", "kube_job_status_active"}, {"job_name", "etl-" + std::to_string(s)}};
    for (int i = 0; i < 480; ++i) head.Append(labels, 1'700'000'000'000 + i * 15'000, i % 50 == 0 ? 1 : 0);
  }
  EXPECT_LE(head.stats().chunk_bytes, 200u * 480u * 2u);
  EXPECT_LE(head.stats().bytes, 200u * 2000u);
}

TEST(MergedQueryable, JoinsSeriesOfOneLabelSet) {
  Head history;
  history.Append({{"__name__", "runs_total"}, {"job", "a"}}, 500, 4);
  history.Append({{"__name__", "runs_total"}, {"job", "a"}}, 1000, 9);
  const SnapshotQueryable now({Jobs(1, 2)}, FromMillis(1000));
  const MergedQueryable merged({&now, &history});
  EXPECT_EQ(Found(merged, {Name("runs_total")}, 0, 1000), (Lines{R"(runs_total{job="a"} 500=4 1000=5)"}))
      << "the earlier part's sample counts";
  const std::vector<Matcher> m = {Name("runs_total")};
  const auto newest = merged.Select({.matchers = m, .from_ms = 0, .to_ms = 1000, .newest_only = true});
  ASSERT_EQ(newest->samples.size(), 1u);
  EXPECT_EQ(newest->samples[0], (Sample{1000, 5}));
  EXPECT_TRUE(Found(MergedQueryable({}), {Name("runs_total")}, 0, 1000).empty());
}

}  // namespace
}  // namespace belfry::storage
