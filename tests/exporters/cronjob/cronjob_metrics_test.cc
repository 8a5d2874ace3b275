#include "exporters/cronjob/cronjob_metrics.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "exporters/exposition/page.h"
#include "exporters/kube/kube_rows.h"
#include "exporters/self/agent_metrics.h"

namespace belfry::cronjob {
namespace {

using api::ConditionStatus;

constexpr const char* kState = "/data/cronjob-counters";
const Instant kStart = *ParseRfc3339("2026-01-01T00:00:00Z");

// The objects of a store, and the metrics that follow them; both agents of a restart see the same objects.
class World {
 public:
  World() { Start(); }

  void Start() {
    loop_ = std::make_unique<FakeEventLoop>(now_);
    metrics_ = std::make_unique<CronJobMetrics>(*loop_, files_, CronJobOptions{.state_file = kState});
    loaded_ = metrics_->Load();
    std::vector<store::Change> all;
    for (const auto& [key, object] : objects_) all.push_back({key, std::nullopt, object, 1});
    metrics_->Apply(all);
    metrics_->Restored();
  }
  // As a kill -9: what has not been saved is gone.
  void Crash() {
    now_ = loop_->Now();
    metrics_.reset();
    Start();
  }

  template <class T>
  void Put(T object) {
    auto pointer = std::make_shared<const T>(std::move(object));
    const api::Key key = api::KeyOf(*pointer);
    store::Change change{key, std::nullopt, api::Object(pointer), 1};
    if (const auto old = objects_.find(key); old != objects_.end()) change.before = old->second;
    objects_.insert_or_assign(key, api::Object(pointer));
    metrics_->Apply({&change, 1});
  }
  void Remove(api::Kind kind, const std::string& name) {
    const api::Key key{kind, "batch", name};
    const store::Change change{key, objects_.at(key), std::nullopt, 2};
    objects_.erase(key);
    metrics_->Apply({&change, 1});
  }

  double Value(const std::string& series) {
    const auto snapshot = metrics_->Take();
    double found = -1;
    for (size_t i = 0; i < snapshot->families().size(); ++i) {
      snapshot->Visit(i, [&](std::string_view name, model::LabelsView labels, double value) {
        if (model::Labels::Of(name, labels).ToString() == series) found = value;
      });
    }
    return found;
  }
  double Runs(const std::string& status) {
    return Value("cronjob_jobs_total{cronjob=\"etl\", namespace=\"batch\", status=\"" + status + "\"}");
  }
  double Of(const std::string& name) { return Value(name + R"({cronjob="etl", namespace="batch"})"); }

