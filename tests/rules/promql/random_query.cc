#include "tests/rules/promql/random_query.h"

#include <utility>

namespace belfry::promql::testing {

std::string RandomQuery::PickOf(std::initializer_list<const char*> choices) {
  return *(choices.begin() + Pick(choices.size()));
}

std::vector<RandomSeries> RandomQuery::Series() {
  std::vector<RandomSeries> out;
  // Values: whole numbers with rare gaps, resets, stale markers and infinities. Sums over them are exact, so
  // that the order in which an engine happens to hold its series cannot matter.
  const auto values = [this](bool counter) {
    std::string text;
    int64_t value = static_cast<int64_t>(Pick(50));
    for (int i = 0; i < 40; ++i) {
      if (OneIn(15)) {
        text += "_ ";
      } else if (OneIn(40)) {
        text += "stale ";
      } else if (!counter && OneIn(60)) {
        text += PickOf({"Inf ", "-Inf ", "NaN "});
      } else {
        if (counter) {
          value = OneIn(12) ? static_cast<int64_t>(Pick(5)) : value + static_cast<int64_t>(Pick(30));
        } else {
          value += static_cast<int64_t>(Pick(41)) - 20;
        }
        text += std::to_string(value) + " ";
      }
    }
    return text;
  };
  for (const char* name : {"m_total", "n_total", "g", "h"}) {
    for (const char* a : {"1", "2", "3"}) {
      for (const char* b : {"x", "y"}) {
        if (OneIn(6)) continue;
        const std::string extra = OneIn(4) ? ", c=\"z\"" : "";
        const std::string labels = std::string("{a=\"") + a + "\", b=\"" + b + "\"" + extra + "}";
        out.push_back({name + labels, values(std::string(name).ends_with("total"))});
      }
    }
  }
  for (const char* a : {"1", "2"}) {
    int64_t start = 0;
    int64_t step = 0;
    for (const char* le : {"0.1", "1", "10", "+Inf"}) {
      start += static_cast<int64_t>(Pick(9));
      step += static_cast<int64_t>(Pick(5));
      out.push_back({std::string("d_bucket{a=\"") + a + "\", le=\"" + le + "\"}",
                     std::to_string(start) + "+" + std::to_string(step) + "x40"});
    }
  }
  // Histograms as they should not be: a bound that is no number, none at infinity, counts that fall.
  for (const char* le : {"0.5", "abc", "5", "", "50"}) {
    out.push_back({std::string("bad_bucket{a=\"1\", le=\"") + le + "\"}",
                   std::to_string(Pick(20)) + "+" + std::to_string(Pick(4)) + "x40"});
    if (std::string(le) != "abc" && *le != '\0') {
      out.push_back(
          {std::string("bad_bucket{a=\"2\", le=\"") + le + "\"}", std::to_string(Pick(9)) + "+0x40"});
    }
  }
  return out;
}

std::string RandomQuery::Number() {
  if (OneIn(12)) return PickOf({"Inf", "-Inf", "NaN", "0x1F", "1e-3", "017", "+4", ".5"});
  return PickOf({"0", "1", "2", "3", "0.5", "-1", "10", "1e3", "0.1", "1.5", "7", "100", "-2.25", "0.75"});
}

std::string RandomQuery::DurationText() {
  return PickOf({"1m", "2m", "3m", "5m", "7m", "10m", "90s", "1m30s", "15m"});
}

std::string RandomQuery::Modifiers() {
  if (OneIn(5)) return " offset " + PickOf({"1m", "3m", "-2m", "90s"});
  if (may_fix_time_ && OneIn(8)) return " @ " + PickOf({"600", "1234.5", "0", "end()", "start()"});
  return {};
}

std::string RandomQuery::Matchers() {
  if (OneIn(2)) return {};
  const std::string one = PickOf({"a=\"1\"", "a!=\"2\"", "a=~\"1|2\"", "b=\"x\"", "b!~\"x\"", "c=\"z\"",
                                  "c=\"\"", "a=~\".+\"", "b=~\"[xy]\"", "nope=\"\""});
  return "{" + one + (OneIn(4) ? ", b=\"y\"" : "") + "}";
}

std::string RandomQuery::Selector() { return PickOf({"m_total", "n_total", "g", "h"}) + Matchers(); }

std::string RandomQuery::Range(int depth) {
  if (depth > 0 && OneIn(5)) {
    // 2.42 moves a window fixed by @ along with the steps of a subquery around it when the function depends
    // on time.
    const bool before = std::exchange(may_fix_time_, false);
    const std::string inner = Vector(depth - 1);
    may_fix_time_ = before;
    return "(" + inner + ")[" + DurationText() + ":" + PickOf({"", "30s", "1m", "2m"}) + "]" + Modifiers();
  }
  return Selector() + "[" + DurationText() + "]" + Modifiers();
}

std::string RandomQuery::RangeCall(int depth) {
  if (OneIn(8)) return "quantile_over_time(" + Number() + ", " + Range(depth) + ")";
  if (OneIn(8)) return "predict_linear(" + Range(depth) + ", " + Number() + ")";
  if (OneIn(12)) return "holt_winters(" + Range(depth) + ", 0.3, 0.6)";
  return PickOf({"rate", "increase", "delta", "irate", "idelta", "deriv", "resets", "changes",
                 "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time",
                 "last_over_time", "stddev_over_time", "stdvar_over_time", "present_over_time",
                 "absent_over_time"}) +
         "(" + Range(depth) + ")";
}

std::string RandomQuery::MapCall(int depth) {
  const std::string v = Vector(depth - 1);
  switch (Pick(10)) {
    case 8:
      return "clamp_max(" + v + ", " + Scalar(depth - 1) + ")";
    case 9:
      return OneIn(2) ? "vector(" + Scalar(depth - 1) + ")"
                      : PickOf({"hour", "minute", "month", "year", "day_of_week", "day_of_month",
                                "days_in_month", "day_of_year"}) +
                            "()";
    case 0:
      return "clamp(" + v + ", " + Number() + ", " + Scalar(depth - 1) + ")";
    case 1:
      return "clamp_min(" + v + ", " + Scalar(depth - 1) + ")";
    case 2:
      return "round(" + v + ", " + PickOf({"0.1", "5", "3", "1"}) + ")";
    case 3:
      return "label_replace(" + v + ", \"n\", \"$1-x\", \"a\", \"(.).*\")";
    case 4:
      return "label_join(" + v + ", \"n\", \"-\", \"a\", \"b\")";
    default:
      return PickOf({"abs",    "ceil", "floor",       "sgn",          "sqrt",
                     "minute", "hour", "day_of_week", "day_of_month", "days_in_month",
                     "month",  "year", "timestamp",   "absent",       "deg",
                     "rad",    "sort", "sort_desc",   "round",        "day_of_year"}) +
             "(" + v + ")";
  }
}

std::string RandomQuery::Grouping() {
  return PickOf({"", "by (a) ", "by (b) ", "by (a, b) ", "without (a) ", "without (b, c) ", "by (c) ",
                 "without () ", "by (nope) "});
}

std::string RandomQuery::AggregateText(int depth) {
  // Of whole numbers, sums are exact in every order.
  if (OneIn(3)) return "sum " + Grouping() + "(" + Selector() + Modifiers() + ")";
  if (OneIn(6)) {
    // Which of equals topk keeps is open, what they add up to is not.
    return PickOf({"sum ", "max ", "count "}) + Grouping() + "(" + PickOf({"topk ", "bottomk "}) +
           Grouping() + "(" + PickOf({"0", "1", "2", "3", "-1", "2.7", "100"}) + ", " + Selector() +
           Modifiers() + "))";
  }
  // Means depend on the order of their terms in the last digits.
  if (OneIn(6)) {
    return "round(" + PickOf({"avg ", "stddev ", "stdvar "}) + Grouping() + "(" + Selector() + Modifiers() +
           "), 0.001)";
  }
  if (OneIn(6)) return "count_values " + Grouping() + "(\"v\", " + Selector() + ")";
  if (OneIn(6)) return "quantile " + Grouping() + "(" + Number() + ", " + Vector(depth - 1) + ")";
  return PickOf({"count", "min", "max", "group"}) + " " + Grouping() + "(" + Vector(depth - 1) + ")";
}

std::string RandomQuery::VectorOperation(int depth) {
  const std::string left = "(" + Vector(depth - 1) + ")";
  const std::string right = "(" + Vector(depth - 1) + ")";
  const std::string on = PickOf({"", " on (a, b)", " ignoring (c)", " on (a)", " ignoring (c, b)"});
  if (OneIn(3)) return left + PickOf({" and", " or", " unless"}) + on + " " + right;
  const std::string group =
      on.empty() ? "" : PickOf({"", " group_left ()", " group_left (c)", " group_right ()"});
  if (OneIn(2)) {
    return left + " " + PickOf({"==", "!=", "<", ">", "<=", ">="}) + PickOf({"", " bool"}) + on +
           (on.find("c") != std::string::npos && group == " group_left (c)" ? "" : group) + " " + right;
  }
  return left + " " + PickOf({"+", "-", "*", "/", "%", "+", "-"}) + on + group + " " + right;
}

std::string RandomQuery::Vector(int depth) {
  if (depth <= 0) return Selector() + Modifiers();
  switch (Pick(9)) {
    case 0:
      return Selector() + Modifiers();
    case 1:
    case 2:
      return RangeCall(depth - 1);
    case 3:
      return MapCall(depth);
    case 4:
      return AggregateText(depth);
    case 5:
      return VectorOperation(depth);
    case 6:
      return "-(" + Vector(depth - 1) + ")";
    case 7:
      return "histogram_quantile(" + PickOf({"0", "0.5", "0.9", "1", "0.25", "1.5"}) + ", " +
             PickOf({"d_bucket", "rate(d_bucket[5m])", "sum by (le) (d_bucket)", "bad_bucket",
                     "bad_bucket - 5", "increase(bad_bucket[10m])", "{__name__=~\"d_bucket|bad_bucket\"}",
                     "d_bucket{le!=\"+Inf\"}"}) +
             ")";
    default: {
      // Powers with a whole exponent only: others go through exp and log, whose last bit differs between
      // libraries.
      if (OneIn(10)) return "(" + Vector(depth - 1) + ") ^ " + PickOf({"2", "3", "-1", "0", "5", "-2"});
      const std::string op = PickOf({"+", "-", "*", "/", "%", ">", "<=", "== bool", "!=", ">= bool"});
      if (OneIn(2)) return "(" + Vector(depth - 1) + ") " + op + " " + Scalar(depth - 1);
      return Scalar(depth - 1) + " " + op + " (" + Vector(depth - 1) + ")";
    }
  }
}

std::string RandomQuery::Scalar(int depth) {
  if (depth <= 0 || OneIn(2)) return Number();
  switch (Pick(4)) {
    case 0:
      return "time()";
    case 3:
      return "scalar(" + PickOf({"sum", "count", "max", "min"}) + "(" + Selector() + "))";
    case 1:
      return "scalar(" + Vector(depth - 1) + ")";
    default:
      return "(" + Scalar(depth - 1) + " " + PickOf({"+", "-", "*", "/", "< bool"}) + " " + Number() + ")";
  }
}

std::string RandomQuery::Expression(int depth) { return OneIn(12) ? Scalar(depth) : Vector(depth); }

}  // namespace belfry::promql::testing
