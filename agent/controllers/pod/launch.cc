#include "agent/controllers/pod/launch.h"

#include <algorithm>

#include "agent/controllers/pod/volumes.h"

namespace belfry::controllers {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

LaunchRefused ConfigError(std::string message) { return {"CreateContainerConfigError", std::move(message)}; }

// A process that was to be somebody else must not become us. The kept text is JSON that we wrote.
std::optional<LaunchRefused> CheckIdentity(const api::Pod& pod) {
  for (const auto& [path, json] : pod.kept) {
    if (!path.ends_with(".securityContext")) continue;
    for (const std::string_view wish : {"\"runAsUser\":", "\"runAsGroup\":", "\"runAsNonRoot\":true"}) {
      if (json.find(wish) == json.npos) continue;
      return ConfigError(path +
                         " asks for another user or group: this version of belfry runs every process as "
                         "the user it runs as itself");
    }
  }
  return std::nullopt;
}

// Arguments and variables end at a NUL byte for the kernel: better refused than cut.
std::optional<LaunchRefused> CheckText(const runtime::ContainerStart& start) {
  const auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
  if (std::ranges::any_of(start.argv, has_nul)) return ConfigError("command contains a NUL byte");
  for (const auto& [name, value] : start.env) {
    if (has_nul(name) || has_nul(value)) {
      return ConfigError("environment variable " + name + " contains a NUL byte");
    }
  }
  return std::nullopt;
}

std::vector<std::string> Arguments(const api::Container& container, const Environment& environment,
                                   const runtime::ImageEntry* image) {
  std::vector<std::string> argv;
  for (const std::string& word : container.command) argv.push_back(Expand(word, environment));
  if (argv.empty() && image != nullptr) argv = image->command;
  if (argv.empty()) return argv;
  for (const std::string& word : container.args) argv.push_back(Expand(word, environment));
  return argv;
}

LaunchRefused NoCommand(const api::Container& container, const runtime::ImageEntry* image) {
  const std::string why = image == nullptr
                              ? "runtime.images has no entry for it"
                              : "its entry \"" + image->match + "\" in runtime.images gives none";
  return {"CreateContainerError", "no command specified: container \"" + container.name +
                                      "\" gives none for image \"" + container.image + "\" and " + why};
}

std::string HostnameOf(const api::Pod& pod) {
  return (pod.spec.hostname.empty() ? pod.metadata.name : pod.spec.hostname).substr(0, 63);
}

Environment Complete(const api::Pod& pod, const Environment& manifest, const HostFacts& host,
                     const runtime::ImageEntry* image) {
  Environment all;
  all.Set("PATH", std::string(kDefaultPath));
  all.Set("HOME", host.home);
  all.Set("HOSTNAME", HostnameOf(pod));
  if (image != nullptr) {
    for (const auto& [name, value] : image->env) all.Set(name, value);
  }
  for (const auto& [name, value] : manifest.variables()) all.Set(name, value);
  return all;
}

// What the manifest mounts at a path wins over what its image has there.
std::vector<runtime::Mount> WithoutTargets(std::vector<runtime::Mount> mounts,
                                           const std::vector<runtime::Mount>& over) {
  std::erase_if(mounts, [&](const runtime::Mount& mount) {
    return std::ranges::find(over, mount.target, &runtime::Mount::target) != over.end();
  });
  return mounts;
}

// The pod's own come first: the first line that fits counts.
std::string HostLines(const api::PodSpec& spec, const std::map<std::string, std::string>& for_all) {
  std::string lines;
  for (const api::HostAlias& alias : spec.host_aliases) {
    lines += alias.ip;
    for (const std::string& name : alias.hostnames) lines += "\t" + name;
    lines += '\n';
  }
  for (const auto& [name, ip] : for_all) lines += ip + "\t" + name + "\n";
  return lines;
}

}  // namespace

std::variant<Launch, LaunchRefused> BuildLaunch(const api::Pod& pod, const api::Container& container,
                                                int32_t attempt, const LaunchSources& from) {
  if (auto refused = CheckIdentity(pod)) return *refused;
  auto built = BuildEnvironment(pod, container, from.config, from.host);
  if (!built.ok()) return ConfigError(built.error().message);
  auto volumes = PlanVolumes(pod, container, built->environment, from.places.claims);
  if (!volumes.ok()) return ConfigError(volumes.error().message);
  const runtime::ImageEntry* image = from.places.images.Find(container.image);

  Launch launch;
  launch.warnings = std::move(built->warnings);
  runtime::ContainerStart& start = launch.start;
  start.id = {pod.metadata.uid, container.name, attempt};
  start.ns = pod.metadata.ns;
  start.pod = pod.metadata.name;
  start.argv = Arguments(container, built->environment, image);
  if (start.argv.empty()) return NoCommand(container, image);
  start.env = Complete(pod, built->environment, from.host, image).variables();
  start.working_dir = container.working_dir;
  if (image != nullptr) {
    if (start.working_dir.empty()) start.working_dir = image->working_dir;
    start.mounts = WithoutTargets(image->mounts, *volumes);
  }
  start.hosts = HostLines(pod.spec, from.places.host_aliases);
  start.mounts.insert(start.mounts.end(), volumes->begin(), volumes->end());
  if (auto refused = CheckText(start)) return *refused;
  return launch;
}

}  // namespace belfry::controllers
