// What the agent and the supervisor tell each other, as values. On the wire:
// docs/formats/supervisor-socket.md.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/time.h"

namespace belfry::supervisor {

// One run of one container.
struct ContainerKey {
  std::string pod_uid;
  std::string container;
  int32_t attempt = 0;

  auto operator<=>(const ContainerKey&) const = default;
};

// The key for people: `uid/container/attempt`. Also the value of the mark in the environment.
std::string KeyText(const ContainerKey& key);

struct BindMount {
  std::string source;
  std::string target;
  bool read_only = true;

  bool operator==(const BindMount&) const = default;
};

// --- agent to supervisor

// The first message of a connection.
struct Hello {
  uint32_t version = 0;

  bool operator==(const Hello&) const = default;
};

// Starts a container, once per key: repeating it brings the answer again.
struct StartRequest {
  ContainerKey key;
  std::string ns;
  std::string pod;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::string working_dir;
  std::vector<BindMount> mounts;
  std::string hosts;  // what stands below the host's own /etc/hosts for this container; empty: nothing

  bool operator==(const StartRequest&) const = default;
};

// Sends a signal to the main process.
struct SignalRequest {
  ContainerKey key;
  int32_t signal = 0;

  bool operator==(const SignalRequest&) const = default;
};

// SIGKILL to the whole tree.
struct KillRequest {
  ContainerKey key;

  bool operator==(const KillRequest&) const = default;
};

// The end is on record elsewhere and need not be remembered.
struct ForgetRequest {
  ContainerKey key;

  bool operator==(const ForgetRequest&) const = default;
};

// Kills everything, then ends the supervisor.
struct ShutdownRequest {
  bool operator==(const ShutdownRequest&) const = default;
};

// --- supervisor to agent

struct Welcome {
  uint32_t version = 0;
  int64_t pid = 0;
  bool cgroups = false;  // trees are held by cgroups, not by looking for them

  bool operator==(const Welcome&) const = default;
};

struct Started {
  ContainerKey key;
  int64_t pid = 0;
  Instant at;

  bool operator==(const Started&) const = default;
};

struct StartFailed {
  ContainerKey key;
  std::string reason;
  std::string message;
  Instant at;

  bool operator==(const StartFailed&) const = default;
};

// The main process has ended, its tree is gone, its output is in the log.
struct Exited {
  ContainerKey key;
  int32_t exit_code = 0;
  int32_t signal = 0;
  bool unknown = false;
  Instant started_at;
  Instant finished_at;

  bool operator==(const Exited&) const = default;
};

// Everything there is has been reported.
struct Synced {
  std::vector<ContainerKey> known;

  bool operator==(const Synced&) const = default;
};

// Sent when it has changed, at most once a second.
struct Status {
  uint64_t log_dropped_bytes = 0;  // output that could not be written, since the supervisor's start
  std::string log_error;           // why; empty while all is well
  std::string journal_error;  // ends are not safe against a crash of the supervisor while this is not empty

  bool operator==(const Status&) const = default;
};

// The answer to ShutdownRequest: nothing runs any more and the supervisor ends.
struct Goodbye {
  bool operator==(const Goodbye&) const = default;
};

using Message = std::variant<Hello, StartRequest, SignalRequest, KillRequest, ForgetRequest, ShutdownRequest,
                             Welcome, Started, StartFailed, Exited, Synced, Status, Goodbye>;

}  // namespace belfry::supervisor

template <>
struct std::hash<belfry::supervisor::ContainerKey> {
  size_t operator()(const belfry::supervisor::ContainerKey& key) const {
    const size_t a = std::hash<std::string>()(key.pod_uid);
    const size_t b = std::hash<std::string>()(key.container);
    return (a * 31 + b) * 31 + static_cast<size_t>(key.attempt);
  }
};
