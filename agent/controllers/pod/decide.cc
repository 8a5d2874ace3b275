// The pod is looked at as a whole each time: first the runtime's facts are folded into the container
// statuses, then either everything is being stopped or the next containers are started, last the phase
// follows from what the statuses say. A run has the number `restartCount`; that number is on record before
// the run is started, and its end is on record before the runtime forgets it. So a crash between any two
// steps repeats a step that the runtime recognises by the run's id.
#include "agent/controllers/pod/decide.h"

#include <algorithm>
#include <csignal>

#include "agent/controllers/deletion.h"
#include "agent/controllers/manifest_seconds.h"
#include "agent/controllers/pod/conditions.h"
#include "agent/controllers/pod/container_state.h"
#include "agent/controllers/pod/phase.h"
#include "agent/controllers/pod/restart_base.h"
#include "agent/controllers/pod/volumes.h"

namespace belfry::controllers {
namespace {

constexpr int64_t kDefaultGraceSeconds = 30;

enum class Progress { kBlocked, kRunning, kDone, kFailed };

class Planner {
 public:
  Planner(const api::Pod& pod, const PodObserved& observed, Instant now)
      : pod_(pod), observed_(observed), now_(now), ends_by_(EndsBy(pod)), restart_base_(pod) {
    decision_.status = pod.status;
  }

  PodDecision Plan() {
    if (!observed_.facts.synced) return std::move(decision_);  // what it does not know yet may well run
    if (const std::string unbound = WaitsForClaim(); !unbound.empty()) {
      Hold("0/1 nodes are available: " + unbound + ".");
      return std::move(decision_);
    }
    Prepare();
    if (!IsTerminal(pod_)) {
      ForEach([this](const api::Container&, api::ContainerStatus& status) { Fold(status); });
    }
    DropStrays();
    if (IsTerminal(pod_)) {
      if (Deleting() && pod_.metadata.finalizers.empty() && !AnyAlive()) Act(RemovePod{});
      return std::move(decision_);
    }
    const bool over = ends_by_ || DeadlinePassed() ? StopAll(StopBy()) : Advance();
    Conclude(over);
    decision_.backoff_base = restart_base_.changed();
    return std::move(decision_);
  }

 private:
  using Visitor = std::function<void(const api::Container&, api::ContainerStatus&)>;

  bool Deleting() const { return pod_.metadata.deletion_timestamp.has_value(); }
  void Act(PodAction action) { decision_.actions.push_back(std::move(action)); }
  void Tell(api::EventType type, std::string_view reason, std::string message) {
    decision_.events.push_back({type, std::string(reason), std::move(message)});
  }
  void Look(Instant when) {
    if (!decision_.look_again || when < *decision_.look_again) decision_.look_again = when;
  }
  Duration Grace() const {
    return ManifestSeconds(pod_.spec.termination_grace_period_seconds.value_or(kDefaultGraceSeconds));
  }
  const ContainerFact* FactOf(const api::ContainerStatus& status) const {
    return observed_.facts.Find(CurrentId(pod_.metadata.uid, status));
  }

  void ForEach(const Visitor& visit) {
    for (size_t i = 0; i < pod_.spec.init_containers.size(); ++i) {
      visit(pod_.spec.init_containers[i], decision_.status.init_container_statuses[i]);
    }
    for (size_t i = 0; i < pod_.spec.containers.size(); ++i) {
      visit(pod_.spec.containers[i], decision_.status.container_statuses[i]);
    }
  }

  // --- Before the pod has a place ---

  std::string WaitsForClaim() const {
    if (ends_by_ || IsTerminal(pod_) || api::IsConditionTrue(pod_.status.conditions, kPodScheduled))
      return {};
    return UnboundClaim(pod_, observed_.sources.config);
  }

  void Hold(const std::string& why) {
    const auto* before = api::FindCondition(pod_.status.conditions, kPodScheduled);
    decision_.waits_for_config = true;
    if (before != nullptr && before->message == why) return;
    SetCondition(decision_.status.conditions,
                 {.type = std::string(kPodScheduled),
                  .status = api::ConditionStatus::kFalse,
                  .reason = "Unschedulable",
                  .message = why},
                 now_);
    Tell(api::EventType::kWarning, "FailedScheduling", why);
  }

