// Door: chance.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace belfry {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;  // all 64 bits
};

// The kernel's generator. Thread: any.
class SystemRandom : public Random {
 public:
  uint64_t Next() override;
};

// The same numbers for the same seed. Thread: one.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// A random version 4 UUID, as Kubernetes uses for metadata.uid.
std::string RandomUid(Random& random);
// `length` characters of the alphabet that Kubernetes appends to generated names (no vowels, no look-alikes).
std::string RandomSuffix(Random& random, size_t length = 5);

}  // namespace belfry
