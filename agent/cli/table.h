// Columns of text for terminals.
#pragma once

#include <string>
#include <vector>

namespace belfry::cli {

// Cells are aligned left, two spaces apart; nothing follows the last cell of a line.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { Add(std::move(head)); }

  // Requires: as many cells as the head has.
  void Add(std::vector<std::string> cells);
  std::string Render() const;

 private:
  std::vector<std::vector<std::string>> lines_;
  std::vector<size_t> widths_;
};

}  // namespace belfry::cli
