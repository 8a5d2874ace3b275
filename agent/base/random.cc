#include "agent/base/random.h"

#include <fmt/core.h>
#include <sys/random.h>

#include "agent/base/check.h"

namespace belfry {

uint64_t SystemRandom::Next() {
  uint64_t value = 0;
  CHECK(::getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value));
  return value;
}

std::string RandomUid(Random& random) {
  const uint64_t high = (random.Next() & ~0xf000ULL) | 0x4000ULL;
  const uint64_t low = (random.Next() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff,
                     low >> 48, low & 0xffffffffffffULL);
}

std::string RandomSuffix(Random& random, size_t length) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  for (size_t i = 0; i < length; ++i) suffix += kAlphabet[random.Next() % kAlphabet.size()];
  return suffix;
}

}  // namespace belfry
