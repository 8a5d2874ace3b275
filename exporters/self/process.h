// What the kernel knows about this process, as process_* families.
// Source: the conventions of Prometheus' client libraries; proc(5).
#pragma once

#include <vector>

#include "agent/base/file_system.h"
#include "exporters/model/list_snapshot.h"

namespace belfry::self {

// Every family that AddProcess may add.
std::vector<model::Family> ProcessFamilies();
// Adds the families whose files below /proc can be read; the others are left out. Cost: six system calls and
// more, some 0.2 ms.
void AddProcess(const FileSystem& files, model::ListSnapshot& snapshot);

}  // namespace belfry::self