  void Prepare() {
    api::PodStatus& status = decision_.status;
    if (!status.start_time) status.start_time = now_;
    if (status.host_ip.empty()) status.host_ip = status.pod_ip = observed_.sources.host.ip;
    const bool first_waits = !pod_.spec.init_containers.empty();
    PrepareList(pod_.spec.init_containers, status.init_container_statuses, kPodInitializing);
    PrepareList(pod_.spec.containers, status.container_statuses,
                first_waits ? kPodInitializing : kContainerCreating);
  }

  static void PrepareList(const std::vector<api::Container>& containers,
                          std::vector<api::ContainerStatus>& statuses, std::string_view reason) {
    for (size_t i = statuses.size(); i < containers.size(); ++i) {
      statuses.push_back({.name = containers[i].name,
                          .state = api::ContainerWaiting{std::string(reason), {}},
                          .started = false,
                          .image = containers[i].image});
    }
  }

  // --- What the runtime says ---

  void Fold(api::ContainerStatus& status) {
    if (Terminated(status) != nullptr || IsInBackOff(status)) return;
    const ContainerFact* fact = FactOf(status);
    if (fact == nullptr) {
      if (const auto* running = Running(status)) End(status, LostEnd(*running, now_));
      return;
    }
    if (const auto* started = std::get_if<runtime::ContainerStarted>(fact)) {
      if (Waiting(status) == nullptr) return;
      status.state = api::ContainerRunning{started->at};
      status.started = status.ready = true;
      Tell(api::EventType::kNormal, "Started", "Started container " + status.name);
    } else if (const auto* failed = std::get_if<runtime::ContainerStartFailed>(fact)) {
      End(status, EndOf(*failed));
      Tell(api::EventType::kWarning, "Failed", "Error: " + failed->message);
    } else if (const auto* exited = std::get_if<runtime::ContainerExited>(fact)) {
      End(status, EndOf(*exited));
    }
  }

  static void End(api::ContainerStatus& status, api::ContainerTerminated end) {
    status.ready = end.exit_code == 0;  // counts for init containers; Conclude clears it for the others
    status.started = false;
    status.state = std::move(end);
  }

  // Ends that are in the statuses now may be forgotten; runs that should not be are killed.
  void DropStrays() {
    for (const auto& [id, fact] : observed_.facts.containers) {
      if (!MayRun(fact)) {
        Act(ForgetContainer{id});
      } else if (!IsCurrent(id)) {
        Act(KillContainer{id});
      }
    }
  }

  bool IsCurrent(const runtime::ContainerId& id) {
    bool current = false;
    ForEach([&](const api::Container&, api::ContainerStatus& status) {
      const bool live = Running(status) != nullptr || IsAskedFor(status);
      current = current || (live && CurrentId(pod_.metadata.uid, status) == id);
    });
    return current;
  }

  // --- Stopping ---

  bool DeadlinePassed() {
    if (!pod_.spec.active_deadline_seconds) return false;
    const Instant deadline =
        *decision_.status.start_time + ManifestSeconds(*pod_.spec.active_deadline_seconds);
    if (now_ < deadline) {
      Look(deadline);
      return decision_.status.reason == kDeadlineExceeded;
    }
    if (decision_.status.reason.empty() && EveryAppEnded(pod_.spec, decision_.status)) return false;
    decision_.status.reason = kDeadlineExceeded;
    decision_.status.message = "Pod was active on the node longer than the specified deadline";
    return true;
  }

  Instant StopBy() const {
    if (ends_by_) return *ends_by_;
    return *decision_.status.start_time + ManifestSeconds(*pod_.spec.active_deadline_seconds) + Grace();
  }

  bool IsAlive(const api::ContainerStatus& status) const {
    const ContainerFact* fact = FactOf(status);
    return Running(status) != nullptr || (fact != nullptr && MayRun(*fact));
  }

  bool AnyAlive() {
    bool alive = false;
    ForEach([&](const api::Container&, api::ContainerStatus& status) { alive = alive || IsAlive(status); });
    return alive;
  }

