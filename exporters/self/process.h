// What the kernel knows about this process, as process_* families.
// Source: the conventions of Prometheus' client libraries; proc(5).
#pragma once

#include "agent/base/file_system.h"
#include "exporters/model/list_snapshot.h"

namespace belfry::self {

// Adds the families whose files below /proc can be read; the others are left out.
void AddProcess(const FileSystem& files, model::ListSnapshot& snapshot);

}  // namespace belfry::self
