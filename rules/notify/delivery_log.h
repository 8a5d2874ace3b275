// What survives a restart: the alerts that are to be told, and what was told of them.
// Source: docs/formats/notify-queue.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/file_system.h"
#include "agent/base/result.h"
#include "rules/notify/group_state.h"
#include "rules/notify/notice.h"

namespace belfry::notify {

// Group key, then `receiver/webhook[0]`.
using SentKey = std::pair<std::string, std::string>;

struct DeliveryState {
  std::map<Fingerprint, Notice> notices;
  std::map<SentKey, SentEntry> sent;

  // What was told of a group.
  void Forget(const std::string& group_key);
  bool operator==(const DeliveryState&) const = default;
};

// One line each, ready to be appended.
std::string EncodeHeader();
std::string EncodeNotice(const Notice& notice);
std::string EncodeDrop(Fingerprint fingerprint);
std::string EncodeSent(const SentKey& key, const SentEntry& entry);
std::string EncodeForget(const std::string& group_key);
std::string EncodeState(const DeliveryState& state);

// Reads up to the first line that is torn or damaged; what came before counts, `*damaged` says whether there
// was one. Errors: kUnsupported for another version, kInvalid for a file that is none.
Result<DeliveryState> DecodeState(std::string_view text, bool* damaged);

// The file. Appends are kept in memory until Commit. After an error the next Commit writes the whole state
// anew, so that a torn line never stands before good ones. Thread: one.
class DeliveryLog {
 public:
  // `path` empty: nothing is kept.
  DeliveryLog(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  // Reads the state and leaves a clean file. A file that is not one of ours is kept as `….broken`, and the
  // state is empty. Errors: of reading or writing; the state is what could be read.
  Result<void> Load(DeliveryState* state);
  void Append(std::string line);
  bool dirty() const { return !pending_.empty() || broken_ || unusable_; }
  // Makes durable what was appended; `state` is the whole state with it. Errors: those of the files.
  Result<void> Commit(const DeliveryState& state);

 private:
  Result<void> SetAside(const Error& cause);
  Result<void> Rewrite(const DeliveryState& state);

  FileSystem& files_;
  std::string path_;
  std::string pending_;
  std::unique_ptr<AppendFile> file_;
  uint64_t clean_size_ = 0;  // after the last rewrite
  bool broken_ = false;
  std::optional<Error> unusable_;
};

}  // namespace belfry::notify
