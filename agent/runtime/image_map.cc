#include "agent/runtime/image_map.h"

namespace belfry::runtime {
namespace {

// How well an entry fits: 0 not at all, more is better.
size_t Fit(std::string_view match, std::string_view image) {
  constexpr size_t kExact = static_cast<size_t>(-1);
  if (match == image) return kExact;
  if (match.ends_with('*')) {
    match.remove_suffix(1);
    return image.starts_with(match) ? match.size() + 1 : 0;
  }
  return match == ImageName(image) ? kExact - 1 : 0;
}

}  // namespace

std::string_view ImageName(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const size_t slash = image.rfind('/');
  const size_t colon = image.rfind(':');
  const bool tagged = colon != image.npos && (slash == image.npos || colon > slash);
  return tagged ? image.substr(0, colon) : image;
}

const ImageEntry* ImageMap::Find(std::string_view image) const {
  const ImageEntry* best = nullptr;
  size_t best_fit = 0;
  for (const ImageEntry& entry : entries_) {
    const size_t fit = Fit(entry.match, image);
    if (fit > best_fit) {
      best = &entry;
      best_fit = fit;
    }
  }
  return best;
}

}  // namespace belfry::runtime
