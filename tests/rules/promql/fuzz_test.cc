// Broken and shuffled expressions: no crash, no hang, and print∘parse is the identity on what parses.
#include <gtest/gtest.h>

#include <random>

#include "tests/rules/promql/parse_print.h"
#include "tests/rules/promql/query_pieces.h"
#include "tests/rules/promql/random_query.h"

namespace belfry::promql::testing {
namespace {

const std::vector<std::string>& Pieces() {
  static const std::vector<std::string> kPieces =
      QueryPieces({"`c`", "\\", "#x\n", " ", "\n", "\xff", "\xc3\xa9", "\\x00", "1_0", "{\"x y\"}", "$"});
  return kPieces;
}

TEST(ParserFuzz, PiecesInAnyOrder) {
  std::mt19937_64 random(20261121);
  for (int i = 0; i < 60'000; ++i) {
    std::string text;
    for (size_t n = random() % 14; n > 0; --n) {
      text += Pieces()[random() % Pieces().size()];
      if (random() % 3 == 0) text += ' ';
    }
    const std::string wrong = CheckParsePrint(text);
    ASSERT_TRUE(wrong.empty()) << "input " << text << "\n" << wrong;
  }
}

TEST(ParserFuzz, MutatedExpressions) {
  RandomQuery queries(4711);
  std::mt19937_64 random(4711);
  for (int i = 0; i < 15'000; ++i) {
    std::string text = queries.Expression(1 + i % 4);
    ASSERT_EQ(CheckParsePrint(text), "") << text;
    for (size_t n = 1 + random() % 3; n > 0 && !text.empty(); --n) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text.erase(at, 1 + random() % 3);
          break;
        case 1:
          text[at] = static_cast<char>(random());
          break;
        case 2:
          text.insert(at, Pieces()[random() % Pieces().size()]);
          break;
        default:
          text.resize(at);
          break;
      }
    }
    const std::string wrong = CheckParsePrint(text);
    ASSERT_TRUE(wrong.empty()) << "input " << text << "\n" << wrong;
  }
}

TEST(ParserFuzz, RandomBytes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 60, ' ');
    for (char& c : text) c = static_cast<char>(random());
    ASSERT_EQ(CheckParsePrint(text), "");
  }
}

}  // namespace
}  // namespace belfry::promql::testing
