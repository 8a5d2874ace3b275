// Where pods' log files are: <data dir>/logs/<namespace>_<pod>_<uid>/<container>/<attempt>.log, then
// <attempt>.1.log, <attempt>.2.log … as it grows; the highest number is the newest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace belfry::logs {

// The folder of all logs.
std::string LogsFolder(const std::string& data_dir);

// The folder of one pod. Errors: kInvalid where a part is empty, too long for a file name, or contains a
// slash or a NUL byte (an underscore would not tear the name: the uid comes last and has none).
Result<std::string> PodLogFolder(const std::string& data_dir, const std::string& ns, const std::string& pod,
                                 const std::string& pod_uid);

// One run of one container: the folder and what its files' names begin with.
struct LogPlace {
  std::string folder;
  int32_t attempt = 0;

  // The file number `sequence`, 0 being the first.
  std::string File(uint64_t sequence) const;
  // The reverse: the number of a file in the folder; nullopt for files of other attempts and strangers.
  std::optional<uint64_t> SequenceOf(std::string_view file_name) const;

  bool operator==(const LogPlace&) const = default;
};

// Errors: as PodLogFolder.
Result<LogPlace> ContainerLog(const std::string& data_dir, const std::string& ns, const std::string& pod,
                              const std::string& pod_uid, const std::string& container, int32_t attempt);

}  // namespace belfry::logs
