#include "agent/controllers/pod/restart_base.h"

#include <algorithm>
#include <charconv>

namespace belfry::controllers {

RestartBase::RestartBase(const api::Pod& pod) : spec_(pod.spec) {
  if (pod.metadata.annotations.empty()) return;
  const auto it = pod.metadata.annotations.find(kBackOffBaseAnnotation);
  if (it != pod.metadata.annotations.end()) text_ = it->second;
}

int32_t RestartBase::Of(const std::string& container) const {
  const std::string_view text = text_;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    std::string_view entry = text.substr(at, end - at);
    at = end + 1;
    if (!entry.starts_with(container) || !entry.substr(container.size()).starts_with('=')) continue;
    entry.remove_prefix(container.size() + 1);
    int32_t base = 0;
    std::from_chars(entry.data(), entry.data() + entry.size(), base);
    return base;
  }
  return 0;
}

void RestartBase::Set(const std::string& container, int32_t restart_count) {
  std::string text;
  for (const auto* list : {&spec_.init_containers, &spec_.containers}) {
    for (const api::Container& other : *list) {
      const int32_t value = other.name == container ? restart_count : Of(other.name);
      if (value != 0) text += (text.empty() ? "" : ",") + other.name + "=" + std::to_string(value);
    }
  }
  text_ = text;
  changed_ = std::move(text);
}

}  // namespace belfry::controllers
