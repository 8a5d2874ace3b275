#include "agent/runtime/process/process_runtime.h"

#include <utility>

#include "agent/base/log.h"
#include "agent/logs/path.h"

namespace belfry::runtime {
namespace {

using supervisor::ContainerKey;

ContainerKey KeyOf(const ContainerId& id) { return {id.pod_uid, id.container, id.attempt}; }
ContainerId IdOf(const ContainerKey& key) { return {key.pod_uid, key.container, key.attempt}; }

supervisor::ClientOptions ClientOptionsOf(const ProcessRuntimeOptions& options) {
  return {.supervisor = {.data_dir = options.data_dir,
                         .log_limits = options.log_limits,
                         .idle_timeout = options.idle_timeout,
                         .tree_mode = options.tree_mode},
          .binary = options.supervisor_binary,
          .arguments = options.supervisor_arguments};
}

RuntimeEvent EventOf(const supervisor::Started& m) { return ContainerStarted{IdOf(m.key), m.pid, m.at}; }

RuntimeEvent EventOf(const supervisor::StartFailed& m) {
  return ContainerStartFailed{IdOf(m.key), m.reason, m.message, m.at};
}

RuntimeEvent EventOf(const supervisor::Exited& m) {
  return ContainerExited{.id = IdOf(m.key),
                         .exit_code = m.exit_code,
                         .signal = m.signal,
                         .unknown = m.unknown,
                         .started_at = m.started_at,
                         .finished_at = m.finished_at};
}

RuntimeEvent EventOf(const supervisor::Synced& m) {
  RuntimeSynced synced;
  for (const auto& key : m.known) synced.known.push_back(IdOf(key));
  return synced;
}

}  // namespace

ProcessRuntime::ProcessRuntime(EventLoop& loop, FileSystem& files, ProcessRuntimeOptions options)
    : loop_(loop),
      files_(files),
      data_dir_(options.data_dir),
      client_(loop, ClientOptionsOf(options),
              {.on_event = [this](const supervisor::Message& message) { OnMessage(message); },
               .on_lost = [this](const Error& error) { handler_(RuntimeLost{error}); }}) {}

void ProcessRuntime::OnMessage(const supervisor::Message& message) {
  if (const auto* started = std::get_if<supervisor::Started>(&message)) return handler_(EventOf(*started));
  if (const auto* failed = std::get_if<supervisor::StartFailed>(&message)) return handler_(EventOf(*failed));
  if (const auto* exited = std::get_if<supervisor::Exited>(&message)) return handler_(EventOf(*exited));
  if (const auto* synced = std::get_if<supervisor::Synced>(&message)) return handler_(EventOf(*synced));
  if (const auto* status = std::get_if<supervisor::Status>(&message)) {
    status_ = {status->log_dropped_bytes, status->log_error, status->journal_error};
  }
}

Result<void> ProcessRuntime::MakeSources(const ContainerStart& start) {
  for (const Mount& mount : start.mounts) {
    if (mount.make_source && !files_.Stat(mount.source).ok())
      RETURN_IF_ERROR(files_.CreateDirectories(mount.source));
  }
  return {};
}

void ProcessRuntime::Fail(const ContainerId& id, const Error& error) {
  loop_.Post([this, alive = std::weak_ptr(alive_), id, message = error.message] {
    if (!alive.expired()) handler_(ContainerStartFailed{id, "CreateContainerError", message, loop_.Now()});
  });
}

void ProcessRuntime::Start(const ContainerStart& start) {
  if (const auto made = MakeSources(start); !made.ok()) return Fail(start.id, made.error());
  supervisor::StartRequest request{.key = KeyOf(start.id),
                                   .ns = start.ns,
                                   .pod = start.pod,
                                   .argv = start.argv,
                                   .env = start.env,
                                   .working_dir = start.working_dir,
                                   .mounts = {},
                                   .hosts = start.hosts};
  for (const auto& mount : start.mounts)
    request.mounts.push_back({mount.source, mount.target, mount.read_only});
  client_.Start(request);
}

void ProcessRuntime::Signal(const ContainerId& id, int signal) { client_.Signal({KeyOf(id), signal}); }

void ProcessRuntime::Kill(const ContainerId& id) { client_.Kill({KeyOf(id)}); }

void ProcessRuntime::Forget(const ContainerId& id) { client_.Forget({KeyOf(id)}); }

void ProcessRuntime::RemovePod(const std::string& ns, const std::string& pod, const std::string& pod_uid) {
  const auto folder = logs::PodLogFolder(data_dir_, ns, pod, pod_uid);
  const auto removed = folder.ok() ? files_.RemoveAll(*folder) : Result<void>(folder.error());
  if (removed.ok()) return;
  LogWarn("runtime", "pod's files not removed",
          {{"namespace", ns}, {"pod", pod}, {"error", removed.error()}});
}

}  // namespace belfry::runtime
