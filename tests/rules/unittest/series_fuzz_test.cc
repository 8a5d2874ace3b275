// Broken and shuffled series: no crash, no hang, and what is read can be written and read again.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/rules/unittest/series_check.h"

namespace belfry::unittest::testing {
namespace {

const std::string kPieces[] = {"1",
                               "-2",
                               "+3",
                               ".5",
                               "5.",
                               "1e3",
                               "1E-3",
                               "0",
                               "x",
                               "x2",
                               "x0",
                               "+",
                               "-",
                               "_",
                               "_x3",
                               "x",
                               "stale",
                               "Inf",
                               "NaN",
                               "-inf",
                               " ",
                               "  ",
                               "\n",
                               "\t",
                               "1+2x3",
                               "7-1x4",
                               "1e308+1e308x3",
                               "0x5",
                               "1_0",
                               "x-1",
                               "1.5x",
                               "{{",
                               "}}",
                               "X",
                               "stalex2",
                               "\xff",
                               "x18446744073709551614",
                               "e",
                               "1e400",
                               "_x0"};

TEST(SeriesFuzz, PiecesInAnyOrder) {
  std::mt19937_64 random(20261121);
  for (int i = 0; i < 30'000; ++i) {
    std::string text = random() % 4 == 0 ? "up{a=\"b\"}\n" : "\n";
    for (size_t n = random() % 10; n > 0; --n) {
      text += kPieces[random() % std::size(kPieces)];
      if (random() % 2 == 0) text += ' ';
    }
    ASSERT_EQ(CheckSeries(text), "") << text;
  }
}

TEST(SeriesFuzz, RandomBytes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = static_cast<char>(random());
    ASSERT_EQ(CheckSeries(text), "");
  }
}

TEST(SeriesFuzz, TheCorpusHolds) {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(BELFRY_SOURCE_DIR "/tests/fuzz/corpus/unittest")) {
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    EXPECT_EQ(CheckSeries(text.str()), "") << entry.path();
    ++count;
  }
  EXPECT_GT(count, 10u);
}

}  // namespace
}  // namespace belfry::unittest::testing
