#include "tests/rules/promql/script.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "exporters/model/number.h"
#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/storage/head.h"

namespace belfry::promql::testing {
namespace {

std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsSpace(s.back())) s.remove_suffix(1);
  return s;
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// `1m`, or a plain number of seconds.
int64_t Millis(std::string_view text) {
  if (const auto number = ParseNumber(text); number.ok()) return static_cast<int64_t>(*number * 1000);
  return storage::ToMillis(*ParsePromDuration(text));
}

// One item of the value notation, appended to `out`.
bool Expand(std::string_view item, std::vector<std::optional<double>>& out) {
  const size_t x = item.find('x');  // never hexadecimal here
  const size_t times =
      x == std::string_view::npos ? 0 : static_cast<size_t>(std::stoul(std::string(item.substr(x + 1))));
  item = item.substr(0, x);
  if (item == "_") {
    for (size_t i = 0; i < std::max<size_t>(times, 1); ++i) out.push_back(std::nullopt);
    return true;
  }
  if (item == "stale") return out.push_back(storage::StaleMarker()), true;
  size_t sign = item.find_first_of("+-", 1);
  while (sign != std::string_view::npos && (item[sign - 1] == 'e' || item[sign - 1] == 'E')) {
    sign = item.find_first_of("+-", sign + 1);
  }
  const auto start = ParseNumber(item.substr(0, sign));
  const auto step = sign == std::string_view::npos ? Result<double>(0.0) : ParseNumber(item.substr(sign));
  if (!start.ok() || !step.ok()) return false;
  double value = *start;
  for (size_t i = 0; i <= times; ++i, value += *step) out.push_back(value);
  return true;
}

// A series and what follows it: `name{a="b, c"} 1 2 3`.
struct SeriesLine {
  model::Labels labels;
  std::vector<std::optional<double>> values;
};

std::optional<SeriesLine> ParseSeries(std::string_view line) {
  size_t end = 0;
  char quote = 0;
  bool braces = false;
  for (; end < line.size(); ++end) {
    const char c = line[end];
    if (quote != 0) {
      if (c == '\\') ++end;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{') {
      braces = true;
    } else if (c == '}') {
      braces = false;
    } else if (IsSpace(c) && !braces) {
      break;
    }
  }
  auto labels = ParseMetric(line.substr(0, end));
  if (!labels.ok()) return std::nullopt;
  SeriesLine out{*labels, {}};
  for (const std::string& word : Words(line.substr(std::min(end, line.size()))))
    if (!Expand(word, out.values)) return std::nullopt;
  return out;
}

class Runner {
 public:
  Runner(std::string_view script, double tolerance) : tolerance_(tolerance) {
    std::istringstream in{std::string(script)};
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
  }

  ScriptOutcome Run() {
    Clear();
    while (at_ < lines_.size()) Command();
    return std::move(outcome_);
  }

 private:
  struct Evaluation {
    bool range = false;
    bool ordered = false;
    bool must_fail = false;
    int64_t from = 0;
    int64_t to = 0;
    int64_t step = 1;
    std::string expr;
  };

  void Clear() { head_ = std::make_unique<storage::Head>(); }
  void Fail(const std::string& message) {
    outcome_.failures.push_back("line " + std::to_string(command_line_) + ": " + message);
  }
  static bool IsBlank(std::string_view line) { return Trim(line).empty() || Trim(line).front() == '#'; }
  bool InBody() const { return at_ < lines_.size() && !Trim(lines_[at_]).empty() && IsSpace(lines_[at_][0]); }

  void Command() {
    const std::string line = lines_[at_++];
    command_line_ = at_;
    if (IsBlank(line)) return;
    const auto words = Words(line);
    if (words[0] == "load") return Load(Millis(words[1]));
    if (words[0] == "clear") return Clear();
    if (words[0] == "dialect") {
      dialect_ = words[1] == "2" ? Dialect::kPrometheus2 : Dialect::kPrometheus3;
    } else if (words[0] == "experimental") {
      experimental_ = true;
    } else if (words[0].starts_with("eval")) {
      Eval(line, words);
    } else {
      Fail("unknown command " + words[0]);
    }
  }

  void Load(int64_t step) {
    while (InBody()) {
      const std::string line = lines_[at_++];
      if (IsBlank(line)) continue;
      const auto series = ParseSeries(Trim(line));
      if (!series) {
        Fail("not a series: " + line);
        continue;
      }
      for (size_t i = 0; i < series->values.size(); ++i)
        if (series->values[i])
          head_->Append(series->labels, static_cast<int64_t>(i) * step, *series->values[i]);
    }
  }

  static Evaluation ParseEval(const std::string& line, const std::vector<std::string>& words) {
    Evaluation e{.ordered = words[0] == "eval_ordered", .must_fail = words[0] == "eval_fail"};
    e.range = words[1] == "range";
    size_t skip = e.range ? 8 : 4;  // words before the expression
    if (e.range) {
      e.from = Millis(words[3]), e.to = Millis(words[5]), e.step = Millis(words[7]);
    } else {
      e.from = e.to = Millis(words[3]);
    }
    std::string_view rest = line;
    for (; skip > 0; --skip) {
      rest = Trim(rest);
      rest.remove_prefix(rest.find_first_of(" \t"));
    }
    e.expr = Trim(rest);
    return e;
  }

  void Eval(const std::string& line, const std::vector<std::string>& words) {
    const Evaluation e = ParseEval(line, words);
    ++outcome_.evaluations;
    std::vector<std::string> body;
    while (InBody()) body.emplace_back(Trim(lines_[at_++]));
    std::erase_if(body, [](const std::string& l) { return IsBlank(l); });
    const auto value = Evaluate(e);
    if (e.must_fail) return CompareError(e, value, body);
    if (!value.ok()) return Fail(e.expr + ": " + value.error().message);
    Compare(e, *value, body);
  }

  Result<Value> Evaluate(const Evaluation& e) {
    ASSIGN_OR_RETURN(ExprPtr expr,
                     Parse(e.expr, {.dialect = dialect_, .experimental_functions = experimental_}));
    const EvalOptions options{.dialect = dialect_};
    if (!e.range) return EvaluateInstant(*expr, storage::FromMillis(e.from), *head_, options);
    return EvaluateRange(*expr, storage::FromMillis(e.from), storage::FromMillis(e.to), milliseconds(e.step),
                         *head_, options);
  }

  void CompareError(const Evaluation& e, const Result<Value>& value, const std::vector<std::string>& body) {
    if (value.ok()) return Fail(e.expr + ": was to fail and did not");
    for (const std::string& line : body) {
      constexpr std::string_view kMessage = "expected_fail_message ";
      if (!line.starts_with(kMessage)) continue;
      if (value.error().message != line.substr(kMessage.size()))
        Fail(e.expr + ": fails with " + value.error().message);
    }
  }

  bool Same(double a, double b) const {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    if (a == b) return true;
    return tolerance_ > 0 && std::fabs(a - b) <= tolerance_ * std::max(std::fabs(a), std::fabs(b));
  }

  void Compare(const Evaluation& e, const Value& value, const std::vector<std::string>& body) {
    if (const auto* scalar = std::get_if<Scalar>(&value)) {
      const auto want = body.size() == 1 ? ParseNumber(body[0]) : ParseNumber("");
      if (!want.ok() || !Same(*want, scalar->value))
        Fail(e.expr + ": is the scalar " + model::FormatNumber(scalar->value));
      return;
    }
    if (const auto* text = std::get_if<String>(&value)) {
      if (body.size() != 1 || body[0] != Quote(text->value))
        Fail(e.expr + ": is the string " + Quote(text->value));
      return;
    }
    std::vector<SeriesLine> got = Lines(e, value);
    std::vector<SeriesLine> want;
    for (const std::string& line : body) {
      auto series = ParseSeries(line);
      if (!series) return Fail("not a series: " + line);
      want.push_back(*std::move(series));
    }
    if (!e.ordered) {
      const auto less = [](const SeriesLine& a, const SeriesLine& b) { return a.labels < b.labels; };
      std::stable_sort(got.begin(), got.end(), less);
      std::stable_sort(want.begin(), want.end(), less);
    }
    if (!std::equal(got.begin(), got.end(), want.begin(), want.end(),
                    [this](const SeriesLine& a, const SeriesLine& b) { return SameLine(a, b); })) {
      Fail(e.expr + ": got\n" + Show(got) + "want\n" + Show(want));
    }
  }

  static std::vector<SeriesLine> Lines(const Evaluation& e, const Value& value) {
    std::vector<SeriesLine> lines;
    if (const auto* vector = std::get_if<Vector>(&value)) {
      for (const VectorSample& s : *vector) lines.push_back({s.labels, {s.value}});
      return lines;
    }
    for (const MatrixSeries& s : std::get<Matrix>(value)) {
      SeriesLine line{s.labels, {}};
      if (!e.range) {
        for (const storage::Sample& sample : s.samples) line.values.emplace_back(sample.value);
      } else {
        line.values.resize(static_cast<size_t>((e.to - e.from) / e.step) + 1);
        for (const storage::Sample& sample : s.samples)
          line.values[static_cast<size_t>((sample.time_ms - e.from) / e.step)] = sample.value;
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  bool SameLine(const SeriesLine& a, const SeriesLine& b) const {
    const size_t length = std::max(a.values.size(), b.values.size());
    for (size_t i = 0; i < length; ++i) {
      const auto x = i < a.values.size() ? a.values[i] : std::nullopt;
      const auto y = i < b.values.size() ? b.values[i] : std::nullopt;
      if (x.has_value() != y.has_value() || (x && !Same(*x, *y))) return false;
    }
    return a.labels == b.labels;
  }

  static std::string Show(const std::vector<SeriesLine>& lines) {
    std::string out;
    for (const SeriesLine& line : lines) {
      out += "    " + line.labels.ToString();
      for (const auto& value : line.values) out += " " + (value ? model::FormatNumber(*value) : "_");
      out += "\n";
    }
    return out;
  }

  double tolerance_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  size_t command_line_ = 0;
  Dialect dialect_ = Dialect::kPrometheus3;
  bool experimental_ = false;
  std::unique_ptr<storage::Head> head_;
  ScriptOutcome outcome_;
};

}  // namespace

ScriptOutcome RunScript(std::string_view script, double tolerance) { return Runner(script, tolerance).Run(); }

}  // namespace belfry::promql::testing
