#include "agent/cli/agent.h"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

#include "agent/base/asio_event_loop.h"
#include "agent/base/log.h"
#include "agent/base/signals.h"
#include "agent/cli/config.h"
#include "agent/cli/core.h"
#include "agent/cli/dialect.h"
#include "agent/cli/exit.h"
#include "agent/cli/job_observer.h"
#include "agent/cli/surface.h"
#include "agent/cli/telemetry.h"
#include "agent/cli/version.h"
#include "agent/controllers/cronjob/backfill.h"
#include "agent/controllers/deletion.h"
#include "agent/http/curl_client.h"
#include "agent/http/server.h"
#include "agent/sources/folder_source.h"

namespace belfry::cli {
namespace {

constexpr uint64_t kMaxTokenBytes = 4096;
// Setting the clock to what it shows is no jump.
constexpr Duration kSmallestJump = milliseconds(1);

// A loop on a thread of its own; the thread ends before the loop.
class LoopThread {
 public:
  ~LoopThread() { Stop(); }
  void Start() {
    thread_ = std::thread([this] { loop.Run(); });
  }
  void Stop() {
    loop.Stop();
    Join();
  }
  // Waits for the loop to be stopped by one of its tasks.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

  AsioEventLoop loop;

 private:
  std::thread thread_;
};

// The daemon: what it is made of, in the order in which it must be built; it is taken apart the other way
// round.
class Daemon {
 public:
  Daemon(AgentCommand command, Config config) : command_(std::move(command)), config_(std::move(config)) {}

  Result<void> Open();
  int Run();

 private:
  Result<std::string> ReadToken() const;
  SurfaceOptions MakeSurfaceOptions(std::string token, std::string own_host);
  apiserver::ApiOptions MakeApiOptions();
  void WatchStore();
  void StartLoops();
  void PrintBanner() const;
  void OnSignal(int signal);
  void Reload(const std::function<void(const Result<void>&)>& done);
  void CollectHealth(const std::function<void(std::vector<HealthCheck>)>& done);
  std::vector<HealthCheck> CoreHealth();
  void WatchTime();
  void OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record);
  void AddServerReadings();
  void CountDroppedOutput();
  void OnLook(const sources::SourceStatus& status);
  void End();
  self::AgentMetrics& Metrics() { return telemetry_->metrics(); }

