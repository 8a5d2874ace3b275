#include "agent/cli/table.h"

#include <algorithm>

#include "agent/base/check.h"

namespace belfry::cli {

void Table::Add(std::vector<std::string> cells) {
  if (widths_.empty()) widths_.resize(cells.size());
  CHECK(cells.size() == widths_.size());
  for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
  lines_.push_back(std::move(cells));
}

std::string Table::Render() const {
  std::string text;
  for (const std::vector<std::string>& line : lines_) {
    for (size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths_[i] - line[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace belfry::cli
