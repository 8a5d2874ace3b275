#include "agent/sources/folder_source.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/base/log.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/loader.h"
#include "agent/sources/apply.h"

namespace belfry::sources {
namespace {

constexpr std::string_view kLogger = "sources";
constexpr Duration kDebounce = milliseconds(100);
constexpr Duration kLongestDebounce = seconds(2);  // somebody who never stops writing
constexpr Duration kPollEvery = seconds(30);

// FNV-1a, 64 bits: it must be the same in every version, and need resist nobody.
std::string HashOf(std::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return fmt::format("{:016x}", hash);
}

// The object with its origin noted on it.
api::Object WithOrigin(const manifest::ParsedObject& parsed, const std::string& hash) {
  return std::visit(
      [&](const auto& pointer) {
        using T = std::remove_const_t<typename std::remove_cvref_t<decltype(pointer)>::element_type>;
        auto object = std::make_shared<T>(*pointer);
        object->metadata.annotations.insert_or_assign(std::string(kSourceAnnotation), parsed.file);
        object->metadata.annotations.insert_or_assign(std::string(kAppliedAnnotation), hash);
        return api::Object(api::Ptr<T>(std::move(object)));
      },
      parsed.object);
}

std::string AnnotationOf(const api::Object& object, std::string_view name) {
  const auto& annotations = api::MetaOf(object).annotations;
  const auto it = annotations.find(name);
  return it == annotations.end() ? std::string() : it->second;
}

std::string RecordKey(const api::Key& key) { return key.ns + "." + key.name; }

std::vector<std::string> AllTrimmed(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }
  return paths;
}

}  // namespace

struct FolderSource::Files {
  std::vector<manifest::ParsedObject> objects;  // of files without an error
  std::set<std::string> broken;                 // files with one
  std::set<std::string> lost;                   // paths of ours that cannot be read
  std::set<api::Key> wanted;                    // in good files, and what could be read of broken ones
};

// Reads everything once.
class FolderSource::Scan {
 public:
  explicit Scan(FolderSource& source) : source_(source) {}

  Files Run() {
    for (const std::string& path : source_.paths_) Path(path);
    for (manifest::Problem& problem : manifest::FindDuplicates(objects_, true)) Duplicate(std::move(problem));
    for (manifest::ParsedObject& object : objects_) {
      files_.wanted.insert(api::KeyOf(object.object));
      if (!files_.broken.contains(object.file)) files_.objects.push_back(std::move(object));
    }
    return std::move(files_);
  }

 private:
  void Path(const std::string& path) {
    const auto info = source_.files_.Stat(path);
    if (!info.ok()) return Lose(path, info.error());
    if (info->type != FileInfo::Type::kDirectory) return File(path);
    const auto names = manifest::ManifestFiles(source_.files_, path);
    if (!names.ok()) return Lose(path, names.error());
    for (const std::string& name : *names) File(name);
  }

  void Lose(const std::string& path, const Error& error) {
    files_.lost.insert(path);
    source_.Report({.file = {}, .line = 0, .column = 0, .field = {}, .message = error.message});
  }

  void File(const std::string& path) {
    if (!seen_.insert(path).second) return;
    ++source_.status_.files;
    manifest::Parsed parsed = manifest::LoadFile(source_.files_, path);
    if (!parsed.errors.empty()) files_.broken.insert(path);
    for (manifest::Problem& problem : parsed.errors) source_.Report(std::move(problem));
    for (manifest::Problem& warning : parsed.warnings) source_.status_.warnings.push_back(std::move(warning));
    for (manifest::ParsedObject& object : parsed.objects) objects_.push_back(std::move(object));
  }

  // Nobody can say which of the two is meant: neither file changes anything.
  void Duplicate(manifest::Problem problem) {
    std::set<api::Key> seen;
    for (const manifest::ParsedObject& object : objects_) {
      if (object.file == problem.file && object.line == problem.line) seen.insert(api::KeyOf(object.object));
    }
    for (const manifest::ParsedObject& object : objects_) {
      if (seen.contains(api::KeyOf(object.object))) files_.broken.insert(object.file);
    }
    source_.Report(std::move(problem));
  }

  FolderSource& source_;
  std::set<std::string> seen_;
  std::vector<manifest::ParsedObject> objects_;
  Files files_;
};

FolderSource::FolderSource(EventLoop& loop, const FileSystem& files, FileWatcher& watcher,
                           store::Store& store, std::vector<std::string> paths, Remove remove)
    : loop_(loop),
      files_(files),
      watcher_(watcher),
      store_(store),
      paths_(AllTrimmed(std::move(paths))),
      remove_(std::move(remove)),
      debounce_(loop),
      poll_(loop),
      alive_(std::make_shared<bool>(true)) {}

FolderSource::~FolderSource() { *alive_ = false; }

void FolderSource::Start() {
  store_.Watch([this, alive = alive_](std::span<const store::Change> changes) {
    if (*alive) OnStoreChanges(changes);
  });
  Look();
}

void FolderSource::Look() {
  debounce_.Cancel();
  poll_.Cancel();
  first_change_.reset();
  leaving_.clear();
  ++status_.looks;
  status_.files = status_.objects = 0;
  status_.warnings.clear();
  const std::vector<manifest::Problem> before = std::exchange(status_.problems, {});
  // Watched first: a change during the look is then heard of.
  WatchPaths();
  const Files files = Scan(*this).Run();
  ApplyAll(files);
  RemoveStale(files);
  if (status_.problems != before) {
    for (const manifest::Problem& problem : status_.problems)
      LogWarn(kLogger, "manifest problem", {{"problem", problem.ToString()}});
  }
  Finish();
}

