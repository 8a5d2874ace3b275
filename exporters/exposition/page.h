// The text of /metrics, written piece by piece.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporters/model/source.h"

namespace belfry::exposition {

using Snapshots = std::vector<std::shared_ptr<const model::Snapshot>>;

// One page over some snapshots. A family appears once, with HELP and TYPE only if it has series; parts of one
// family in several snapshots are joined (the first one's head holds). Source: Prometheus text format 0.0.4,
// OpenMetrics 1.0.
class Page {
 public:
  Page(Snapshots snapshots, model::TextFormat format);

  // The next piece of the page, `size` bytes or somewhat more, less at the end; empty when all is written.
  std::string Next(size_t size);

 private:
  struct Group {
    const model::Family* head = nullptr;
    std::vector<std::pair<const model::Snapshot*, size_t>> parts;
  };

  void Continue(size_t size, std::string& out);
  void AppendHead(const model::Family& family, std::string& out) const;

  Snapshots snapshots_;
  model::TextFormat format_;
  std::vector<Group> groups_;
  size_t group_ = 0;
  size_t part_ = 0;
  size_t from_ = 0;
  bool headed_ = false;  // the current group's head is written
  bool ended_ = false;
};

// The whole page as one text; for tests and tools.
std::string WritePage(Snapshots snapshots, model::TextFormat format);

}  // namespace belfry::exposition
