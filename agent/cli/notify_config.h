// The `notify:` part of belfry.yaml.
#pragma once

#include "agent/manifest/reader.h"
#include "rules/notify/config.h"

namespace belfry::cli {

// Reads the object that `notify` stands for into `config`; what is wrong goes to the reader's problems.
void ReadNotify(manifest::Reader& notify, notify::NotifyConfig& config);

}  // namespace belfry::cli
