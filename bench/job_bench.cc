// Jobs of many completions on the fake runtime, through the real controllers and store: what one completion
// costs as the Job grows, what it leaves in memory, and how long any single task holds the loop.
#include <gperftools/malloc_extension.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/base/log.h"
#include "agent/controllers/event_recorder.h"
#include "agent/controllers/job/job_controller.h"
#include "agent/controllers/manager.h"
#include "agent/controllers/pod/pod_controller.h"
#include "agent/controllers/pod_garbage.h"
#include "agent/runtime/fake_runtime.h"
#include "agent/store/store.h"
#include "agent/store/volatile_journal.h"

namespace belfry {
namespace {

constexpr double kMostHoldMs = 5.0;
constexpr double kMostRatio = 1.5;

double CpuSeconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

size_t HeapBytes() {
  size_t bytes = 0;
  MallocExtension::instance()->GetNumericProperty("generic.current_allocated_bytes", &bytes);
  return bytes;
}

// Timers follow virtual time, slices of work end by the real clock, as in the agent. What a task holds the
// loop is told in processor time, so that a busy machine does not count.
class MeasuredLoop : public FakeEventLoop {
 public:
  using FakeEventLoop::FakeEventLoop;
  Duration Monotonic() const override {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void Post(Task task) override { FakeEventLoop::Post(Measured(std::move(task))); }
  TimerId RunAt(Instant when, Task task) override {
    return FakeEventLoop::RunAt(when, Measured(std::move(task)));
  }
  TimerId RunAfter(Duration delay, Task task) override {
    return FakeEventLoop::RunAfter(delay, Measured(std::move(task)));
  }
  double longest_ms() const { return longest_ * 1e3; }

 private:
  Task Measured(Task task) {
    return [this, task = std::move(task)] {
      const double begin = CpuSeconds();
      task();
      longest_ = std::max(longest_, CpuSeconds() - begin);
    };
  }
  double longest_ = 0;
};

api::Job MakeJob(int32_t completions, bool indexed) {
  api::Job job;
  job.metadata.name = "large";
  job.metadata.ns = "default";
  job.spec.completions = completions;
  job.spec.parallelism = 100;
  job.spec.completion_mode = indexed ? "Indexed" : "NonIndexed";
  job.spec.pod_template.spec.restart_policy = "Never";
  api::Container container;
  container.name = "main";
  container.image = "busybox";
  container.command = {"/bin/true"};
  job.spec.pod_template.spec.containers = {container};
  return job;
}

struct Outcome {
  double microseconds = 0;  // of processor time, for each completion
  double kilobytes = 0;     // of heap, for each completion, the finished pods in the store included
  double longest_ms = 0;
  bool complete = false;
};

Outcome Run(int32_t completions, bool indexed) {
  MeasuredLoop loop(FromUnixSeconds(1'800'000'000));
  SeededRandom random(7);
  int started = 0;
  runtime::FakeRuntime runtime(loop, [&](const runtime::ContainerStart&) {
    return runtime::Script{.duration = milliseconds(100 + started++ % 70)};
  });
  store::VolatileJournal journal;
  store::Store store(loop, random, journal);
  controllers::JobController jobs(loop, store, random);
  controllers::PodController pods(loop, store, runtime, {.node_name = "host", .ip = "127.0.0.1"}, {});
  controllers::PodGarbageCollector finished_pods(store, runtime);
  controllers::EventPruner events(store, loop);
  controllers::Manager manager(loop, store);
  for (auto* controller :
       std::initializer_list<controllers::Controller*>{&pods, &jobs, &finished_pods, &events})
    manager.Add(*controller);
  if (!store.Open().ok()) return {};
  manager.Start();
  const size_t heap = HeapBytes();
  const double begin = CpuSeconds();
  if (!store.Create(MakeJob(completions, indexed)).ok()) return {};
  const auto over = [&] { return api::IsFinished(*store.Get<api::Job>("default", "large")); };
  while (!over()) loop.Advance(seconds(1));
  const double seconds_used = CpuSeconds() - begin;
  return {.microseconds = seconds_used * 1e6 / completions,
          .kilobytes = static_cast<double>(HeapBytes() - heap) / 1024.0 / completions,
          .longest_ms = loop.longest_ms(),
          .complete = store.Get<api::Job>("default", "large")->status.succeeded == completions};
}

// The baseline of the holds: how long additions alone seem to take at most, for that many seconds of
// processor time. Nothing but the host of a virtual processor takes them away. Units: ms.
double LongestOfAdditions(double seconds) {
  double longest = 0;
  volatile int64_t sum = 0;
  const double begin = CpuSeconds();
  for (double before = begin; before - begin < seconds;) {
    for (int64_t i = 0; i < 1000; ++i) sum = sum + i;
    const double now = CpuSeconds();
    longest = std::max(longest, now - before);
    before = now;
  }
  return longest * 1e3;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// The sizes take turns, so that a machine that is slower for a while is so for all of them. The longest hold
// of any run counts; that of the median run and of additions alone are shown beside it.
bool Compare(bool indexed) {
  constexpr int kRounds = 3;
  struct Size {
    int32_t completions;
    int runs;  // in a round
    std::vector<double> microseconds = {};
    std::vector<double> longest_ms = {};  // of each run
    Outcome last = {};
  };
  Size sizes[] = {{1'000, 5}, {10'000, 2}, {100'000, 1}};
  double of_additions = 0;
  for (int i = 0; i < kRounds; ++i) {
    for (Size& size : sizes) {
      for (int run = 0; run < size.runs; ++run) {
        size.last = Run(size.completions, indexed);
        size.microseconds.push_back(size.last.microseconds);
        size.longest_ms.push_back(size.last.longest_ms);
        of_additions =
            std::max(of_additions, LongestOfAdditions(size.last.microseconds * 1e-6 * size.completions));
      }
    }
  }
  std::printf("%s, parallelism 100, medians of %d rounds\n%12s %16s %8s %16s %18s %12s\n",
              indexed ? "Indexed" : "NonIndexed", kRounds, "completions", "us/completion", "ratio",
              "KiB/completion", "longest hold (ms)", "median run");
  bool good = true;
  const double base = Median(sizes[0].microseconds);
  for (const Size& size : sizes) {
    const double ratio = Median(size.microseconds) / base;
    const double hold = std::ranges::max(size.longest_ms);
    const bool fits = size.last.complete && ratio <= kMostRatio && hold <= kMostHoldMs;
    std::printf("%12d %16.1f %8.2f %16.2f %18.2f %12.2f%s\n", size.completions, ratio * base, ratio,
                size.last.kilobytes, hold, Median(size.longest_ms), fits ? "" : "   OVER BUDGET");
    good = good && fits;
  }
  std::printf("%12s %16s %8s %16s %18.2f\n", "additions", "", "", "", of_additions);
  return good;
}

}  // namespace
}  // namespace belfry

// `job_bench COMPLETIONS indexed|nonindexed`: that Job alone, for a profiler.
int main(int argc, char** argv) {
  belfry::SetUpLog({.level = belfry::LogLevel::kOff});
  if (argc == 3) {
    const auto outcome = belfry::Run(std::atoi(argv[1]), std::string_view(argv[2]) == "indexed");
    std::printf("%.1f us/completion\n", outcome.microseconds);
    return outcome.complete ? 0 : 1;
  }
  const bool indexed = belfry::Compare(true);
  const bool plain = belfry::Compare(false);
  std::printf("budget: ratio <= 1.50, longest hold <= 5 ms: %s\n", indexed && plain ? "kept" : "NOT KEPT");
  return indexed && plain ? 0 : 1;
}
