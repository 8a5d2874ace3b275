// Where the programs of images live on this host: the configuration's `runtime.images`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/runtime/runtime.h"

namespace belfry::runtime {

struct ImageEntry {
  std::string match;  // `name` (any tag or digest), `name:tag`, or anything with a trailing star
  std::vector<Mount> mounts;
  std::string working_dir;
  std::vector<std::string> command;                      // used only when the manifest gives none
  std::vector<std::pair<std::string, std::string>> env;  // below the manifest's

  bool operator==(const ImageEntry&) const = default;
};

class ImageMap {
 public:
  ImageMap() = default;
  explicit ImageMap(std::vector<ImageEntry> entries) : entries_(std::move(entries)) {}

  // The entry that fits best: the image's exact text, else its name, else the longest text before a star; of
  // equals the first. Null if there is none. The pointer is valid as long as the map.
  const ImageEntry* Find(std::string_view image) const;

 private:
  std::vector<ImageEntry> entries_;
};

// `registry:5000/team/app:1.2@sha256:…` without tag and digest: `registry:5000/team/app`.
std::string_view ImageName(std::string_view image);

}  // namespace belfry::runtime
