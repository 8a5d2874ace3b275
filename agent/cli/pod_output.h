// The output of pods as it comes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/api/object.h"
#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/logs/follower.h"
#include "agent/logs/reader.h"

namespace belfry::cli {

// Follows every run of every container it is shown. Thread: the loop's. Requires: loop and files outlive it.
class PodOutput {
 public:
  using Sink =
      std::function<void(const api::Pod& pod, const std::string& container, const logs::LogLine& line)>;

  PodOutput(EventLoop& loop, const FileSystem& files, std::string data_dir, Sink sink);

  // The pod as it is now: starts to follow what has started, and gives out the rest of what has ended.
  void OnPod(const api::Ptr<api::Pod>& pod);
  // Gives out what there is of everything.
  void DrainAll();

 private:
  struct Stream {
    api::Ptr<api::Pod> pod;
    std::string container;
    logs::LogReader reader;
    std::unique_ptr<logs::LogFollower> follower;
  };
  using StreamKey = std::tuple<std::string, std::string, int32_t>;  // pod's uid, container, attempt

  void OnContainer(const api::Ptr<api::Pod>& pod, const api::ContainerStatus& status);
  void Drain(Stream& stream);

  const FileSystem& files_;
  const std::string data_dir_;
  Sink sink_;
  logs::LogWatches watches_;
  std::map<StreamKey, std::unique_ptr<Stream>>
      streams_;  // ended ones stay, without a follower: never begun twice
};

}  // namespace belfry::cli
