#include "agent/cli/pod_output.h"

#include <tuple>

#include "agent/base/log.h"

namespace belfry::cli {

PodOutput::PodOutput(EventLoop& loop, const FileSystem& files, std::string data_dir, Sink sink)
    : files_(files), data_dir_(std::move(data_dir)), sink_(std::move(sink)), watches_(loop) {}

void PodOutput::OnPod(const api::Ptr<api::Pod>& pod) {
  for (const auto* statuses : {&pod->status.init_container_statuses, &pod->status.container_statuses}) {
    for (const api::ContainerStatus& status : *statuses) OnContainer(pod, status);
  }
}

void PodOutput::OnContainer(const api::Ptr<api::Pod>& pod, const api::ContainerStatus& status) {
  if (std::holds_alternative<api::ContainerWaiting>(status.state)) return;
  const StreamKey key{pod->metadata.uid, status.name, status.restart_count};
  auto it = streams_.find(key);
  if (it == streams_.end()) {
    auto place = logs::ContainerLog(data_dir_, pod->metadata.ns, pod->metadata.name, pod->metadata.uid,
                                    status.name, status.restart_count);
    if (!place.ok()) return LogWarn("cli", "no log to follow", {{"error", place.error()}});
    it = streams_.emplace(key, std::make_unique<Stream>(Stream{pod, status.name, {files_, *place}, nullptr}))
             .first;
    Stream& stream = *it->second;
    stream.follower =
        std::make_unique<logs::LogFollower>(watches_, *place, [this, &stream] { Drain(stream); });
  }
  Drain(*it->second);
  if (std::holds_alternative<api::ContainerTerminated>(status.state)) it->second->follower.reset();
}

void PodOutput::Drain(Stream& stream) {
  std::vector<logs::LogLine> lines;
  for (bool more = true; more;) {
    lines.clear();
    const auto polled = stream.reader.Poll(lines);
    if (!polled.ok()) return LogWarn("cli", "cannot read a log", {{"error", polled.error()}});
    for (const logs::LogLine& line : lines) sink_(*stream.pod, stream.container, line);
    more = *polled;
  }
}

void PodOutput::DrainAll() {
  for (const auto& [key, stream] : streams_) {
    if (stream->follower) Drain(*stream);
  }
}

}  // namespace belfry::cli
