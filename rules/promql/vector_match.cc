// Operators between two vectors. Signatures are computed once a row; each step then only looks up small
// numbers. For group_right the sides are exchanged, so that below "many" is always the side that may have
// several series of one signature.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "rules/promql/evaluator.h"
#include "rules/promql/signature.h"

namespace belfry::promql {
namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();

class Matcher {
 public:
  Matcher(Evaluator& evaluator, const Binary& binary, Grid many, Grid one)
      : evaluator_(evaluator),
        binary_(binary),
        matching_(*binary.matching),
        many_(std::move(many)),
        one_(std::move(one)),
        out_(many_.steps()),
        signature_(matching_.on, matching_.labels) {}

  Result<Grid> Run() {
    Ordinals ordinals(signature_);
    many_signatures_ = ordinals.Of(many_);
    one_signatures_ = ordinals.Of(one_);
    one_at_.assign(ordinals.count(), kNone);
    matched_at_.assign(ordinals.count(), kNone);
    PlanRows();
    for (size_t step = 0; step < many_.steps(); ++step) {
      if (!AnyAt(many_, step)) continue;  // nothing to match: not even an error
      RETURN_IF_ERROR(IndexOneSide(step));
      RETURN_IF_ERROR(MatchStep(step));
    }
    out_.Prune();
    out_.one_name = many_.one_name;
    return std::move(out_);
  }

 private:
  static bool AnyAt(const Grid& grid, size_t step) {
    for (size_t row = 0; row < grid.rows(); ++row)
      if (Present(grid.Row(row)[step])) return true;
    return false;
  }
  bool OneToOne() const { return matching_.card == Cardinality::kOneToOne; }
  bool Swapped() const { return matching_.card == Cardinality::kOneToMany; }
  bool DropsName() const { return ChangesMeaning(binary_, evaluator_.options().dialect); }

  // Where the result labels of a many-side row can be known to differ from those of every other row, that row
  // is its own result row; else result rows are looked up by their labels.
  void PlanRows() {
    const bool names_differ_only = !DropsName() || many_.one_name;
    own_rows_ = !OneToOne() && matching_.include.empty() && names_differ_only;
    row_of_.assign(many_.rows(), {kNone, kNone});
    out_.Reserve(own_rows_ ? many_.rows() : 0);
  }

  Result<void> IndexOneSide(size_t step) {
    std::fill(one_at_.begin(), one_at_.end(), kNone);
    for (size_t row = 0; row < one_.rows(); ++row) {
      if (!Present(one_.Row(row)[step])) continue;
      size_t& at = one_at_[one_signatures_[row]];
      if (at != kNone) return Duplicate(row, at);
      at = row;
    }
    return {};
  }

  Error Duplicate(size_t a, size_t b) const {
    std::string first = one_.labels(a).Whole().ToString();
    std::string second = one_.labels(b).Whole().ToString();
    if (first > second) std::swap(first, second);
    return NotPossible(
        "found duplicate series for the match group " + signature_.Part(one_.labels(a)).ToString() +
        " on the " + (Swapped() ? "left" : "right") + " hand-side of the operation: [" + first + ", " +
        second + "];many-to-many matching not allowed: matching labels must be unique on one side");
  }

  Result<void> MatchStep(size_t step) {
    for (size_t row = 0; row < many_.rows(); ++row) {
      const double value = many_.Row(row)[step];
      const size_t other = one_at_[many_signatures_[row]];
      if (!Present(value) || other == kNone) continue;
      const double against = one_.Row(other)[step];
      const double left = Swapped() ? against : value;
      const double right = Swapped() ? value : against;
      const double computed = Compute(binary_.op, left, right);
      RETURN_IF_ERROR(Put(row, other, step, computed, left));
    }
    return {};
  }