  Instant now_ = kStart;
  FakeFileSystem files_;
  std::map<api::Key, api::Object> objects_;
  std::unique_ptr<FakeEventLoop> loop_;
  std::unique_ptr<CronJobMetrics> metrics_;
  Result<void> loaded_;
};

api::CronJob Etl(size_t active = 0) {
  api::CronJob cronjob;
  cronjob.metadata = {.name = "etl", .ns = "batch", .uid = "c1"};
  cronjob.spec.schedule = "* * * * *";
  cronjob.status.active.resize(active);
  return cronjob;
}

api::Job RunOf(const std::string& name, Instant scheduled) {
  api::Job job;
  job.metadata = {.name = name, .ns = "batch", .uid = "uid-" + name};
  job.metadata.annotations = {{std::string(api::kScheduledTimestampAnnotation), FormatRfc3339(scheduled)}};
  job.metadata.owner_references = {{.kind = "CronJob", .name = "etl", .uid = "c1", .controller = true}};
  job.status.start_time = scheduled;
  return job;
}

api::Job Ended(api::Job job, bool succeeded, Duration after) {
  const Instant end = *job.status.start_time + after;
  job.status.conditions = {{.type = succeeded ? "Complete" : "Failed",
                            .status = ConditionStatus::kTrue,
                            .last_transition_time = end}};
  if (succeeded) job.status.completion_time = end;
  return job;
}

api::Pod PodOf(const api::Job& job, Instant started, std::optional<int32_t> exit_code) {
  api::Pod pod;
  pod.metadata = {.name = job.metadata.name + "-pod", .ns = "batch", .uid = "pod-" + job.metadata.name};
  pod.metadata.owner_references = {
      {.kind = "Job", .name = job.metadata.name, .uid = job.metadata.uid, .controller = true}};
  api::ContainerStatus status{.name = "main"};
  status.state = api::ContainerRunning{started};
  if (exit_code) {
    pod.status.phase = *exit_code == 0 ? api::PodPhase::kSucceeded : api::PodPhase::kFailed;
    status.state = api::ContainerTerminated{
        .exit_code = *exit_code, .started_at = started, .finished_at = started + seconds(1)};
  }
  pod.status.container_statuses = {status};
  return pod;
}

TEST(CronJobMetrics, ShowsEveryChildAtZeroFromTheStart) {
  World world;
  world.Put(Etl());
  EXPECT_EQ(world.Runs("succeeded"), 0);
  EXPECT_EQ(world.Runs("failed"), 0);
  EXPECT_EQ(world.Of("cronjob_active_jobs"), 0);
  EXPECT_EQ(world.Of("cronjob_job_duration_seconds_count"), 0);
  EXPECT_EQ(world.Of("cronjob_schedule_delay_seconds_sum"), 0);
  EXPECT_EQ(
      world.Value(R"(cronjob_job_duration_seconds_bucket{cronjob="etl", le="512.0", namespace="batch"})"), 0);
  EXPECT_EQ(
      world.Value(R"(cronjob_job_duration_seconds_bucket{cronjob="etl", le="+Inf", namespace="batch"})"), 0);
  EXPECT_EQ(world.Of("belfry_cronjob_consecutive_failures"), 0);
  for (const char* reason : {"deadline", "concurrency", "suspended", "agent_down", "clock"}) {
    EXPECT_EQ(world.Value(
                  std::string(
                      R"(belfry_cronjob_missed_schedules_total{cronjob="etl", namespace="batch", reason=")") +
                  reason + "\"}"),
              0);
  }
  EXPECT_EQ(world.Of("belfry_cronjob_last_run_duration_seconds"), -1);
}

TEST(CronJobMetrics, CountsBothOutcomesWithTheirDuration) {
  World world;
  world.Put(Etl(1));
  EXPECT_EQ(world.Of("cronjob_active_jobs"), 1);
  const api::Job first = RunOf("etl-1", kStart);
  world.Put(first);
  EXPECT_EQ(world.Runs("succeeded"), 0);
  world.Put(Ended(first, true, milliseconds(2500)));
  world.Put(Ended(RunOf("etl-2", kStart + minutes(1)), false, seconds(600)));
  EXPECT_EQ(world.Runs("succeeded"), 1);
  EXPECT_EQ(world.Runs("failed"), 1);
  EXPECT_EQ(world.Of("cronjob_job_duration_seconds_sum"), 602.5);
  EXPECT_EQ(world.Value(R"(cronjob_job_duration_seconds_bucket{cronjob="etl", le="2.0", namespace="batch"})"),
            0);
  EXPECT_EQ(world.Value(R"(cronjob_job_duration_seconds_bucket{cronjob="etl", le="4.0", namespace="batch"})"),
            1);
  EXPECT_EQ(
      world.Value(R"(cronjob_job_duration_seconds_bucket{cronjob="etl", le="512.0", namespace="batch"})"), 1);
  EXPECT_EQ(
      world.Value(
          R"(belfry_cronjob_run_duration_seconds_bucket{cronjob="etl", le="900.0", namespace="batch"})"),
      2);
  EXPECT_EQ(
      world.Value(R"(belfry_cronjob_last_run_result{cronjob="etl", namespace="batch", result="failed"})"), 1);
  EXPECT_EQ(
      world.Value(R"(belfry_cronjob_last_run_result{cronjob="etl", namespace="batch", result="succeeded"})"),
      0);
  EXPECT_EQ(world.Of("belfry_cronjob_last_run_duration_seconds"), 600);
  EXPECT_EQ(world.Of("belfry_cronjob_consecutive_failures"), 1);
  EXPECT_EQ(world.Value(R"(belfry_job_finish_time_seconds{job_name="etl-2", namespace="batch"})"),
            ToUnixSecondsF(kStart + seconds(660)));
}

TEST(CronJobMetrics, CountsAJobOnceHoweverOftenItIsSeen) {
  World world;
  world.Put(Etl());
  api::Job job = Ended(RunOf("etl-1", kStart), true, seconds(1));
  for (int i = 0; i < 3; ++i) {
    job.metadata.labels["touched"] = std::to_string(i);
    world.Put(job);
  }
  EXPECT_EQ(world.Runs("succeeded"), 1);
  EXPECT_EQ(world.Of("cronjob_job_duration_seconds_count"), 1);
}

TEST(CronJobMetrics, MeasuresTheDelayToTheFirstProcess) {
  World world;
  world.Put(Etl());
  const api::Job job = RunOf("etl-1", kStart);
  world.Put(job);
  world.Put(PodOf(job, kStart + milliseconds(250), std::nullopt));
  world.Put(PodOf(job, kStart + seconds(90), 0));  // a retry is no delay
  EXPECT_EQ(world.Of("cronjob_schedule_delay_seconds_count"), 1);
  EXPECT_EQ(world.Of("cronjob_schedule_delay_seconds_sum"), 0.25);
}

TEST(CronJobMetrics, AJobStartedByHandHasNoDelay) {
  World world;
  world.Put(Etl());
  api::Job job = RunOf("by-hand", kStart);
  job.metadata.annotations = {{"cronjob.kubernetes.io/instantiate", "manual"}};
  world.Put(job);
  world.Put(PodOf(job, kStart + seconds(5), 0));
  world.Put(Ended(job, true, seconds(6)));
  EXPECT_EQ(world.Of("cronjob_schedule_delay_seconds_count"), 0);
  EXPECT_EQ(world.Runs("succeeded"), 1);
}

TEST(CronJobMetrics, AJobThatNeverStartedHasNoDuration) {
  World world;
  world.Put(Etl());
  api::Job job = Ended(RunOf("etl-1", kStart), false, seconds(1));
  job.status.start_time.reset();
  world.Put(job);
  EXPECT_EQ(world.Runs("failed"), 1);
  EXPECT_EQ(world.Of("cronjob_job_duration_seconds_count"), 0);
}

TEST(CronJobMetrics, ShowsTheExitCodeOfThePodThatEndedLast) {
  World world;
  world.Put(Etl());
  const api::Job job = RunOf("etl-1", kStart);
  world.Put(job);
  world.Put(PodOf(job, kStart, 7));
  EXPECT_EQ(world.Value(R"(belfry_job_exit_code{job_name="etl-1", namespace="batch"})"), 7);
  api::Pod retry = PodOf(job, kStart + seconds(30), 3);
  retry.metadata.name += "-2";
  world.Put(retry);
  world.Put(Ended(job, false, seconds(40)));
  EXPECT_EQ(world.Value(R"(belfry_job_exit_code{job_name="etl-1", namespace="batch"})"), 3);
  EXPECT_EQ(world.Of("belfry_cronjob_last_exit_code"), 3);
  world.Remove(api::Kind::kJob, "etl-1");
  EXPECT_EQ(world.Value(R"(belfry_job_exit_code{job_name="etl-1", namespace="batch"})"), -1);
  world.Put(PodOf(job, kStart + seconds(99), 1));  // an orphan's last words
  EXPECT_EQ(world.Value(R"(belfry_job_exit_code{job_name="etl-1", namespace="batch"})"), -1);
}

TEST(CronJobMetrics, ShowsJobsWithoutCronJobToo) {
  World world;
  api::Job job = RunOf("alone", kStart);
  job.metadata.owner_references.clear();
  world.Put(Ended(job, false, seconds(5)));
  EXPECT_EQ(world.Value(R"(belfry_job_finish_time_seconds{job_name="alone", namespace="batch"})"),
            ToUnixSecondsF(kStart + seconds(5)));
}

TEST(CronJobMetrics, CountsMissedSchedulesByReason) {
  World world;
  const auto missed = [&](const char* reason) {
    return world.Value(
        std::string(R"(belfry_cronjob_missed_schedules_total{cronjob="etl", namespace="batch", reason=")") +
        reason + "\"}");
  };
  world.metrics_->CountMissed("batch", "etl", MissedReason::kDeadline, 5);  // there is no such CronJob
  world.Put(Etl());
  EXPECT_EQ(missed("deadline"), 0);
  world.metrics_->CountMissed("batch", "etl", MissedReason::kConcurrency, 3);
  world.metrics_->CountMissed("batch", "etl", MissedReason::kConcurrency, 1);
  world.metrics_->CountMissed("batch", "etl", MissedReason::kClock, 2);
  EXPECT_EQ(missed("concurrency"), 4);
  EXPECT_EQ(missed("clock"), 2);
  world.loop_->Advance(seconds(1));
  world.Crash();
  EXPECT_EQ(missed("concurrency"), 4);
}

TEST(MissedReason, HasTheControllersNames) {
  for (const char* name : {"deadline", "concurrency", "suspended", "agent_down", "clock"}) {
    const auto reason = MissedReasonFromName(name);
    ASSERT_TRUE(reason) << name;
    EXPECT_EQ(MissedReasonName(*reason), name);
  }
  EXPECT_FALSE(MissedReasonFromName("weather"));
  EXPECT_FALSE(MissedReasonFromName(""));
}

TEST(CronJobMetrics, ForgetsACronJobThatIsRemoved) {
  World world;
  world.Put(Etl());
  world.Put(Ended(RunOf("etl-1", kStart), true, seconds(1)));
  world.Remove(api::Kind::kCronJob, "etl");
  EXPECT_EQ(world.Runs("succeeded"), -1);
  world.Put(Ended(RunOf("etl-2", kStart), true, seconds(1)));  // an orphan
  world.Put(Etl());
  EXPECT_EQ(world.Runs("succeeded"), 0);
}

TEST(CronJobMetrics, CountersOutliveTheAgent) {
  World world;
  world.Put(Etl());
  world.Put(Ended(RunOf("etl-1", kStart), true, seconds(3)));
  world.Put(Ended(RunOf("etl-2", kStart + minutes(1)), false, seconds(5)));
  world.loop_->Advance(seconds(1));
  world.Remove(api::Kind::kJob, "etl-1");
  world.Crash();
  EXPECT_EQ(world.Runs("succeeded"), 1);
  EXPECT_EQ(world.Runs("failed"), 1);
  EXPECT_EQ(world.Of("cronjob_job_duration_seconds_sum"), 8);
  EXPECT_EQ(world.Of("belfry_cronjob_consecutive_failures"), 1);
  EXPECT_EQ(world.Of("belfry_cronjob_last_run_duration_seconds"), 5);
}

// Runs begin and end at whole seconds and a little after.
TEST(CronJobMetrics, KeepsItsFileInTheMiddleOfASecond) {
  for (const int offset : {0, 40, 499, 500, 501, 960}) {
    World world;
    world.Put(Etl());
    world.loop_->Advance(milliseconds(offset));
    world.Put(Ended(RunOf("etl-1", kStart), true, seconds(3)));
    const auto saved = [&] { return world.files_.Stat(kState).ok(); };
    Duration waited(0);
    for (; !saved() && waited < seconds(2); waited += milliseconds(1)) world.loop_->Advance(milliseconds(1));
    EXPECT_EQ((world.loop_->Now() - kStart) % seconds(1), milliseconds(500)) << offset;
    EXPECT_LE(waited, seconds(1)) << offset;
  }
}

TEST(CronJobMetrics, CountsWhatEndedWhileTheAgentWasAway) {
  World world;
  world.Put(Etl());
  const api::Job job = RunOf("etl-1", kStart);
  world.Put(job);
  world.loop_->Advance(seconds(2));
  const api::Job ended = Ended(job, false, seconds(9));
  world.objects_.insert_or_assign(api::KeyOf(ended), api::Object(std::make_shared<const api::Job>(ended)));
  const api::Pod pod = PodOf(job, kStart, 42);
  world.objects_.insert_or_assign(api::KeyOf(pod), api::Object(std::make_shared<const api::Pod>(pod)));
  world.Crash();
  EXPECT_EQ(world.Runs("failed"), 1);
  EXPECT_EQ(world.Of("belfry_cronjob_last_exit_code"), 42);
}

// The agent dies after each number of steps; the counters end the same, each run counted once.
TEST(CronJobMetrics, EachJobCountsOnceWhereverTheAgentDies) {
  const auto story = [](World& world, size_t crash_after) {
    size_t step = 0;
    const auto maybe_crash = [&] {
      if (++step == crash_after) world.Crash();
    };
    world.Put(Etl());
    for (int i = 0; i < 6; ++i) {
      const api::Job job = RunOf("etl-" + std::to_string(i), kStart + minutes(i));
      world.Put(job), maybe_crash();
      world.Put(PodOf(job, kStart + minutes(i) + milliseconds(500), i % 2)), maybe_crash();
      world.Put(Ended(job, i % 2 == 0, seconds(i + 1))), maybe_crash();
      world.loop_->Advance(milliseconds(1500)), maybe_crash();  // the state is written
      if (i >= 2) world.Remove(api::Kind::kJob, "etl-" + std::to_string(i - 2)), maybe_crash();
    }
    return step;
  };
  World undisturbed;
  const size_t steps = story(undisturbed, 0);
  for (size_t crash = 1; crash <= steps; ++crash) {
    World world;
    story(world, crash);
    EXPECT_EQ(world.Runs("succeeded"), 3) << crash;
    EXPECT_EQ(world.Runs("failed"), 3) << crash;
    EXPECT_EQ(world.Of("cronjob_job_duration_seconds_count"), 6) << crash;
    EXPECT_EQ(world.Of("cronjob_job_duration_seconds_sum"), 21) << crash;
    EXPECT_EQ(world.Of("cronjob_schedule_delay_seconds_count"), 6) << crash;
    EXPECT_EQ(world.Of("belfry_cronjob_last_exit_code"), 1) << crash;
  }
}

TEST(CronJobMetrics, RemembersOnlyJobsThatExist) {
  World world;
  world.Put(Etl());
  for (int i = 0; i < 50; ++i) {
    const std::string name = "etl-" + std::to_string(i);
    world.Put(Ended(RunOf(name, kStart), true, seconds(1)));
    world.Remove(api::Kind::kJob, name);
  }
  ASSERT_TRUE(world.metrics_->Save().ok());
  const auto state = DecodeCounters(*world.files_.ReadFile(kState, 1 << 20));
  ASSERT_TRUE(state.ok());
  EXPECT_TRUE(state->jobs.empty());
  EXPECT_EQ(state->tallies.size(), 1U);
}

TEST(CronJobMetrics, RestoringForgetsWhatWasRemovedWhileTheAgentWasAway) {
  World world;
  world.Put(Etl());
  world.Put(Ended(RunOf("etl-1", kStart), true, seconds(1)));
  ASSERT_TRUE(world.metrics_->Save().ok());
  world.objects_.clear();
  world.Crash();
  ASSERT_TRUE(world.metrics_->Save().ok());
  const auto state = DecodeCounters(*world.files_.ReadFile(kState, 1 << 20));
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, Counters{});
}

TEST(CronJobMetrics, ADamagedFileIsSetAsideAndCountingBeginsAnew) {
  World world;
  world.Put(Etl());
  world.Put(Ended(RunOf("etl-1", kStart), true, seconds(1)));
  ASSERT_TRUE(world.files_.WriteFileAtomically(kState, "garbage").ok());
  world.Crash();
  ASSERT_FALSE(world.loaded_.ok());
  EXPECT_EQ(world.loaded_.error().code, Code::kInvalid);
  EXPECT_EQ(*world.files_.ReadFile(std::string(kState) + ".damaged", 100), "garbage");
  EXPECT_EQ(world.Runs("succeeded"), 1);
}

TEST(CronJobMetrics, AFullDiskIsCountedAndTriedAgain) {
  World world;
  world.Put(Etl());
  world.files_.LimitSpace(0);
  world.Put(Ended(RunOf("etl-1", kStart), true, seconds(1)));
  world.loop_->Advance(seconds(3));
  EXPECT_EQ(world.metrics_->save_failures(), 3U);
  world.files_.LimitSpace(std::nullopt);
  world.loop_->Advance(seconds(1));
  world.Crash();
  EXPECT_EQ(world.Runs("succeeded"), 1);
}

TEST(CronJobMetrics, HistogramsCanBeSwitchedOffPerNamespace) {
  FakeEventLoop loop(kStart);
  FakeFileSystem files;
  CronJobMetrics metrics(loop, files, {.histograms = [](const std::string& ns) { return ns != "batch"; }});
  const api::CronJob cronjob = Etl();
  const store::Change changes[] = {
      {api::KeyOf(cronjob), std::nullopt, api::Object(std::make_shared<const api::CronJob>(cronjob)), 1}};
  metrics.Apply(changes);
  const std::string page = exposition::WritePage({metrics.Take()}, model::TextFormat::kPrometheus);
  EXPECT_EQ(page.find("_bucket"), std::string::npos);
  EXPECT_NE(page.find("cronjob_jobs_total"), std::string::npos);
}

int RunCommand(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The whole page as the agent serves it: object rows, runs, the agent's own families.
TEST(MetricsPage, AllSourcesTogetherPassTheStrictParser) {
  World world;
  kube::ZonedSchedules schedules;
  kube::KubeRows kube_rows(schedules.Reader(), {.node = {.name = "host"}});
  self::SelfMetrics self(world.files_, {.version = "0.1.0", .revision = "r", .branch = "b", .compiler = "c"});
  self::AgentMetrics agent(self);
  agent.ScrapeDone(true, 1, 0.1);
  world.Put(Etl());
  const api::Job job = RunOf("etl-1", kStart);
  world.Put(Ended(job, false, seconds(9)));
  world.Put(PodOf(job, kStart, 1));
  std::vector<store::Change> all;
  for (const auto& [key, object] : world.objects_) all.push_back({key, std::nullopt, object, 1});
  kube_rows.Apply(all);
  const exposition::Snapshots snapshots{kube_rows.Take(), world.metrics_->Take(), self.Take()};
  const std::string script =
      std::string("/usr/bin/python3 ") + BELFRY_SOURCE_DIR + "/tests/exporters/strict_parse.py ";
  for (const auto& [kind, format] : {std::pair("openmetrics", model::TextFormat::kOpenMetrics),
                                     std::pair("text", model::TextFormat::kPrometheus)}) {
    const std::string path = testing::TempDir() + "page_" + kind + ".txt";
    std::ofstream(path, std::ios::binary) << exposition::WritePage(snapshots, format);
    const int code = RunCommand(script + kind + " " + path);
    if (code == 77 || code == 127) GTEST_SKIP() << "python3-prometheus-client is not installed";
    EXPECT_EQ(code, 0) << kind;
  }
}

// Every family of the page has its line in the documents.
TEST(MetricsPage, EveryFamilyIsDocumented) {
  std::ifstream file(std::string(BELFRY_SOURCE_DIR) + "/docs/metrics.md");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  World world;
  self::SelfMetrics self(world.files_, {});
  self::AgentMetrics agent(self);
  kube::ZonedSchedules schedules;
  kube::KubeRows kube_rows(schedules.Reader());
  int families = 0;
  for (const auto& snapshot : {kube_rows.Take(), world.metrics_->Take(), self.Take()}) {
    for (const model::Family& family : snapshot->families()) {
      ++families;
      const bool counter = family.type == model::MetricType::kCounter;
      const bool info = family.type == model::MetricType::kInfo;
      const std::string name = family.name + (counter ? "_total" : info ? "_info" : "");
      EXPECT_NE(text.find("`" + name + "`"), std::string::npos) << name;
    }
  }
  EXPECT_GT(families, 80);
}

}  // namespace
}  // namespace belfry::cronjob
