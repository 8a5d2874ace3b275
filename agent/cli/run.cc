#include "agent/cli/run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "agent/base/asio_event_loop.h"
#include "agent/base/log.h"
#include "agent/base/signals.h"
#include "agent/cli/config.h"
#include "agent/cli/core.h"
#include "agent/cli/exit.h"
#include "agent/cli/input.h"
#include "agent/cli/pod_output.h"
#include "agent/cli/run_report.h"
#include "agent/cli/terminal.h"
#include "agent/sources/apply.h"

namespace belfry::cli {
namespace {

constexpr Duration kStatusInterval = milliseconds(200);

// One run: everything it needs, and the order in which it ends.
class Run {
 public:
  Run(const RunCommand& command, std::string folder, Config config)
      : command_(command),
        folder_(std::move(folder)),
        config_(std::move(config)),
        out_(command.output == Output::kJson ? STDERR_FILENO : STDOUT_FILENO),
        report_(loop_.Now()),
        output_(loop_, files_, folder_,
                [this](const api::Pod& pod, const std::string& container, const logs::LogLine& line) {
                  OnLine(pod, container, line);
                }),
        timeout_(loop_),
        ticker_(loop_) {}

  Result<int> Execute(const std::vector<api::Object>& objects, std::optional<Duration> timeout) {
    CoreOptions options{.data_dir = folder_,
                        .durable = false,
                        .host = ReadHost(files_),
                        .places = config_.runtime,
                        .runtime = {.data_dir = folder_, .idle_timeout = seconds(1)}};
    ASSIGN_OR_RETURN(core_, Core::Open(loop_, std::move(options)));
    RETURN_IF_ERROR(Apply(objects));
    core_->store().Watch([this](std::span<const store::Change> changes) { OnChanges(changes); });
    SignalWatcher signals(loop_, {SIGINT, SIGTERM}, [this](int) { OnSignal(); });
    if (timeout) {
      timeout_.RunAfter(*timeout, [this] { Stop("timed out"); });
    }
    core_->Start();
    Tick();
    loop_.Run();
    Summarise();
    return aborted_ ? kNegativeResult : report_.ExitCode();
  }

 private:
  Result<void> Apply(const std::vector<api::Object>& objects) {
    for (const api::Object& object : objects) {
      RETURN_IF_ERROR(sources::Apply(core_->store(), object));
      const api::ObjectMeta& meta = api::MetaOf(object);
      if (const auto job = core_->store().Get<api::Job>(meta.ns, meta.name);
          job && api::KindOf(object) == api::Kind::kJob) {
        report_.Expect(*job);
      }
    }
    return {};
  }

  void OnChanges(std::span<const store::Change> changes) {
    for (const store::Change& change : changes) {
      if (const auto pod = change.after ? api::As<api::Pod>(*change.after) : nullptr) {
        // The report first, for it says whose pod this is; a pod's lines before the word of its end.
        if (!api::IsTerminal(*pod)) report_.OnChange(change, loop_.Now());
        output_.OnPod(pod);
        if (api::IsTerminal(*pod)) report_.OnChange(change, loop_.Now());
      } else {
        report_.OnChange(change, loop_.Now());
      }
    }
    Show();
    if (report_.finished() && !stopping_) Finish();
  }

  void OnLine(const api::Pod& pod, const std::string& container, const logs::LogLine& line) {
    const bool several = pod.spec.containers.size() + pod.spec.init_containers.size() > 1;
    const std::string who = several ? pod.metadata.name + "/" + container : pod.metadata.name;
    report_.OnOutput(pod.metadata.ns, pod.metadata.name, line.text);
    Show();
    out_.Line(who + " | " + (out_.interactive() ? Printable(line.text) : line.text));
  }

  void Show() {
    for (const std::string& line : report_.TakeLines()) out_.Line(line);
    if (!stopping_) out_.Status(report_.StatusLine(loop_.Now()));
  }

