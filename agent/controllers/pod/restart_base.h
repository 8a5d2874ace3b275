// Where the restart back-off of a pod's containers began anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/pod.h"

namespace belfry::controllers {

// "<container>=<restart count>,…": containers that once ran for ten minutes. Upstream keeps this in memory.
inline constexpr std::string_view kBackOffBaseAnnotation = "belfry.dev/restart-backoff-base";

class RestartBase {
 public:
  explicit RestartBase(const api::Pod& pod);

  // The restart count at which the series of that container begins; 0 if it never began anew.
  int32_t Of(const std::string& container) const;
  void Set(const std::string& container, int32_t restart_count);
  // The annotation's new value, if it has one.
  const std::optional<std::string>& changed() const { return changed_; }

 private:
  const api::PodSpec& spec_;
  std::string text_;
  std::optional<std::string> changed_;
};

}  // namespace belfry::controllers