  // SIGTERM to the containers, then to the sidecars from last to first; at `stop_by` the rest is killed. True
  // once nothing runs.
  bool StopAll(Instant stop_by) {
    std::vector<api::ContainerStatus*> regular;
    std::vector<api::ContainerStatus*> sidecars;
    ForEach([&](const api::Container& container, api::ContainerStatus& status) {
      if (IsAlive(status)) (IsSidecar(container) ? sidecars : regular).push_back(&status);
    });
    if (regular.empty() && sidecars.empty()) return true;
    if (now_ >= stop_by) {
      for (const auto* list : {&regular, &sidecars}) {
        for (const api::ContainerStatus* status : *list)
          Act(KillContainer{CurrentId(pod_.metadata.uid, *status)});
      }
      return false;
    }
    Look(stop_by);
    if (regular.empty()) regular.push_back(sidecars.back());
    for (const api::ContainerStatus* status : regular) Terminate(*status);
    return false;
  }

  void Terminate(const api::ContainerStatus& status) {
    const runtime::ContainerId id = CurrentId(pod_.metadata.uid, status);
    if (Running(status) == nullptr || observed_.facts.signalled.contains(id)) return;
    Act(SignalContainer{id, SIGTERM});
    Tell(api::EventType::kNormal, "Killing", "Stopping container " + status.name);
  }

  // --- Going on ---

  // Starts what is to be started next. True once the pod is over.
  bool Advance() {
    if (!api::IsConditionTrue(decision_.status.conditions, kPodInitialized)) {
      const Progress progress = Initialize();
      if (progress == Progress::kFailed) return StopAll(LastFinish(decision_.status) + Grace());
      if (progress != Progress::kDone) return false;
    }
    initialized_ = true;
    bool over = true;
    const RestartRule rule = RuleOf(pod_.spec.restart_policy);
    for (size_t i = 0; i < pod_.spec.containers.size(); ++i) {
      const Progress progress = Drive(pod_.spec.containers[i], decision_.status.container_statuses[i], rule);
      over = over && (progress == Progress::kDone || progress == Progress::kFailed);
    }
    if (over) return StopAll(LastFinish(decision_.status) + Grace());
    for (size_t i = 0; i < pod_.spec.init_containers.size(); ++i) {
      if (!IsSidecar(pod_.spec.init_containers[i])) continue;
      Drive(pod_.spec.init_containers[i], decision_.status.init_container_statuses[i], RestartRule::kAlways);
    }
    return false;
  }

  Progress Initialize() {
    const bool never = RuleOf(pod_.spec.restart_policy) == RestartRule::kNever;
    for (size_t i = 0; i < pod_.spec.init_containers.size(); ++i) {
      const api::Container& container = pod_.spec.init_containers[i];
      const bool sidecar = IsSidecar(container);
      const RestartRule rule = sidecar ? RestartRule::kAlways
                               : never ? RestartRule::kNever
                                       : RestartRule::kOnFailure;
      const Progress progress = Drive(container, decision_.status.init_container_statuses[i], rule);
      if (progress != (sidecar ? Progress::kRunning : Progress::kDone)) {
        return progress == Progress::kFailed ? Progress::kFailed : Progress::kBlocked;
      }
    }
    return Progress::kDone;
  }

  Progress Drive(const api::Container& container, api::ContainerStatus& status, RestartRule rule) {
    if (Running(status) != nullptr) return Progress::kRunning;
    if (const auto* end = Terminated(status); end != nullptr && !RestartDue(*end, rule)) {
      return end->exit_code == 0 ? Progress::kDone : Progress::kFailed;
    }
    if (Terminated(status) != nullptr || IsInBackOff(status)) {
      Restart(container, status);
    } else if (!IsAskedFor(status)) {
      Start(container, status, NextAttempt(status));
    } else if (FactOf(status) == nullptr) {
      Start(container, status,
            status.restart_count);  // on record, but the agent died before it told the runtime
    }
    return Progress::kBlocked;
  }

