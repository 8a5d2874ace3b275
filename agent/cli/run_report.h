// What `belfry run` tells: lines as things happen, a status line for terminals, a summary.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/store/store.h"

namespace belfry::cli {

// Follows the Jobs it was given and their pods. Pure: text out, no clock, no terminal. Thread: one.
class RunReport {
 public:
  explicit RunReport(Instant started) : started_(started) {}

  // A Job that this run is about.
  void Expect(const api::Job& job);
  void OnChange(const store::Change& change, Instant now);
  // A line of a pod's output, kept for the summary of a failed Job.
  void OnOutput(const std::string& ns, const std::string& pod, const std::string& text);
  // The run ends before its Jobs: why ("interrupted", "timed out").
  void Abort(std::string why) { aborted_ = std::move(why); }

  // The lines told since the last call.
  std::vector<std::string> TakeLines();
  // One line for the bottom of a terminal: "frames 3/8 done, 3 running, 1 failed · 12s".
  std::string StatusLine(Instant now) const;
  bool finished() const;
  // 0 when every Job is Complete, else 1.
  int ExitCode() const;
  std::string SummaryText(Instant now) const;
  std::string SummaryJson(Instant now) const;

 private:
  struct PodEnd {
    std::string name;
    bool succeeded = false;
    int32_t exit_code = 0;
    std::string reason;
  };
  struct Entry {
    api::Ptr<api::Job> job;
    std::vector<PodEnd> ends;
    std::deque<std::string> last_output;
  };
  using Name = std::pair<std::string, std::string>;  // namespace, name

  void OnJob(Entry& entry, const api::Ptr<api::Job>& job, Instant now);
  void OnPod(Entry& entry, const api::Ptr<api::Pod>& before, const api::Pod& pod, Instant now);
  void TellStandstill(const Name& name, const std::string& before, const api::JobSpec& spec);
  std::string Label(const Name& name) const;
  static std::string Describe(const Entry& entry);

  Instant started_;
  std::map<Name, Entry> jobs_;
  std::map<std::string, Name> by_uid_;
  std::map<Name, Name> pod_owner_;  // pod → Job
  std::vector<std::string> lines_;
  std::string aborted_;
};

}  // namespace belfry::cli
