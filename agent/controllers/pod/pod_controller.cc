#include "agent/controllers/pod/pod_controller.h"

#include <algorithm>

#include "agent/base/log.h"
#include "agent/controllers/pod/container_state.h"
#include "agent/controllers/pod/restart_base.h"

namespace belfry::controllers {

PodController::PodController(const EventLoop& loop, store::Store& store, runtime::Runtime& runtime,
                             HostFacts host, runtime::Places places)
    : loop_(loop),
      store_(store),
      runtime_(runtime),
      host_(std::move(host)),
      places_(std::move(places)),
      events_(store, loop, "kubelet"),
      alive_(std::make_shared<bool>(true)) {}

PodController::~PodController() { *alive_ = false; }

void PodController::Start(Enqueue enqueue) {
  enqueue_ = std::move(enqueue);
  runtime_.OnEvent([this, alive = alive_](const runtime::RuntimeEvent& event) {
    if (*alive) OnRuntimeEvent(event);
  });
  runtime_.Connect();
}

void PodController::OnChange(const store::Change& change, const Enqueue& enqueue) {
  const api::Kind kind = change.key.kind;
  if (kind == api::Kind::kConfigMap || kind == api::Kind::kSecret ||
      kind == api::Kind::kPersistentVolumeClaim) {
    EnqueueWaiting(change.key.ns);
  }
  if (kind != api::Kind::kPod) return;
  const std::string* before = change.before ? &api::MetaOf(*change.before).uid : nullptr;
  const std::string* after = change.after ? &api::MetaOf(*change.after).uid : nullptr;
  const bool same = before != nullptr && after != nullptr && *before == *after;
  if (before != nullptr && !same) {
    // A removal that is not durable yet may be undone.
    store_.AfterCommit([this, alive = alive_, uid = *before](const Result<void>& gone) {
      if (!*alive || !gone.ok()) return;
      by_uid_.erase(uid);
      view_.ForgetPod(uid);
    });
  }
  if (after == nullptr) {
    waiting_for_config_.erase(change.key);
    return;
  }
  if (!same) by_uid_.emplace(*after, change.key);
  // Nothing more becomes of an ended pod until it is deleted.
  const auto pod = api::As<api::Pod>(*change.after);
  if (IsTerminal(*pod) && !pod->metadata.deletion_timestamp && !view_.Knows(*after)) return;
  enqueue(change.key, Duration(0));
}

void PodController::EnqueueWaiting(const std::string& ns) {
  for (const api::Key& key : waiting_for_config_) {
    if (ns.empty() || key.ns == ns) enqueue_(key, Duration(0));
  }
}

void PodController::SetPlaces(runtime::Places places) {
  places_ = std::move(places);
  EnqueueWaiting({});
}

void PodController::OnRuntimeEvent(const runtime::RuntimeEvent& event) {
  DropOrphan(event);
  if (const auto* lost = std::get_if<runtime::RuntimeLost>(&event)) {
    LogWarn(name(), "the runtime does not answer", {{"error", lost->error}});
  }
  for (const std::string& uid : view_.Apply(event)) {
    if (const auto it = by_uid_.find(uid); it != by_uid_.end()) enqueue_(it->second, Duration(0));
  }
  if (!std::holds_alternative<runtime::RuntimeSynced>(event)) return;
  // Pods of which the runtime has said nothing: they are to be started, or lost.
  store_.Visit(api::Kind::kPod, {}, [this](const api::Object& object) {
    if (!IsTerminal(*api::As<api::Pod>(object))) enqueue_(api::KeyOf(object), Duration(0));
  });
}

// A container whose pod is gone from the store has no business running.
void PodController::DropOrphan(const runtime::RuntimeEvent& event) {
  std::visit(
      [this](const auto& about) {
        if constexpr (requires { about.id; }) {
          if (by_uid_.contains(about.id.pod_uid)) return;
          using Event = std::decay_t<decltype(about)>;
          if constexpr (std::is_same_v<Event, runtime::ContainerStarted>) {
            LogWarn(name(), "killing a container without a pod",
                    {{"pod_uid", about.id.pod_uid}, {"container", about.id.container}});
            if (Permitted("kill")) runtime_.Kill(about.id);
          } else {
            if (Permitted("forget")) runtime_.Forget(about.id);
          }
        }
      },
      event);
}

ConfigSource PodController::ConfigOf(const std::string& ns) const {
  return {.config_map = [this, ns](const std::string& name) { return store_.Get<api::ConfigMap>(ns, name); },
          .secret = [this, ns](const std::string& name) { return store_.Get<api::Secret>(ns, name); },
          .claim = [this, ns](
                       const std::string& name) { return store_.Get<api::PersistentVolumeClaim>(ns, name); }};
}

Result<Look> PodController::Reconcile(const api::Key& key) {
  const auto pod = store_.Get<api::Pod>(key.ns, key.name);
  if (!pod) return Look{};
  const PodFacts facts = view_.FactsOf(pod->metadata.uid);
  const ConfigSource config = ConfigOf(key.ns);
  const PodDecision decision = DecidePod(*pod, {facts, {config, host_, places_}}, loop_.Now());
  RETURN_IF_ERROR(Apply(*pod, decision));
  if (decision.waits_for_config) {
    waiting_for_config_.insert(key);
  } else {
    waiting_for_config_.erase(key);
  }
  return Look{.at = decision.look_again};
}

Result<void> PodController::Apply(const api::Pod& pod, const PodDecision& decision) {
  const api::Key key = api::KeyOf(pod);
  const bool remove = std::ranges::any_of(
      decision.actions, [](const PodAction& action) { return std::holds_alternative<RemovePod>(action); });
  RETURN_IF_ERROR(remove ? Remove(pod) : Write(pod, decision));
  for (const EventNote& note : decision.events) events_.Record(pod, note);
  if (decision.actions.empty()) return {};
  for (const PodAction& action : decision.actions) {
    // At once: the pod may be looked at again before the commit.
    if (const auto* start = std::get_if<StartContainer>(&action)) view_.MarkStarting(start->start.id);
  }
  store_.AfterCommit([this, alive = alive_, key, actions = decision.actions](const Result<void>& committed) {
    if (!*alive) return;
    // Undone writes are shown again, and decided again.
    for (const PodAction& action : actions) committed.ok() ? Act(key, action) : Abandon(action);
  });
  return {};
}

void PodController::Abandon(const PodAction& action) {
  if (const auto* start = std::get_if<StartContainer>(&action)) view_.UnmarkStarting(start->start.id);
}

Result<void> PodController::Write(const api::Pod& pod, const PodDecision& decision) {
  if (decision.status == pod.status && !decision.backoff_base) return {};  // most looks find nothing to do
  api::Pod changed = pod;
  changed.status = decision.status;
  if (decision.backoff_base) {
    changed.metadata.annotations[std::string(kBackOffBaseAnnotation)] = *decision.backoff_base;
  }
  RETURN_IF_ERROR(store_.Update(std::move(changed)));
  return {};
}

// The files go first: dying before the commit leaves an object that says so once more.
Result<void> PodController::Remove(const api::Pod& pod) {
  if (!Permitted("remove pod")) return {};
  runtime_.RemovePod(pod.metadata.ns, pod.metadata.name, pod.metadata.uid);
  return store_.Remove(api::KeyOf(pod));
}

bool PodController::Permitted(std::string_view action) {
  if (!halted_ && gate_ && !gate_(action)) halted_ = true;
  return !halted_;
}

// Between the decision and its commit the pod may have been stopped.
bool PodController::StillWanted(const api::Key& key, const runtime::ContainerId& id) const {
  const auto pod = store_.Get<api::Pod>(key.ns, key.name);
  if (!pod || pod->metadata.uid != id.pod_uid || IsTerminal(*pod)) return false;
  const std::string wanted = ContainerIdText(id);
  for (const auto* list : {&pod->status.init_container_statuses, &pod->status.container_statuses}) {
    for (const api::ContainerStatus& status : *list) {
      if (status.container_id == wanted) return IsAskedFor(status);
    }
  }
  return false;
}

void PodController::Act(const api::Key& key, const PodAction& action) {
  if (const auto* start = std::get_if<StartContainer>(&action)) {
    if (!StillWanted(key, start->start.id)) return Abandon(action);
    if (Permitted("start")) runtime_.Start(start->start);
  } else if (const auto* signal = std::get_if<SignalContainer>(&action)) {
    if (!Permitted("signal")) return;
    view_.MarkSignalled(signal->id);
    runtime_.Signal(signal->id, signal->signal);
  } else if (const auto* kill = std::get_if<KillContainer>(&action)) {
    if (Permitted("kill")) runtime_.Kill(kill->id);
  } else if (const auto* forget = std::get_if<ForgetContainer>(&action)) {
    if (!Permitted("forget")) return;
    view_.Forget(forget->id);
    runtime_.Forget(forget->id);
  }
}

}  // namespace belfry::controllers
