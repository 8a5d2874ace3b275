// YAML text → Nodes.
#pragma once

#include <string_view>
#include <vector>

#include "agent/manifest/node.h"

namespace belfry::manifest {

// All documents of the text; empty ones are left out. Scalars are resolved as Kubernetes does
// (yaml_scalar.h), aliases and `<<` are expanded within limits. Errors: added to `problems`, at most one for
// each document; a document with an error is left out, those after it are read.
std::vector<Document> ParseYaml(std::string_view text, Problems& problems, const NodeLimits& limits = {});

// YAML or JSON, whichever the text is: one that begins with `{` or `[` and is valid JSON is JSON.
// Requires: `text` outlives the documents.
std::vector<Document> ParseText(std::string_view text, Problems& problems, const NodeLimits& limits = {});

}  // namespace belfry::manifest
