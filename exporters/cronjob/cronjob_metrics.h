// Counters and histograms of CronJobs' runs, which outlive the agent.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "agent/api/cronjob.h"
#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/store/store.h"
#include "exporters/cronjob/counters.h"
#include "exporters/cronjob/facts.h"
#include "exporters/model/row_table.h"

namespace belfry::cronjob {

struct CronJobOptions {
  std::string state_file;  // empty: nothing is kept
  // How far apart two scheduled instants are, from the next one after the given instant on; may be empty.
  std::function<std::optional<Duration>(const api::CronJobSpec&, Instant)> interval;
  // Whether a namespace's CronJobs have histograms (39 series each); empty: all have.
  std::function<bool(const std::string& ns)> histograms;
  Duration save_delay = seconds(1);
};

// Fed by every change of the store, in order; first by one creation for each object that exists, then
// Restored, then what happens. Each Job counts once, however often the agent dies: what has been counted is
// kept with the counters, in one file. The one gap: a Job that ends and is removed within `save_delay` before
// the agent is killed is not counted. Thread: the telemetry loop's. Requires: loop and files outlive this.
class CronJobMetrics : public model::Source {
 public:
  CronJobMetrics(EventLoop& loop, FileSystem& files, CronJobOptions options);

  // Reads the state file, before the first Apply; a missing one is empty. A file that cannot be read is set
  // aside as `<file>.damaged` and counting begins at 0. Errors: the reason, for the log.
  Result<void> Load();
  void Apply(std::span<const store::Change> changes);
  // Counts scheduled instants that have no run, as the CronJob controller tells of them.
  void CountMissed(const std::string& ns, const std::string& cronjob, MissedReason reason, uint64_t count);
  // Says that all existing objects have been applied: what is kept of others is forgotten.
  void Restored();
  // Writes the state now if it has changed; else it is written between two whole seconds, at most
  // `save_delay` after a change. Errors: those of the file system; the state stays due.
  Result<void> Save();

  std::shared_ptr<const model::Snapshot> Take() override { return table_.Take(); }
  // How many writes of the state have failed so far.
  uint64_t save_failures() const { return save_failures_; }

 private:
  struct JobRecord {
    std::string ns;
    std::string name;                    // empty: only seen as the owner of a pod yet
    std::optional<std::string> cronjob;  // the owner's name
    std::optional<Instant> scheduled;
    std::optional<Instant> finished;
    std::optional<Instant> first_start;
    std::optional<int32_t> exit_code;
    Instant exit_at;
  };

  void ApplyOne(const store::Change& change);
  void OnCronJob(const store::Change& change);
  void OnJob(const store::Change& change);
  void OnPod(const api::Pod& pod);
  void CountFinish(const api::Job& job, const JobEnd& end, const JobRecord& record);
  void CountDelay(const std::string& uid, const JobRecord& record, Instant start);
  void CorrectLastExit(const CronJobName& name, const std::string& uid, int32_t code);
  // Whether tallies of that CronJob are kept: it exists, or it may still be about to be restored.
  bool Keeps(const CronJobName& name) const { return !restored_ || cronjobs_.contains(name); }
  void Show(const CronJobName& name);
  void ShowJob(const std::string& uid, const JobRecord& record);
  void Changed();

  EventLoop& loop_;
  FileSystem& files_;
  CronJobOptions options_;
  model::RowTable table_;
  Counters counters_;
  std::map<CronJobName, api::Ptr<api::CronJob>> cronjobs_;
  std::unordered_map<std::string, JobRecord> jobs_;  // by uid
  bool restored_ = false;
  bool dirty_ = false;
  uint64_t save_failures_ = 0;
  Timer save_timer_;
};

}  // namespace belfry::cronjob