  void Tick() {
    Show();
    if (out_.interactive()) ticker_.RunAfter(kStatusInterval, [this] { Tick(); });
  }

  void OnSignal() {
    if (!stopping_) return Stop("interrupted");
    core_->KillPods([this] { loop_.Stop(); });
  }

  void Stop(const std::string& why) {
    if (std::exchange(stopping_, true)) return;
    aborted_ = true;
    report_.Abort(why);
    out_.Status("stopping …");
    core_->StopPods([this] { loop_.Stop(); });
  }

  void Finish() {
    stopping_ = true;
    core_->KillPods([this] { loop_.Stop(); });
  }

  void Summarise() {
    output_.DrainAll();
    Show();
    out_.Status({});
    const std::string text = command_.output == Output::kJson ? report_.SummaryJson(loop_.Now())
                                                              : report_.SummaryText(loop_.Now());
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  const RunCommand& command_;
  const std::string folder_;
  const Config config_;
  AsioEventLoop loop_;
  PosixFileSystem files_;
  Terminal out_;
  RunReport report_;
  PodOutput output_;
  Timer timeout_;
  Timer ticker_;
  std::unique_ptr<Core> core_;
  bool stopping_ = false;
  bool aborted_ = false;
};

// A folder that nobody else can look into; gone with this value.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> Create(const std::string& parent) {
    std::string path = parent + "/belfry-run-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return ErrnoError("create a folder in " + parent);
    return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(path));
  }
  ~TemporaryFolder() { (void)PosixFileSystem().RemoveAll(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<std::optional<Duration>> ParseTimeout(const std::string& text) {
  if (text.empty()) return std::optional<Duration>();
  auto timeout = ParseDuration(text);
  if (!timeout.ok()) return Annotate(std::move(timeout).error(), "--timeout");
  if (*timeout <= Duration(0)) return Error{Code::kInvalid, "--timeout: must be more than 0"};
  return std::optional<Duration>(*timeout);
}

// Nothing is left behind by a run, and that is worth a word before the data is.
void WarnOfPassingClaims(const std::vector<api::Object>& objects, const Config& config) {
  for (const api::Object& object : objects) {
    const api::Key key = api::KeyOf(object);
    if (key.kind != api::Kind::kPersistentVolumeClaim ||
        config.runtime.claims.contains(key.ns + "/" + key.name))
      continue;
    fmt::print(stderr,
               "belfry: warning: {}: its folder starts empty and goes with this run; runtime.claims in a "
               "configuration names one that stays\n",
               key.ToString());
  }
}

}  // namespace

int RunJobs(const RunCommand& command, const std::string& temporary_folder) {
  // From the first moment on: an interrupted run cleans up.
  BlockSignals({SIGINT, SIGTERM});
  ::signal(SIGPIPE, SIG_IGN);
  SetUpLog({.level = LogLevel::kWarn});
  ParsedConfig config = LoadConfig(PosixFileSystem(), command.config);
  if (!config.problems.empty()) return Fail(AsError(config.problems), kBadInput);
  const auto timeout = ParseTimeout(command.timeout);
  if (!timeout.ok()) return Fail(timeout.error(), kBadInput);
  const auto input = ReadJobs(PosixFileSystem(), command.manifests);
  if (!input.ok()) return Fail(input.error(), kBadInput);
  for (const std::string& warning : input->warnings) std::fprintf(stderr, "belfry: %s\n", warning.c_str());
  WarnOfPassingClaims(input->objects, config.config);
  const auto folder = TemporaryFolder::Create(temporary_folder);
  if (!folder.ok()) return Fail(folder.error(), kNegativeResult);

  Run run(command, (*folder)->path(), std::move(config.config));
  const auto exit_code = run.Execute(input->objects, *timeout);
  return exit_code.ok() ? *exit_code : Fail(exit_code.error(), kNegativeResult);
}

}  // namespace belfry::cli
