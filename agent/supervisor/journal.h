// What the supervisor knows, on disk: so that its own death loses no end and doubles no start.
// Source: docs/formats/supervisor-journal.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

// A supervisor began to write here, in this boot of the host.
struct BootRecord {
  std::string boot_id;

  bool operator==(const BootRecord&) const = default;
};

// Written before the process exists.
struct StartRecord {
  ContainerKey key;
  std::string ns;
  std::string pod;
  std::string place;  // of its process tree
  Instant at;

  bool operator==(const StartRecord&) const = default;
};

struct StartedRecord {
  ContainerKey key;
  int64_t pid = 0;
  uint64_t start_ticks = 0;
  uint64_t output_inodes[2] = {0, 0};
  Instant at;

  bool operator==(const StartedRecord&) const = default;
};

using JournalRecord =
    std::variant<BootRecord, StartRecord, StartedRecord, StartFailed, Exited, ForgetRequest, SignalRequest>;

// Appends the record as it is in the file. Exposed for tests.
void AppendRecord(std::string& out, const JournalRecord& record);
// The records of a file up to the first that is torn or damaged: what follows such a one is not trusted.
std::vector<JournalRecord> ParseJournal(std::string_view data);

// Thread: one.
class Journal {
 public:
  // `files` outlives the journal. Nothing is read or written yet.
  Journal(FileSystem& files, std::string path);

  // What a former supervisor has left; empty if there is no file.
  Result<std::vector<JournalRecord>> Load();
  void Append(const JournalRecord& record) { AppendRecord(pending_, record); }
  // Writes what was appended. A kill of this process loses nothing from here on; a power loss may, but it
  // ends every process too, so no flush to the disk is waited for. `all` gives the records of everything that
  // still matters: the file is rewritten from them when it has grown long, and after an error. Errors:
  // nothing appended is lost, the next commit tries again.
  Result<void> Commit(const std::function<std::vector<JournalRecord>()>& all);
  bool dirty() const { return !pending_.empty() || broken_; }
  // Removes the file. Requires: nothing matters any more.
  Result<void> Remove();

 private:
  Result<void> Rewrite(const std::vector<JournalRecord>& records);

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<AppendFile> file_;
  std::string pending_;
  bool absent_ = false;  // Load has found no file
  bool broken_ = true;   // the file must be written anew: it does not exist yet, or its end is not known
};

}  // namespace belfry::supervisor
