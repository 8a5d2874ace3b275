#include "agent/supervisor/journal.h"

#include <array>
#include <optional>
#include <utility>

#include "agent/supervisor/wire.h"

// A record is: length of the body, CRC-32 of the body, body. The body is a type and its fields. The file
// begins with a magic word that holds the version.

namespace belfry::supervisor {
namespace {

constexpr std::string_view kMagic = "BLFJRN01";
constexpr size_t kHeaderBytes = 8;
constexpr uint64_t kRewriteBytes = 4 << 20;
constexpr uint64_t kMaxFileBytes = 1ULL << 30;

enum class Type : uint8_t {
  kBoot = 1,
  kStart = 2,
  kStarted = 3,
  kStartFailed = 4,
  kExited = 5,
  kForgotten = 6,
  kSignalled = 7
};

constexpr std::array<uint32_t, 256> CrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}

uint32_t Crc32(std::string_view data) {
  constexpr auto kTable = CrcTable();
  uint32_t crc = ~0U;
  for (const char c : data) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

struct BodyWriter {
  WireWriter out;

  void Begin(Type type) { out.U8(static_cast<uint8_t>(type)); }
  void BeginKey(Type type, const ContainerKey& key) {
    Begin(type);
    out.Text(key.pod_uid);
    out.Text(key.container);
    out.I32(key.attempt);
  }
  void operator()(const BootRecord& r) {
    Begin(Type::kBoot);
    out.Text(r.boot_id);
  }
  void operator()(const StartRecord& r) {
    BeginKey(Type::kStart, r.key);
    out.Text(r.ns);
    out.Text(r.pod);
    out.Text(r.place);
    out.Time(r.at);
  }
  void operator()(const StartedRecord& r) {
    BeginKey(Type::kStarted, r.key);
    out.I64(r.pid);
    out.U64(r.start_ticks);
    for (const uint64_t inode : r.output_inodes) out.U64(inode);
    out.Time(r.at);
  }
  void operator()(const StartFailed& r) {
    BeginKey(Type::kStartFailed, r.key);
    out.Text(r.reason);
    out.Text(r.message);
    out.Time(r.at);
  }
  void operator()(const Exited& r) {
    BeginKey(Type::kExited, r.key);
    out.I32(r.exit_code);
    out.I32(r.signal);
    out.Bool(r.unknown);
    out.Time(r.started_at);
    out.Time(r.finished_at);
  }
  void operator()(const ForgetRequest& r) { BeginKey(Type::kForgotten, r.key); }
  void operator()(const SignalRequest& r) {
    BeginKey(Type::kSignalled, r.key);
    out.I32(r.signal);
  }
};

ContainerKey GetKey(WireReader& in) {
  ContainerKey key;
  key.pod_uid = in.Text();
  key.container = in.Text();
  key.attempt = in.I32();
  return key;
}

// Braces evaluate from left to right.
std::optional<JournalRecord> GetRecord(Type type, WireReader& in) {
  switch (type) {
    case Type::kBoot:
      return BootRecord{in.Text()};
    case Type::kStart:
      return StartRecord{GetKey(in), in.Text(), in.Text(), in.Text(), in.Time()};
    case Type::kStarted:
      return StartedRecord{GetKey(in), in.I64(), in.U64(), {in.U64(), in.U64()}, in.Time()};
    case Type::kStartFailed:
      return StartFailed{GetKey(in), in.Text(), in.Text(), in.Time()};
    case Type::kExited:
      return Exited{GetKey(in), in.I32(), in.I32(), in.Bool(), in.Time(), in.Time()};
    case Type::kForgotten:
      return ForgetRequest{GetKey(in)};
    case Type::kSignalled:
      return SignalRequest{GetKey(in), in.I32()};
  }
  return std::nullopt;
}

}  // namespace

void AppendRecord(std::string& out, const JournalRecord& record) {
  std::string body;
  std::visit(BodyWriter{WireWriter(body)}, record);
  WireWriter header(out);
  header.U32(static_cast<uint32_t>(body.size()));
  header.U32(Crc32(body));
  out.append(body);
}

std::vector<JournalRecord> ParseJournal(std::string_view data) {
  std::vector<JournalRecord> records;
  if (!data.starts_with(kMagic)) return records;
  data.remove_prefix(kMagic.size());
  while (data.size() >= kHeaderBytes) {
    WireReader header(data.substr(0, kHeaderBytes));
    const uint32_t length = header.U32();
    const uint32_t crc = header.U32();
    if (length == 0 || length > data.size() - kHeaderBytes) break;
    const std::string_view body = data.substr(kHeaderBytes, length);
    if (Crc32(body) != crc) break;
    WireReader in(body);
    const auto type = static_cast<Type>(in.U8());
    auto record = GetRecord(type, in);
    // A type of a newer version is skipped; its checksum says that it is whole.
    if (record && in.ok()) records.push_back(*std::move(record));
    data.remove_prefix(kHeaderBytes + length);
  }
  return records;
}

Journal::Journal(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

Result<std::vector<JournalRecord>> Journal::Load() {
  const auto data = files_.ReadFile(path_, kMaxFileBytes);
  absent_ = !data.ok() && data.error().code == Code::kNotFound;
  if (absent_) return std::vector<JournalRecord>{};
  if (!data.ok()) return data.error();
  return ParseJournal(*data);
}

Result<void> Journal::Commit(const std::function<std::vector<JournalRecord>()>& all) {
  if (broken_ || (file_ && file_->size() > kRewriteBytes)) return Rewrite(all());
  if (pending_.empty()) return {};
  const auto written = file_->Append(pending_);
  if (!written.ok()) {
    broken_ = true;
    return written.error();
  }
  pending_.clear();
  return {};
}

Result<void> Journal::Rewrite(const std::vector<JournalRecord>& records) {
  broken_ = true;
  std::string text(kMagic);
  for (const auto& record : records) AppendRecord(text, record);
  // Where there is no old content to keep, a torn file is as good as none, and nothing has to be flushed.
  const bool first = std::exchange(absent_, false);
  if (!first) RETURN_IF_ERROR(files_.WriteFileAtomically(path_, text, 0600));
  ASSIGN_OR_RETURN(file_, files_.OpenAppend(path_, 0600));
  if (first) RETURN_IF_ERROR(file_->Append(text));
  pending_.clear();
  broken_ = false;
  return {};
}

Result<void> Journal::Remove() {
  file_.reset();
  broken_ = true;
  return files_.RemoveAll(path_);
}

}  // namespace belfry::supervisor