  const AgentCommand command_;
  Config config_;
  PosixFileSystem files_;
  SystemRandom random_;
  std::string url_;
  AsioEventLoop core_loop_;
  LoopThread telemetry_loop_;
  LoopThread http_loop_;
  std::unique_ptr<http::CurlHttpClient> client_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<sources::InotifyWatcher> watcher_;
  std::unique_ptr<sources::FolderSource> folders_;
  std::unique_ptr<http::Server> server_;
  uint64_t counted_dropped_ = 0;
  std::set<std::string> told_warnings_;  // each is said once
  bool stopping_ = false;
};

Result<std::string> Daemon::ReadToken() const {
  if (config_.token_file.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::string text, files_.ReadFile(config_.token_file, kMaxTokenBytes));
  const std::string token = text.substr(0, text.find_first_of("\r\n"));
  if (token.empty())
    return Error{Code::kInvalid, "auth.tokenFile " + config_.token_file + ": the first line is empty"};
  return token;
}

Result<void> Daemon::Open() {
  ASSIGN_OR_RETURN(const std::string token, ReadToken());
  RETURN_IF_ERROR(files_.CreateDirectories(config_.data_dir, 0700));
  const Host host = ReadHost(files_);
  CoreOptions options{
      .data_dir = config_.data_dir,
      .host = host,
      .places = config_.runtime,
      .runtime = {.data_dir = config_.data_dir},
      .committed = [this](bool success,
                          Duration took) { Metrics().StoreCommitted(success, ToSeconds(took)); },
      .reconciled =
          [this](std::string_view controller, bool success, Duration took) {
            Metrics().Reconciled(std::string(controller), success, ToSeconds(took));
          },
      .slots = [this](const api::CronJob& cronjob,
                      const controllers::SlotRecord& record) { OnSlot(cronjob, record); }};
  ASSIGN_OR_RETURN(core_, Core::Open(core_loop_, std::move(options)));
  client_ = std::make_unique<http::CurlHttpClient>(telemetry_loop_.loop);

  ASSIGN_OR_RETURN(const http::ListenAddress address, http::ParseListenAddress(config_.listen));
  // The port is part of the URL that alerts carry, so it comes before telemetry; handlers find telemetry when
  // they are called.
  server_ = std::make_unique<http::Server>(
      http_loop_.loop,
      MakeSurface({.core = core_loop_, .telemetry = telemetry_loop_.loop, .http = http_loop_.loop},
                  MakeSurfaceOptions(token, address.host)));
  ASSIGN_OR_RETURN(const uint16_t port, server_->Listen(config_.listen));
  const bool v6 = address.host.find(':') != std::string::npos;
  url_ = fmt::format("http://{}:{}", v6 ? "[" + address.host + "]" : address.host, port);
  telemetry_ = std::make_unique<Telemetry>(
      telemetry_loop_.loop, files_, *client_,
      TelemetryOptions{.data_dir = config_.data_dir, .external_url = url_, .host = host, .config = config_});
  AddServerReadings();
  Metrics().ConfigReloaded(true, ToUnixSecondsF(core_loop_.Now()));
  std::vector<std::string> paths = config_.manifests;
  paths.insert(paths.end(), command_.manifests.begin(), command_.manifests.end());
  watcher_ = std::make_unique<sources::InotifyWatcher>(core_loop_);
  folders_ = std::make_unique<sources::FolderSource>(
      core_loop_, files_, *watcher_, core_->store(), std::move(paths), [this](const api::Key& key) {
        (void)controllers::RequestDeletion(core_->store(), key, {}, core_loop_.Now());
      });
  folders_->OnLook([this](const sources::SourceStatus& status) { OnLook(status); });
  WatchTime();
  return {};
}

// The two ways in which time itself changes under schedules: the clock is set, zones get new rules.
void Daemon::WatchTime() {
  core_loop_.OnClockJump([this](Duration by) {
    if (by < -kSmallestJump || by > kSmallestJump) Metrics().ClockSet(ToSeconds(by));
  });
  controllers::ZoneWatch& zones = core_->cronjobs().zones();
  zones.Watch([this, &zones](const std::string& path) {
    const auto watched = watcher_->Watch(path, [&zones] { zones.FilesChanged(); });
    if (!watched.ok()) {
      LogWarn("cli", "changes of time zones are noticed at reloads only", {{"error", watched.error()}});
    }
  });
  zones.AlsoTell([this](const std::vector<std::string>&) {
    std::vector<store::Change> cronjobs;
    core_->store().Visit(api::Kind::kCronJob, {}, [&](const api::Object& object) {
      cronjobs.push_back({api::KeyOf(object), object, object, api::MetaOf(object).resource_version});
    });
    telemetry_loop_.loop.Post([this, cronjobs = std::move(cronjobs)] { telemetry_->ZonesChanged(cronjobs); });
  });
}

void Daemon::OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record) {
  const auto* missed = std::get_if<controllers::SlotsMissed>(&record);
  if (missed == nullptr) return;
  telemetry_loop_.loop.Post([this, cronjob, missed = *missed] { telemetry_->CountMissed(cronjob, missed); });
}

apiserver::ApiOptions Daemon::MakeApiOptions() {
  return {
      .store = [this]() -> store::Store& { return core_->store(); },
      .remove =
          [this](const api::Key& key, const apiserver::DeleteOptions& asked) {
            controllers::DeleteOptions options{.grace_period_seconds = asked.grace_period_seconds,
                                               .uid = asked.uid};
            if (asked.propagation == "Foreground")
              options.propagation = controllers::Propagation::kForeground;
            if (asked.propagation == "Orphan") options.propagation = controllers::Propagation::kOrphan;
            return controllers::RequestDeletion(core_->store(), key, options, core_loop_.Now());
          },
      .admit =
          [this](const api::Object& object) { return controllers::AdmitBackfill(core_->store(), object); },
      .random = [this]() -> Random& { return random_; }};
}