  Result<void> Put(size_t row, size_t other, size_t step, double computed, double left) {
    if (OneToOne()) {
      size_t& matched = matched_at_[many_signatures_[row]];
      if (matched == step) {
        return NotPossible(
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
      }
      matched = step;
    }
    ASSIGN_OR_RETURN(const size_t target, ResultRow(row, other));
    if (!OneToOne()) {
      if (used_at_[target].step == step && used_at_[target].signature == many_signatures_[row]) {
        return NotPossible("multiple matches for labels: grouping labels must ensure unique matches");
      }
      used_at_[target] = {step, many_signatures_[row]};
    }
    if (IsComparison(binary_.op) && !binary_.return_bool) {
      if (computed == 0) return {};
      computed = left;
    }
    double& cell = out_.Row(target)[step];
    if (Present(cell)) return NotPossible("vector cannot contain metrics with the same labelset");
    cell = computed;
    return {};
  }

  // The row of the result for a pair of rows.
  Result<size_t> ResultRow(size_t row, size_t other) {
    auto& [last_other, target] = row_of_[row];
    if (target != kNone && (own_rows_ || last_other == other)) return target;
    last_other = other;
    storage::SeriesLabels labels = ResultLabels(row, other);
    if (own_rows_) return target = AddRow(std::move(labels));
    const auto [at, added] = by_labels_.emplace(all_.Of(labels), out_.rows());
    if (added) {
      RETURN_IF_ERROR(evaluator_.budget().Hold(out_.steps()));
      AddRow(std::move(labels));
    }
    return target = at->second;
  }

  size_t AddRow(storage::SeriesLabels labels) {
    out_.AddRow(std::move(labels));
    used_at_.push_back({kNone, kNone});
    return out_.rows() - 1;
  }

  storage::SeriesLabels ResultLabels(size_t row, size_t other) {
    storage::SeriesLabels labels = many_.labels(row);
    if (DropsName()) labels.Remove(model::kMetricName);
    if (OneToOne()) {
      const model::Labels& whole = labels;
      labels = matching_.on ? whole.Only(matching_.labels) : whole.Without(matching_.labels);
    }
    for (const std::string& name : matching_.include) labels.Set(name, one_.labels(other).Get(name));
    return labels;
  }

  struct Use {
    size_t step;
    size_t signature;
  };

  Evaluator& evaluator_;
  const Binary& binary_;
  const VectorMatching& matching_;
  Grid many_;
  Grid one_;
  Grid out_;
  Signature signature_;
  const Signature all_{false, {}, true};
  std::vector<size_t> many_signatures_;
  std::vector<size_t> one_signatures_;
  std::vector<size_t> one_at_;      // by signature: the row of the one side in this step
  std::vector<size_t> matched_at_;  // by signature: the last step with a match
  bool own_rows_ = false;
  std::vector<std::pair<size_t, size_t>> row_of_;  // by many-side row: last partner, result row
  std::vector<Use> used_at_;                       // by result row
  std::unordered_map<std::string, size_t> by_labels_;
};

// Which signatures have a sample in a step.
std::vector<char> PresentAt(const Grid& grid, const std::vector<size_t>& signatures, size_t count,
                            size_t step) {
  std::vector<char> present(count, 0);
  for (size_t row = 0; row < grid.rows(); ++row)
    if (Present(grid.Row(row)[step])) present[signatures[row]] = 1;
  return present;
}

}  // namespace

Result<Grid> MatchVectors(Evaluator& evaluator, const Binary& binary, Grid left, Grid right) {
  RETURN_IF_ERROR(evaluator.budget().Work(left.cells() + right.cells()));
  const bool swap = binary.matching->card == Cardinality::kOneToMany;
  Matcher matcher(evaluator, binary, std::move(swap ? right : left), std::move(swap ? left : right));
  return matcher.Run();
}

Result<Grid> CombineSets(Evaluator& evaluator, const Binary& binary, Grid left, Grid right) {
  RETURN_IF_ERROR(evaluator.budget().Work(left.cells() + right.cells()));
  const Signature signature(binary.matching->on, binary.matching->labels);
  Ordinals ordinals(signature);
  const std::vector<size_t> left_signatures = ordinals.Of(left);
  const std::vector<size_t> right_signatures = ordinals.Of(right);
  // `and` and `unless` strike samples from the left by what is on the right, `or` the other way round.
  const bool strike_right = binary.op == BinaryOp::kOr;
  const bool strike_matched = binary.op != BinaryOp::kAnd;
  Grid& struck = strike_right ? right : left;
  const auto& struck_signatures = strike_right ? right_signatures : left_signatures;
  for (size_t step = 0; step < left.steps(); ++step) {
    const auto present = strike_right ? PresentAt(left, left_signatures, ordinals.count(), step)
                                      : PresentAt(right, right_signatures, ordinals.count(), step);
    for (size_t row = 0; row < struck.rows(); ++row) {
      double& cell = struck.Row(row)[step];
      if (Present(cell) && (present[struck_signatures[row]] != 0) == strike_matched) cell = Absent();
    }
  }
  struck.Prune();
  if (!strike_right) return left;
  const bool both = left.rows() > 0 && right.rows() > 0;
  left.one_name = both ? false : left.rows() > 0 ? left.one_name : right.one_name;
  for (size_t row = 0; row < right.rows(); ++row) {
    const auto from = right.Row(row);
    std::copy(from.begin(), from.end(), left.AddRow(std::move(right.labels(row))).begin());
  }
  if (!both || left.steps() == 1) return left;
  return evaluator.Merged(std::move(left));
}

}  // namespace belfry::promql
