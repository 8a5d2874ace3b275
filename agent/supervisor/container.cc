#include "agent/supervisor/container.h"

#include <signal.h>

namespace belfry::supervisor {

void Container::AppendRecords(std::vector<JournalRecord>& records) const {
  if (failed) {
    records.emplace_back(*failed);
  } else if (state == State::kEnded && exited) {
    records.emplace_back(*exited);
  } else {
    records.emplace_back(start);
    if (started) records.emplace_back(*started);
  }
}

Exited ExitOf(const Container& container, int code, int status, Instant now) {
  constexpr int kSignalBase = 128;  // as shells and Kubernetes report a signal
  const bool by_signal = code != CLD_EXITED;
  return {.key = container.start.key,
          .exit_code = by_signal ? kSignalBase + status : status,
          .signal = by_signal ? status : 0,
          .unknown = false,
          .started_at = container.started ? container.started->at : container.start.at,
          .finished_at = now};
}

}  // namespace belfry::supervisor
