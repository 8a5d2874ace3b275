#include "agent/cron/zone_database.h"

#include <fmt/core.h>

#include "agent/cron/tzif.h"

namespace belfry::cron {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 18;  // a hundred times the largest one
constexpr std::string_view kLocalName = "Local";

Error Unknown(std::string_view name) { return {Code::kInvalid, fmt::format("unknown time zone {}", name)}; }

Error Damaged(std::string_view name, const std::string& path, const Error& why) {
  return Annotate(why, fmt::format("unknown time zone {}: read {}", name, path));
}

}  // namespace

ZoneDatabase::ZoneDatabase()
    : files_(std::make_shared<PosixFileSystem>()), folder_("/usr/share/zoneinfo"), local_("/etc/localtime") {}

ZoneDatabase::ZoneDatabase(const FileSystem& files, std::string folder, std::string local)
    : files_(std::shared_ptr<const FileSystem>(), &files),
      folder_(std::move(folder)),
      local_(std::move(local)) {}

std::string ZoneDatabase::PathOf(std::string_view name) const {
  return name.empty() ? local_ : folder_ + "/" + std::string(name);
}

Result<Zone> ZoneDatabase::Load(std::string_view name) const {
  const std::string_view called = name.empty() ? kLocalName : name;
  const std::string path = PathOf(name);
  // A host without a database knows at least this one.
  if (name == "UTC" || (name.empty() && !files_->Stat(path))) return Zone();
  if (!name.empty() && !IsZoneName(name)) return Unknown(name);
  const auto bytes = files_->ReadFile(path, kMaxFileBytes);
  if (!bytes.ok() || !LooksLikeTzif(*bytes)) return Unknown(called);
  auto spans = ReadTzif(*bytes);
  if (!spans.ok()) return Damaged(called, path, spans.error());
  return Zone(std::string(called), *std::move(spans));
}

std::optional<FileInfo> ZoneDatabase::Version(std::string_view name) const {
  if (!name.empty() && !IsZoneName(name)) return std::nullopt;
  auto info = files_->Stat(PathOf(name));
  return info.ok() ? std::optional(*std::move(info)) : std::nullopt;
}

std::string ZoneDatabase::WatchPath(std::string_view name) const {
  const std::string path = PathOf(name);
  return name.empty() ? path : path.substr(0, path.rfind('/'));
}

Result<Zone> LoadZone(std::string_view name) {
  if (name.empty()) return Unknown(name);
  return ZoneDatabase().Load(name);
}

Result<Zone> LoadLocalZone() { return ZoneDatabase().Load(""); }

}  // namespace belfry::cron