SurfaceOptions Daemon::MakeSurfaceOptions(std::string token, std::string own_host) {
  return {.token = std::move(token),
          .metrics = {.take = [this] { return telemetry_->TakePage(); },
                      .done =
                          [this](const exposition::ScrapeReport& report) {
                            Metrics().ScrapeDone(report.complete, static_cast<double>(report.bytes),
                                                 ToSeconds(report.took));
                          }},
          .api = {.data = [this](Instant at) { return telemetry_->PageAt(at); },
                  .rules = [this] { return telemetry_->Rules(); },
                  .families = [this] { return telemetry_->TakePage(); },
                  .eval = {.dialect = DialectOf(config_.rules.promql_compat)},
                  .version = ThisBuild().version,
                  .revision = ThisBuild().revision,
                  .branch = ThisBuild().branch,
                  .page_url = [this] { return url_ + "/metrics"; }},
          .readiness = [this](auto done) { CollectHealth(done); },
          .reload = [this](auto done) { core_loop_.Post([this, done] { Reload(done); }); },
          .objects = MakeApiOptions(),
          .own_host = std::move(own_host)};
}

// From here on every commit reaches the telemetry loop, after everything that is there already.
void Daemon::WatchStore() {
  std::vector<store::Change> everything;
  for (const api::Kind kind : api::kAllKinds) {
    core_->store().Visit(kind, {}, [&](const api::Object& object) {
      everything.push_back({api::KeyOf(object), std::nullopt, object, api::MetaOf(object).resource_version});
    });
  }
  telemetry_loop_.loop.Post([this, everything = std::move(everything)] { telemetry_->Start(everything); });
  core_->store().Watch([this](std::span<const store::Change> changes) {
    CountDroppedOutput();
    telemetry_loop_.loop.Post([this, copy = std::vector<store::Change>(changes.begin(), changes.end())] {
      telemetry_->Apply(copy);
    });
  });
}

void Daemon::AddServerReadings() {
  telemetry_->AddReading({.name = "belfry_http_connections", .help = "Connections that are open."}, {},
                         [this] { return static_cast<double>(server_->stats().open_connections); });
  for (size_t status = 2; status <= 5; ++status) {
    telemetry_->AddReading({.name = "belfry_http_requests",
                            .help = "Requests answered, by class of status.",
                            .type = model::MetricType::kCounter},
                           {{"code", fmt::format("{}xx", status)}}, [this, status] {
                             return static_cast<double>(server_->stats().responses[status]);
                           });
  }
}

void Daemon::CountDroppedOutput() {
  const uint64_t dropped = core_->runtime().status().log_dropped_bytes;
  Metrics().log_dropped_bytes.Increment(static_cast<double>(dropped - std::min(counted_dropped_, dropped)));
  counted_dropped_ = dropped;
}

void Daemon::OnLook(const sources::SourceStatus& status) {
  std::set<std::string> broken;
  for (const manifest::Problem& problem : status.problems) broken.insert(problem.file);
  Metrics().manifest_files_broken.Set(static_cast<double>(broken.size()));
  Metrics().manifest_errors.Increment(static_cast<double>(broken.size()));
  for (const manifest::Problem& warning : status.warnings) {
    if (told_warnings_.insert(warning.ToString()).second) {
      LogWarn("cli", "manifest warning", {{"warning", warning.ToString()}});
    }
  }
}

void Daemon::PrintBanner() const {
  fmt::print(
      "belfry {} is running\n"
      "  metrics  {}/metrics\n"
      "  health   {}/readyz\n"
      "  alerts   {}/prometheus/api/v1/alerts\n"
      "  rules    {}/prometheus/api/v1/rules\n"
      "  state    {}\n",
      ThisBuild().version, url_, url_, url_, url_, config_.data_dir);
  std::fflush(stdout);
}

int Daemon::Run() {
  SignalWatcher signals(core_loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int signal) { OnSignal(signal); });
  WatchStore();
  telemetry_loop_.Start();
  http_loop_.Start();
  core_->jobs().Observe(ObserveJobs(telemetry_->job_metrics()));
  core_->ttl().OnDeleted([this](Duration late) { telemetry_->job_metrics().TtlDeleted(ToSeconds(late)); });
  core_->Start();
  folders_->Start();
  PrintBanner();
  core_loop_.Run();
  End();
  return 0;
}

void Daemon::OnSignal(int signal) {
  if (signal == SIGHUP) return Reload([](const Result<void>&) {});
  if (std::exchange(stopping_, true)) return core_->KillPods([this] { core_loop_.Stop(); });
  folders_.reset();
  if (signal == SIGTERM) {
    LogInfo("cli", "stopping; running pods are left to the next agent");
    return core_loop_.Stop();
  }
  LogInfo("cli", "stopping, and ending every pod; once more to kill them at once");
  core_->StopPods([this] { core_loop_.Stop(); });
}

