#include "exporters/model/labels.h"

#include <gtest/gtest.h>

namespace belfry::model {
namespace {

TEST(Labels, SortsAndDropsEmptyValues) {
  const Labels labels{{"b", "2"}, {"c", ""}, {"a", "1"}};
  EXPECT_EQ(labels.list(), (std::vector<Label>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels, (Labels{{"a", "1"}, {"b", "2"}}));
}

TEST(Labels, TheLastOfTwoLabelsWithOneNameHolds) {
  EXPECT_EQ((Labels{{"a", "1"}, {"a", "2"}}), (Labels{{"a", "2"}}));
  EXPECT_EQ((Labels{{"a", "1"}, {"a", ""}}), Labels{});
}

TEST(Labels, GetSetAndRemove) {
  Labels labels{{"b", "2"}};
  labels.Set("a", "1");
  labels.Set("c", "3");
  labels.Set("b", "9");
  EXPECT_EQ(labels.ToString(), R"({a="1", b="9", c="3"})");
  EXPECT_EQ(labels.Get("b"), "9");
  EXPECT_EQ(labels.Get("x"), "");
  EXPECT_TRUE(labels.Has("c"));
  labels.Remove("b");
  labels.Remove("x");
  labels.Set("c", "");
  EXPECT_EQ(labels.ToString(), R"({a="1"})");
}

TEST(Labels, WithoutAndOnlySplitTheSet) {
  const Labels labels{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  const std::vector<std::string> names{"c", "a", "x"};
  EXPECT_EQ(labels.Without(names), (Labels{{"b", "2"}}));
  EXPECT_EQ(labels.Only(names), (Labels{{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(labels.Only({}), Labels{});
}

TEST(Labels, OfTakesTheNameAndViews) {
  const LabelView views[] = {{"namespace", "default"}, {"job_name", "etl"}, {"reason", ""}};
  EXPECT_EQ(Labels::Of("kube_job_info", views).ToString(),
            R"(kube_job_info{job_name="etl", namespace="default"})");
  EXPECT_EQ(Labels::Of("", views).ToString(), R"({job_name="etl", namespace="default"})");
}

// The values of prometheus/common's tests of LabelSet.Fingerprint.
TEST(Labels, FingerprintIsPrometheus) {
  EXPECT_EQ(Labels{}.Fingerprint(), 14695981039346656037ULL);
  EXPECT_EQ((Labels{{"name", "garland, briggs"}, {"fear", "love is not enough"}}).Fingerprint(),
            5799056148416392346ULL);
}

TEST(Labels, FingerprintKeepsNamesAndValuesApart) {
  EXPECT_NE((Labels{{"a", "bc"}}).Fingerprint(), (Labels{{"ab", "c"}}).Fingerprint());
}

TEST(Labels, ToStringPutsTheNameFirstAndQuotes) {
  EXPECT_EQ(Labels{}.ToString(), "{}");
  EXPECT_EQ((Labels{{"__name__", "up"}}).ToString(), "up");
  EXPECT_EQ((Labels{{"z", "a\"b\\c\nd\te\x01"}, {"__name__", "up"}}).ToString(),
            "up{z=\"a\\\"b\\\\c\\nd\\te\\x01\"}");
}

TEST(Labels, CompareByContent) {
  EXPECT_LT((Labels{{"a", "1"}}), (Labels{{"a", "2"}}));
  EXPECT_LT(Labels{}, (Labels{{"a", "1"}}));
}

}  // namespace
}  // namespace belfry::model
