#include "agent/manifest/problem.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace belfry::manifest {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Levenshtein distance without regard to case, one row at a time.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (Lower(a[i]) == Lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Problem::ToString() const {
  std::string text = file;
  if (line != 0) {
    if (!text.empty()) text += ":";
    text += std::to_string(line) + ":" + std::to_string(column);
  }
  if (!text.empty()) text += ": ";
  if (!field.empty() && message.find("\"" + field + "\"") == std::string::npos) text += field + ": ";
  return text + message;
}

void Problems::Add(Position at, std::string field, std::string message) {
  if (full()) {
    ++suppressed_;
    return;
  }
  list_.push_back({.file = {},
                   .line = at.line,
                   .column = at.column,
                   .field = std::move(field),
                   .message = std::move(message)});
}

std::vector<Problem> Problems::Take(std::string_view file) {
  if (suppressed_ > 0) {
    list_.push_back({.file = {},
                     .line = 0,
                     .column = 0,
                     .field = {},
                     .message = "too many problems: " + std::to_string(suppressed_) + " more are not shown"});
  }
  for (Problem& problem : list_) problem.file = file;
  suppressed_ = 0;
  return std::exchange(list_, {});
}

std::string_view DidYouMean(std::string_view word, const std::vector<std::string_view>& known) {
  // A name of this length is no slip of the finger, and the table below would be large.
  if (word.empty() || word.size() > 64) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, (word.size() + 1) / 3) + 1;
  for (const std::string_view candidate : known) {
    const size_t distance = Distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace belfry::manifest
