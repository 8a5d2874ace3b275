#include "agent/cli/host.h"

#include <pwd.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <vector>

namespace belfry::cli {
namespace {

constexpr uint64_t kMaxBytes = 1 << 16;

// The first line without its end.
std::string FirstLine(const FileSystem& files, const std::string& path) {
  const std::string text = files.ReadFile(path, kMaxBytes).value_or("");
  return text.substr(0, text.find('\n'));
}

// `PRETTY_NAME="…"` of /etc/os-release.
std::string PrettyName(const FileSystem& files) {
  const std::string text = "\n" + files.ReadFile("/etc/os-release", kMaxBytes).value_or("");
  constexpr std::string_view kKey = "\nPRETTY_NAME=";
  const size_t at = text.find(kKey);
  if (at == std::string::npos) return {};
  std::string value = text.substr(at + kKey.size(), text.find('\n', at + 1) - at - kKey.size());
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

std::string HomeOfUser() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return "/";
  return found->pw_dir;
}

}  // namespace

Host ReadHost(const FileSystem& files) {
  Host host;
  utsname names{};
  if (::uname(&names) == 0) {
    host.name = names.nodename;
    host.kernel_version = names.release;
  }
  host.os_image = PrettyName(files);
  host.system_uuid = FirstLine(files, "/etc/machine-id");
  host.home = HomeOfUser();
  host.cpus = static_cast<unsigned>(::get_nprocs());
  struct sysinfo info {};
  if (::sysinfo(&info) == 0) host.memory_bytes = static_cast<uint64_t>(info.totalram) * info.mem_unit;
  return host;
}

}  // namespace belfry::cli
