// What is wrong with an input text, and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::manifest {

// A place in a text. Units: lines and columns (bytes) from 1; 0: not known.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;

  bool operator==(const Position&) const = default;
};

struct Problem {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string field;  // `spec.template.spec.containers[0].name`; empty: the whole document
  std::string message;

  // `file:line:col: field: message`, without the parts that are not known. The field is left out where the
  // message quotes it.
  std::string ToString() const;
  bool operator==(const Problem&) const = default;
};

// Problems of one input, in the order found. Above kMax they are counted only: a hostile file must not fill
// memory.
class Problems {
 public:
  static constexpr size_t kMax = 100;

  void Add(Position at, std::string field, std::string message);
  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size() + suppressed_; }
  bool full() const { return list_.size() >= kMax; }
  // All of them with `file` filled in, the last one saying how many are not shown.
  std::vector<Problem> Take(std::string_view file);
  const std::vector<Problem>& list() const { return list_; }

 private:
  std::vector<Problem> list_;
  size_t suppressed_ = 0;
};

// The nearest of `known` to a misspelt `word`, or empty if none is near.
std::string_view DidYouMean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace belfry::manifest
