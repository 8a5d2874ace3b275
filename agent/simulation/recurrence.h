// Notices that a simulation goes in a circle.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/simulation/event.h"
#include "agent/simulation/script_book.h"

namespace belfry::simulation {

// What is remembered of the simulation at the full hours. Thread: one.
class Recurrence {
 public:
  // An event of the present hour.
  void Add(const Event& event) { events_.push_back(event); }
  // The hour that ends at `at` is complete, and the state is then `state` (World::StateText).
  void Close(Instant at, std::string_view state, ScriptBook::Position position);
  // After how many hours the present state comes again: it has done so twice, with the same events between.
  std::optional<size_t> Period() const;
  // The events of the newest `count` hours.
  std::vector<Event> Newest(size_t count) const;
  // How many hours, in whole periods, can be looked back at.
  size_t Reach(size_t period) const { return (hours_.size() - 1) / period * period; }
  const ScriptBook::Position& PositionBefore(size_t count) const {
    return hours_[hours_.size() - 1 - count].position;
  }
  uint64_t state() const { return hours_.back().state; }
  void Clear();

 private:
  struct Hour {
    uint64_t state = 0;     // at its end
    uint64_t happened = 0;  // its events
    std::vector<Event> events;
    ScriptBook::Position position;
  };

  bool Recurs(size_t period) const;

  std::deque<Hour> hours_;
  std::vector<Event> events_;
  size_t kept_events_ = 0;
};

uint64_t HashOf(std::string_view text);

}  // namespace belfry::simulation