void FolderSource::WatchPaths() {
  for (const std::string& path : paths_) {
    const auto watched = watcher_.Watch(path, [this, alive = alive_] {
      if (*alive) OnFilesChanged();
    });
    if (watched.ok()) continue;
    LogWarn(kLogger, "cannot watch, looking every 30 seconds instead",
            {{"path", path}, {"error", watched.error()}});
    poll_.RunAfter(kPollEvery, [this] { Look(); });
  }
}

// Waits until nothing has changed for a moment: files are written in pieces, and in groups.
void FolderSource::OnFilesChanged() {
  const Duration now = loop_.Monotonic();
  if (!first_change_) first_change_ = now;
  const Duration left = *first_change_ + kLongestDebounce - now;
  debounce_.RunAfter(std::clamp(left, Duration(0), kDebounce), [this] { Look(); });
}

void FolderSource::ApplyAll(const Files& files) {
  record_.clear();
  if (const auto record = store_.Get<api::ConfigMap>(std::string(kRecordNamespace), std::string(kRecordName)))
    record_ = record->data;
  for (const manifest::ParsedObject& parsed : files.objects) ApplyOne(parsed);
  RecordJobs(files);
}

bool FolderSource::HasRunBefore(const api::Key& key, const std::string& hash) const {
  const auto record = record_.find(RecordKey(key));
  return key.kind == api::Kind::kJob && record != record_.end() && record->second == hash;
}

void FolderSource::ApplyOne(const manifest::ParsedObject& parsed) {
  const api::Key key = api::KeyOf(parsed.object);
  const std::string hash = HashOf(manifest::ToJson(parsed.object));
  const api::Object* current = store_.Find(key);
  ++status_.objects;
  const bool same = current != nullptr && AnnotationOf(*current, kAppliedAnnotation) == hash &&
                    AnnotationOf(*current, kSourceAnnotation) == parsed.file;
  const bool leaving = current != nullptr && api::MetaOf(*current).deletion_timestamp.has_value();
  if ((same && !leaving) || (current == nullptr && HasRunBefore(key, hash))) return;
  const auto applied = Apply(store_, WithOrigin(parsed, hash));
  if (!applied.ok()) {
    if (applied.error().code == Code::kFailedPrecondition) leaving_.insert(key);
    return Report({.file = parsed.file,
                   .line = parsed.line,
                   .column = 1,
                   .field = {},
                   .message = applied.error().message});
  }
  if (key.kind == api::Kind::kJob) record_[RecordKey(key)] = hash;
  LogInfo(kLogger, "manifest applied",
          {{"object", key.ToString()}, {"file", parsed.file}, {"result", AppliedName(*applied)}});
}

// The record goes to disk in one transaction with the Jobs: there is no moment at which only one of them is
// there.
void FolderSource::RecordJobs(const Files& files) {
  // Jobs that no file names any more are forgotten; what a lost folder holds is not known.
  if (files.lost.empty() && files.broken.empty()) {
    std::set<std::string> named;
    for (const api::Key& key : files.wanted)
      named.insert(key.kind == api::Kind::kJob ? RecordKey(key) : std::string());
    std::erase_if(record_, [&](const auto& entry) { return !named.contains(entry.first); });
  }
  api::ConfigMap record;
  record.metadata.name = kRecordName;
  record.metadata.ns = kRecordNamespace;
  record.data = record_;
  const bool exists = store_.Find(api::KeyOf(record)) != nullptr;
  if (record_.empty() && !exists) return;
  const auto applied = Apply(store_, std::make_shared<const api::ConfigMap>(std::move(record)));
  if (!applied.ok())
    Report({.file = {}, .line = 0, .column = 0, .field = {}, .message = applied.error().message});
}

void FolderSource::RemoveStale(const Files& files) {
  const auto is_ours = [&](const std::string& file) {
    const std::string folder = file.substr(0, file.rfind('/'));
    return std::ranges::any_of(paths_, [&](const std::string& path) {
      return (file == path || folder == path) && !files.lost.contains(path);
    });
  };
  std::vector<api::Key> stale;
  for (const api::Kind kind : api::kAllKinds) {
    store_.Visit(kind, {}, [&](const api::Object& object) {
      const std::string file = AnnotationOf(object, kSourceAnnotation);
      if (file.empty() || files.broken.contains(file) || !is_ours(file)) return;
      const api::Key key = api::KeyOf(object);
      if (!files.wanted.contains(key) && !api::MetaOf(object).deletion_timestamp) stale.push_back(key);
    });
  }
  for (const api::Key& key : stale) {
    LogInfo(kLogger, "manifest removed, deleting its object", {{"object", key.ToString()}});
    remove_(key);
  }
}

void FolderSource::OnStoreChanges(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    if (!change.after && leaving_.contains(change.key)) return OnFilesChanged();
  }
}

void FolderSource::Report(manifest::Problem problem) { status_.problems.push_back(std::move(problem)); }

void FolderSource::Finish() {
  store_.AfterCommit([this, alive = alive_](const Result<void>& result) {
    if (*alive) OnCommit(result);
  });
}

// The store has undone what could not be made durable: look again later.
void FolderSource::OnCommit(const Result<void>& result) {
  if (!result.ok()) {
    Report({.file = {}, .line = 0, .column = 0, .field = {}, .message = result.error().message});
    poll_.RunAfter(kPollEvery, [this] { Look(); });
  }
  if (status_.problems.empty()) {
    status_.last_success = loop_.Now();
  } else {
    ++status_.failed_looks;
  }
  if (observer_) observer_(status_);
}

}  // namespace belfry::sources