// Everybody who could still be called goes before what they would call.
void Daemon::End() {
  server_->Close();
  http_loop_.Stop();
  telemetry_loop_.loop.Post([this] {
    telemetry_->Stop();
    telemetry_loop_.loop.Stop();
  });
  telemetry_loop_.Join();
}

void Daemon::Reload(const std::function<void(const Result<void>&)>& done) {
  ParsedConfig parsed = LoadConfig(files_, command_.config);
  const bool good = parsed.problems.empty();
  Metrics().ConfigReloaded(good, ToUnixSecondsF(core_loop_.Now()));
  if (!good) {
    const Error error = AsError(parsed.problems);
    LogError("cli", "the configuration is refused, the old one stays", {{"error", error}});
    return done(error);
  }
  core_->SetPlaces(parsed.config.runtime);
  SetUpLog(parsed.config.log);
  core_->cronjobs().zones().Refresh();
  if (folders_) folders_->Look();
  telemetry_loop_.loop.Post([this, config = std::move(parsed.config)] { telemetry_->Reload(config); });
  LogInfo("cli", "configuration reloaded");
  done({});
}

std::vector<HealthCheck> Daemon::CoreHealth() {
  const auto& degraded = core_->store().degraded();
  std::vector<HealthCheck> checks;
  checks.push_back(
      {"store", degraded ? Severity::kNotReady : Severity::kOk, degraded ? degraded->message : ""});
  checks.push_back({"runtime", core_->pods().synced() ? Severity::kOk : Severity::kDegraded,
                    core_->pods().synced() ? "" : "no contact with the supervisor"});
  const auto& output = core_->runtime().status();
  const std::string& log_error = output.log_error.empty() ? output.journal_error : output.log_error;
  checks.push_back({"logs", log_error.empty() ? Severity::kOk : Severity::kDegraded, log_error});
  std::string problems;
  if (folders_) {
    for (const manifest::Problem& problem : folders_->status().problems)
      problems += problem.ToString() + "\n";
  }
  checks.push_back({"manifests", problems.empty() ? Severity::kOk : Severity::kDegraded, problems});
  return checks;
}

void Daemon::CollectHealth(const std::function<void(std::vector<HealthCheck>)>& done) {
  core_loop_.Post([this, done] {
    telemetry_loop_.loop.Post([this, done, checks = CoreHealth()]() mutable {
      const Telemetry::Status status = telemetry_->GetStatus();
      std::string rules;
      for (const RuleProblems& problem : status.rule_problems) {
        for (const std::string& message : problem.messages) rules += message + "\n";
      }
      for (const std::string& error : status.rule_errors) rules += error + "\n";
      checks.push_back({"rules", rules.empty() ? Severity::kOk : Severity::kDegraded, rules});
      checks.push_back({"notify", status.notify_problem.empty() ? Severity::kOk : Severity::kDegraded,
                        status.notify_problem});
      done(std::move(checks));
    });
  });
}

// The command line wins over the file.
Result<Config> EffectiveConfig(const AgentCommand& command) {
  ParsedConfig parsed = LoadConfig(PosixFileSystem(), command.config);
  if (!parsed.problems.empty()) return AsError(parsed.problems);
  if (command.listen) parsed.config.listen = *command.listen;
  if (command.data_dir) parsed.config.data_dir = *command.data_dir;
  RETURN_IF_ERROR(CheckListener(parsed.config));
  // The supervisor is started elsewhere: it needs the whole path.
  std::error_code error;
  parsed.config.data_dir = std::filesystem::absolute(parsed.config.data_dir, error).lexically_normal();
  if (error) return ErrnoError("find the working folder", error.value());
  return parsed.config;
}

}  // namespace

int RunAgent(const AgentCommand& command) {
  BlockSignals({SIGINT, SIGTERM, SIGHUP});
  ::signal(SIGPIPE, SIG_IGN);
  auto config = EffectiveConfig(command);
  if (!config.ok()) return Fail(config.error(), kBadInput);
  SetUpLog(config->log);
  Daemon daemon(command, std::move(*config));
  if (const auto opened = daemon.Open(); !opened.ok()) return Fail(opened.error(), kNegativeResult);
  return daemon.Run();
}

}  // namespace belfry::cli
