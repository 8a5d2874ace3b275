// libFuzzer entry: cmake --preset clang -DBELFRY_FUZZ=ON; build/clang/tests/fuzz_manifest tests/manifests
#include "tests/fuzz/manifest_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  belfry::manifest::FuzzManifest({reinterpret_cast<const char*>(data), size});
  return 0;
}