  void Restart(const api::Container& container, api::ContainerStatus& status) {
    const api::ContainerTerminated end = *LastEnd(status);
    if (Terminated(status) != nullptr && ResetsBackOff(end))
      restart_base_.Set(container.name, status.restart_count);
    const int32_t number = status.restart_count + 1 - restart_base_.Of(container.name);
    const Instant due = RestartTime(end, number);
    status.last_state = end;
    status.ready = false;
    if (due <= now_) return Start(container, status, status.restart_count + 1);
    Look(due);
    if (IsInBackOff(status)) return;
    const Duration delay = due - end.finished_at.value_or(Instant());
    status.state =
        api::ContainerWaiting{std::string(kCrashLoopBackOff), BackOffText(pod_, status.name, delay)};
    Tell(api::EventType::kWarning, "BackOff",
         "Back-off restarting failed container " + status.name + " in pod " + pod_.metadata.name + "_" +
             pod_.metadata.ns + "(" + pod_.metadata.uid + ")");
  }

  void Start(const api::Container& container, api::ContainerStatus& status, int32_t attempt) {
    auto launch = BuildLaunch(pod_, container, attempt, observed_.sources);
    if (const auto* refused = std::get_if<LaunchRefused>(&launch)) return Refuse(status, *refused);
    Launch& ready = std::get<Launch>(launch);
    status.restart_count = attempt;
    status.container_id = ContainerIdText(ready.start.id);
    status.state = api::ContainerWaiting{std::string(kContainerCreating), {}};
    for (std::string& warning : ready.warnings) {
      Tell(api::EventType::kWarning, "InvalidEnvironmentVariableNames", std::move(warning));
    }
    Act(StartContainer{std::move(ready.start)});
  }

  void Refuse(api::ContainerStatus& status, const LaunchRefused& refused) {
    const api::ContainerState waiting = api::ContainerWaiting{refused.reason, refused.message};
    if (status.state == waiting) return;
    if (const auto* end = Terminated(status)) status.last_state = *end;
    status.state = waiting;
    Tell(api::EventType::kWarning, "Failed", "Error: " + refused.message);
  }

  // --- What it comes to ---

  void Conclude(bool over) {
    api::PodStatus& status = decision_.status;
    if (api::IsConditionTrue(status.conditions, kPodInitialized)) initialized_ = true;
    for (api::ContainerStatus& container : status.container_statuses) {
      container.ready = Running(container) != nullptr;
    }
    if (over) {
      ForEach([](const api::Container&, api::ContainerStatus& container) {
        if (IsInBackOff(container)) container.state = *container.last_state;
      });
    }
    status.phase = over ? FinalPhase(status) : LivePhase(status);
    if (status.phase == api::PodPhase::kSucceeded && status.reason == kTerminatedByAgent) {
      status.reason.clear();  // it was told to end, and finished its work
      status.message.clear();
    }
    SetPodConditions(pod_.spec, status, initialized_, now_);
    if (over && Disrupted()) MarkDisrupted();
    ForEach([this](const api::Container&, api::ContainerStatus& container) {
      decision_.waits_for_config = decision_.waits_for_config || IsRefused(container);
    });
  }

  // The pod failed because the host or the supervisor went away under it.
  bool Disrupted() const {
    const api::PodStatus& status = decision_.status;
    return !ends_by_ && status.phase == api::PodPhase::kFailed && status.reason.empty() &&
           HasUnknownEnd(status);
  }

  void MarkDisrupted() {
    SetCondition(decision_.status.conditions,
                 {.type = std::string(kDisruptionTarget),
                  .status = api::ConditionStatus::kTrue,
                  .reason = "TerminationByKubelet",
                  .message = "The host or the supervisor of processes restarted under the pod"},
                 now_);
  }

  const api::Pod& pod_;
  const PodObserved& observed_;
  const Instant now_;
  const std::optional<Instant> ends_by_;
  RestartBase restart_base_;
  bool initialized_ = false;
  PodDecision decision_;
};

}  // namespace

PodDecision DecidePod(const api::Pod& pod, const PodObserved& observed, Instant now) {
  return Planner(pod, observed, now).Plan();
}

}  // namespace belfry::controllers
