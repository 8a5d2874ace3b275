// libFuzzer entry: any bytes as an input series of a rule test, its labels on the first line, its samples in
// the notation `1+2x3 _ stale` after it.
#include <cstddef>
#include <cstdint>

#include "agent/base/check.h"
#include "tests/rules/unittest/series_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CHECK(belfry::unittest::testing::CheckSeries({reinterpret_cast<const char*>(data), size}).empty());
  return 0;
}
