// Door: what runs containers' processes.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::runtime {

// One run of one container. Starting the same id twice runs it once.
struct ContainerId {
  std::string pod_uid;
  std::string container;
  int32_t attempt = 0;  // the container's restart count at its start

  auto operator<=>(const ContainerId&) const = default;
};

// A folder of the host seen at `target` inside the pod only.
struct Mount {
  std::string source;
  std::string target;
  bool read_only = true;
  bool make_source = false;  // a source that is not there is made, an empty folder

  bool operator==(const Mount&) const = default;
};

// Everything that the start of a process needs; nothing is inherited from the agent.
struct ContainerStart {
  ContainerId id;
  std::string ns;  // the pod's namespace and name: for messages and the log's place
  std::string pod;
  std::vector<std::string> argv;                         // argv[0] is looked up in env's PATH
  std::vector<std::pair<std::string, std::string>> env;  // complete, in order
  std::string working_dir;                               // empty: /
  std::vector<Mount> mounts;                             // non-empty: a private view of files
  std::string hosts;  // lines of hosts(5) below those of the host; non-empty: the pod's own /etc/hosts

  bool operator==(const ContainerStart&) const = default;
};

struct ContainerStarted {
  ContainerId id;
  int64_t pid = 0;
  Instant at;

  bool operator==(const ContainerStarted&) const = default;
};

// The process could not be started: `reason` as Kubernetes names it (StartError, CreateContainerError), never
// retried here.
struct ContainerStartFailed {
  ContainerId id;
  std::string reason;
  std::string message;  // "exec /bin/tool: No such file or directory"
  Instant at;

  bool operator==(const ContainerStartFailed&) const = default;
};

// The main process has ended and so has every descendant of it.
struct ContainerExited {
  ContainerId id;
  int32_t exit_code = 0;  // 128 + signal for a signal
  int32_t signal = 0;     // 0: it called exit
  bool unknown = false;   // it is gone and nobody saw how (exit_code 137): the supervisor itself was killed,
                          // or the host restarted
  Instant started_at;
  Instant finished_at;

  bool operator==(const ContainerExited&) const = default;
};

// All that ran when the agent connected has been reported; a container not in `known` does not exist.
struct RuntimeSynced {
  std::vector<ContainerId> known;

  bool operator==(const RuntimeSynced&) const = default;
};

// The runtime does not answer (until the next RuntimeSynced); starts are kept and tried again.
struct RuntimeLost {
  Error error;

  bool operator==(const RuntimeLost&) const = default;
};

using RuntimeEvent =
    std::variant<ContainerStarted, ContainerStartFailed, ContainerExited, RuntimeSynced, RuntimeLost>;

// Commands return at once; what became of them arrives as events on the core loop. Events may be repeated
// (after a reconnect) and are repeated until acknowledged with Forget. Thread: the core loop's.
class Runtime {
 public:
  virtual ~Runtime() = default;
  // To be called once, before Connect. Events come from the loop, never from inside a call.
  virtual void OnEvent(std::function<void(const RuntimeEvent&)> handler) = 0;
  // Takes up contact: reports every container it has, then RuntimeSynced.
  virtual void Connect() = 0;
  virtual void Start(const ContainerStart& start) = 0;
  // Sends `signal` to the container's main process, once in its life, whoever asks how often; nothing if it
  // has ended.
  virtual void Signal(const ContainerId& id, int signal) = 0;
  // SIGKILL to the whole tree of the container.
  virtual void Kill(const ContainerId& id) = 0;
  // The end of this container is on record: it need not be remembered or reported again.
  virtual void Forget(const ContainerId& id) = 0;
  // Removes what a pod has on disk (log files, scratch folders). Requires: none of its containers runs.
  virtual void RemovePod(const std::string& ns, const std::string& pod, const std::string& pod_uid) = 0;
};

}  // namespace belfry::runtime
