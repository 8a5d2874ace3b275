// Folders and files of manifests, kept reconciled into the store: what a file says is applied, what it no
// longer says is deleted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/manifest/parse.h"
#include "agent/sources/file_watcher.h"
#include "agent/store/store.h"

namespace belfry::sources {

// On every object that came from a file: the file's path.
inline constexpr std::string_view kSourceAnnotation = "belfry.io/source";
// And a hash of what the file said, so that changes made by others are left alone until the file changes.
inline constexpr std::string_view kAppliedAnnotation = "belfry.io/applied";
// Where it is on record that a Job has been created, and of which text: a Job whose object is gone (its ttl
// has passed, somebody deleted it) does not run again until its file changes.
inline constexpr std::string_view kRecordNamespace = "belfry-system";
inline constexpr std::string_view kRecordName = "applied-jobs";

// What the newest look at the files found.
struct SourceStatus {
  std::optional<Instant> last_success;  // the end of the newest look without a problem
  std::vector<manifest::Problem> problems;
  std::vector<manifest::Problem> warnings;
  uint64_t looks = 0;
  uint64_t failed_looks = 0;  // those with a problem
  size_t files = 0;
  size_t objects = 0;  // in files without a problem
};

// Level-triggered: each look reads all files and compares them with the store, so nothing is lost by a crash
// or a missed event. A file with an error changes nothing of its objects; a folder that cannot be read keeps
// all of them. Thread: the core loop's.
class FolderSource {
 public:
  // Deletes an object and what it owns; the controllers' business.
  using Remove = std::function<void(const api::Key&)>;

  // Requires: loop, files, watcher and store outlive the source.
  FolderSource(EventLoop& loop, const FileSystem& files, FileWatcher& watcher, store::Store& store,
               std::vector<std::string> paths, Remove remove);
  ~FolderSource();
  FolderSource(const FolderSource&) = delete;
  FolderSource& operator=(const FolderSource&) = delete;

  // Looks at once and from then on whenever something changes.
  void Start();
  // Looks now (SIGHUP, POST /-/reload).
  void Look();
  const SourceStatus& status() const { return status_; }
  // Called at the end of every look.
  void OnLook(std::function<void(const SourceStatus&)> observer) { observer_ = std::move(observer); }

 private:
  struct Files;  // what one look has read
  class Scan;

  void WatchPaths();
  void OnFilesChanged();
  void ApplyAll(const Files& files);
  void ApplyOne(const manifest::ParsedObject& parsed);
  bool HasRunBefore(const api::Key& key, const std::string& hash) const;
  void RemoveStale(const Files& files);
  void RecordJobs(const Files& files);
  void OnStoreChanges(std::span<const store::Change> changes);
  void OnCommit(const Result<void>& result);
  void Report(manifest::Problem problem);
  void Finish();

  EventLoop& loop_;
  const FileSystem& files_;
  FileWatcher& watcher_;
  store::Store& store_;
  const std::vector<std::string> paths_;
  const Remove remove_;
  Timer debounce_;
  Timer poll_;                            // armed while a path cannot be watched, or a write failed
  std::optional<Duration> first_change_;  // steady time of the first change not looked at yet
  std::set<api::Key> leaving_;            // wanted, but the old one is still being deleted
  api::StringMap record_;                 // record key → hash, of Jobs
  SourceStatus status_;
  std::function<void(const SourceStatus&)> observer_;
  std::shared_ptr<bool> alive_;
};

}  // namespace belfry::sources
