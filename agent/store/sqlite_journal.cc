#include "agent/store/sqlite_journal.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "agent/manifest/codec.h"

namespace belfry::store {
namespace {

constexpr int kFormat = 1;
constexpr int kLogPages = 1000;

constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS objects (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
  INSERT OR IGNORE INTO state VALUES (0, 0);
)sql";

Code CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
      return Code::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kFailedPrecondition;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return Code::kPermissionDenied;
    default:
      return Code::kInternal;
  }
}

Error ErrorOf(const std::string& what, const SQLite::Exception& e) {
  std::string cause = e.what();
  if (CodeOf(e.getErrorCode()) == Code::kFailedPrecondition) cause = "another agent uses this data directory";
  return {CodeOf(e.getErrorCode()), what + ": " + cause};
}

// Puts zeros, which mean nothing to SQLite, behind the end of the write-ahead log: a commit that overwrites
// is on disk sooner than one that makes the file longer. Where there is no room for them all is as before.
void MakeRoomInLog(sqlite3* db) {
  constexpr sqlite3_int64 kBytes = kLogPages * 4'500;  // pages of 4 KiB, their headers, and room for a commit
  static constexpr char kZeros[50'000] = {};
  sqlite3_file* log = nullptr;
  if (::sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) return;
  sqlite3_int64 size = 0;
  if (log == nullptr || log->pMethods == nullptr || log->pMethods->xFileSize(log, &size) != SQLITE_OK) return;
  while (size < kBytes && log->pMethods->xWrite(log, kZeros, sizeof kZeros, size) == SQLITE_OK)
    size += sizeof kZeros;
}

}  // namespace

struct SqliteJournal::State {
  std::string path;
  SQLite::Database db;
  std::unique_ptr<SQLite::Statement> put;
  std::unique_ptr<SQLite::Statement> remove;
  std::unique_ptr<SQLite::Statement> set_revision;
  int log_pages = 0;  // of the write-ahead log, not yet in the database

  explicit State(const std::string& p) : path(p), db(p, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    // Exclusive before WAL: no shared memory file, and nobody else gets in. FULL: a commit is on disk when it
    // returns, also after a power loss (NORMAL would lose the last ones in WAL mode).
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    db.exec("BEGIN EXCLUSIVE; COMMIT;");
    // Instead of SQLite's own checkpoints: those would come inside a commit, which processes wait for.
    ::sqlite3_wal_hook(
        db.getHandle(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<State*>(self)->log_pages = pages;
          return SQLITE_OK;
        },
        this);
  }

  Result<void> Prepare() {
    const int format = db.execAndGet("PRAGMA user_version").getInt();
    if (format > kFormat) {
      return Error{Code::kInternal, "open " + path + ": written by a newer version of belfry (format " +
                                        std::to_string(format) + ", this one knows " +
                                        std::to_string(kFormat) + ")"};
    }
    db.exec(kSchema);
    db.exec("PRAGMA user_version = " + std::to_string(kFormat));
    put = std::make_unique<SQLite::Statement>(db, "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)");
    remove = std::make_unique<SQLite::Statement>(
        db, "DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?");
    set_revision = std::make_unique<SQLite::Statement>(db, "UPDATE state SET revision = ?");
    return {};
  }

  void Write(const JournalEntry& entry) {
    SQLite::Statement& statement = entry.object ? *put : *remove;
    statement.reset();
    statement.bind(1, std::string(api::KindName(entry.key.kind)));
    statement.bind(2, entry.key.ns);
    statement.bind(3, entry.key.name);
    if (entry.object) statement.bind(4, manifest::ToJson(*entry.object));
    statement.exec();
  }
};

SqliteJournal::SqliteJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteJournal::~SqliteJournal() = default;

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::Open(const std::string& path) {
  try {
    auto state = std::make_unique<State>(path);
    RETURN_IF_ERROR(state->Prepare());
    MakeRoomInLog(state->db.getHandle());
    return std::unique_ptr<SqliteJournal>(new SqliteJournal(std::move(state)));
  } catch (const SQLite::Exception& e) {
    return ErrorOf("open " + path, e);
  }
}

Result<void> SqliteJournal::Load(const std::function<void(api::Object, uint64_t)>& load) {
  try {
    const auto revision =
        static_cast<uint64_t>(state_->db.execAndGet("SELECT revision FROM state").getInt64());
    SQLite::Statement rows(state_->db, "SELECT kind, namespace, name, json FROM objects");
    while (rows.executeStep()) {
      auto object = manifest::FromJson(rows.getColumn(3).getText());
      if (!object.ok()) {
        return Annotate(std::move(object).error(),
                        "load " + rows.getColumn(0).getString() + " " + rows.getColumn(1).getString() + "/" +
                            rows.getColumn(2).getString() + " from " + state_->path);
      }
      load(std::move(object).value(), revision);
    }
    return {};
  } catch (const SQLite::Exception& e) {
    return ErrorOf("load " + state_->path, e);
  }
}

Result<void> SqliteJournal::Commit(const std::vector<JournalEntry>& entries, uint64_t revision) {
  try {
    SQLite::Transaction transaction(state_->db);
    for (const JournalEntry& entry : entries) state_->Write(entry);
    state_->set_revision->reset();
    state_->set_revision->bind(1, static_cast<int64_t>(revision));
    state_->set_revision->exec();
    transaction.commit();
    return {};
  } catch (const SQLite::Exception& e) {
    return ErrorOf("commit to " + state_->path, e);
  }
}

void SqliteJournal::Tidy() {
  if (state_->log_pages < kLogPages) return;
  // If it fails the log stays as long as it is, and the next commit asks again.
  ::sqlite3_wal_checkpoint_v2(state_->db.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  state_->log_pages = 0;
}

}  // namespace belfry::store
