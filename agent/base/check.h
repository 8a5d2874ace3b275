// CHECK(condition): a broken invariant ends the process with file and line. Never for input, files or the
// network.
#pragma once

namespace belfry {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace belfry

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::belfry::CheckFailed(#condition, __FILE__, __LINE__))
