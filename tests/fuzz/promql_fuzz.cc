// libFuzzer entry: any bytes as an expression. What parses must print, parse again and print the same, and
// evaluate over a few series within its budget.
#include <cstddef>
#include <cstdint>

#include "agent/base/check.h"
#include "rules/promql/engine.h"
#include "rules/promql/lexer.h"
#include "rules/promql/parser.h"
#include "rules/storage/head.h"
#include "tests/rules/promql/parse_print.h"

namespace belfry::promql {
namespace {

void FillSeries(storage::Head& head) {
  for (const char* name : {"a", "foo", "m_total"}) {
    for (const char* value : {"1", "2"}) {
      for (int64_t minute = 0; minute < 12; ++minute) {
        const model::Labels labels{{"__name__", name}, {"a", value}, {"le", value}};
        head.Append(labels, minute * 60'000,
                    minute == 7 ? storage::StaleMarker() : static_cast<double>(minute * 3 % 7));
      }
    }
  }
}

void Fuzz(std::string_view text) {
  const std::vector<Token> tokens = Lex(text);
  CHECK(!tokens.empty());
  CHECK(tokens.back().kind == Tok::kEnd || tokens.back().kind == Tok::kError);
  for (const Token& token : tokens)
    CHECK(token.position.begin <= token.position.end && token.position.end <= text.size());
  CHECK(testing::CheckParsePrint(text).empty());
  const auto expr = Parse(text, {.experimental_functions = true});
  if (!expr.ok()) return;
  storage::Head head;
  FillSeries(head);
  // What the series or the budget do not allow is an error; a crash or a hang is neither.
  const EvalOptions options{.max_samples = 100'000, .max_work = 1'000'000};
  const auto instant = EvaluateInstant(**expr, storage::FromMillis(600'000), head, options);
  CHECK(instant.ok() || !instant.error().message.empty());
  const auto range =
      EvaluateRange(**expr, storage::FromMillis(0), storage::FromMillis(700'000), minutes(1), head, options);
  CHECK(range.ok() || !range.error().message.empty());
}

}  // namespace
}  // namespace belfry::promql

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  belfry::promql::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
