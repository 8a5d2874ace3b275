#include "agent/logs/path.h"

#include <charconv>

namespace belfry::logs {
namespace {

constexpr size_t kMaxFileName = 255;

Result<void> CheckPart(std::string_view what, std::string_view part) {
  const bool dots = part == "." || part == "..";
  if (!part.empty() && !dots && part.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos &&
      part.size() <= kMaxFileName) {
    return {};
  }
  return Error{Code::kInvalid, "log folder: the " + std::string(what) + " \"" +
                                   std::string(part.substr(0, kMaxFileName)) +
                                   "\" cannot be part of a file name"};
}

template <class T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string LogsFolder(const std::string& data_dir) { return data_dir + "/logs"; }

Result<std::string> PodLogFolder(const std::string& data_dir, const std::string& ns, const std::string& pod,
                                 const std::string& pod_uid) {
  RETURN_IF_ERROR(CheckPart("namespace", ns));
  RETURN_IF_ERROR(CheckPart("pod name", pod));
  RETURN_IF_ERROR(CheckPart("pod uid", pod_uid));
  const std::string name = ns + "_" + pod + "_" + pod_uid;
  RETURN_IF_ERROR(CheckPart("folder name", name));
  return LogsFolder(data_dir) + "/" + name;
}

std::string LogPlace::File(uint64_t sequence) const {
  const std::string start = folder + "/" + std::to_string(attempt);
  return sequence == 0 ? start + ".log" : start + "." + std::to_string(sequence) + ".log";
}

std::optional<uint64_t> LogPlace::SequenceOf(std::string_view file_name) const {
  constexpr std::string_view kEnd = ".log";
  if (!file_name.ends_with(kEnd)) return std::nullopt;
  file_name.remove_suffix(kEnd.size());
  const size_t dot = file_name.find('.');
  if (Number<int32_t>(file_name.substr(0, dot)) != attempt) return std::nullopt;
  return dot == std::string_view::npos ? 0 : Number<uint64_t>(file_name.substr(dot + 1));
}

Result<LogPlace> ContainerLog(const std::string& data_dir, const std::string& ns, const std::string& pod,
                              const std::string& pod_uid, const std::string& container, int32_t attempt) {
  ASSIGN_OR_RETURN(const std::string pod_folder, PodLogFolder(data_dir, ns, pod, pod_uid));
  RETURN_IF_ERROR(CheckPart("container name", container));
  return LogPlace{.folder = pod_folder + "/" + container, .attempt = attempt};
}

}  // namespace belfry::logs
