#include "agent/supervisor/container.h"

#include <signal.h>

#include <algorithm>

namespace belfry::supervisor {

void Container::AppendRecords(std::vector<JournalRecord>& records) const {
  if (failed) {
    records.emplace_back(*failed);
  } else if (state == State::kEnded && exited) {
    records.emplace_back(*exited);
  } else {
    records.emplace_back(start);
    if (started) records.emplace_back(*started);
    for (const int32_t signal : signals) records.emplace_back(SignalRequest{start.key, signal});
  }
}

Exited ExitOf(const Container& container, int code, int status, Instant now) {
  constexpr int kSignalBase = 128;  // as shells and Kubernetes report a signal
  const bool by_signal = code != CLD_EXITED;
  const Instant started_at = container.started ? container.started->at : container.start.at;
  return {.key = container.start.key,
          .exit_code = by_signal ? kSignalBase + status : status,
          .signal = by_signal ? status : 0,
          .unknown = false,
          .started_at = started_at,
          .finished_at = std::max(now, started_at)};  // the host's clock may have been set back
}

}  // namespace belfry::supervisor
