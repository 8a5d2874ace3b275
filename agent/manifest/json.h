// JSON text ↔ Node. The store keeps every object as JSON, so both ways are quick; and errors need line and
// column, which the usual libraries' event interfaces do not give. The tests hold it to nlohmann's reading.
// Source: RFC 8259.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/manifest/node.h"
#include "agent/manifest/node_builder.h"

namespace belfry::manifest {

// Reads one value (`several`: any number of them one after the other). Strings without escapes point into
// `text`. Requires: `text` outlives the documents. Errors: added to `problems`; the documents before the
// error are returned.
std::vector<Document> ParseJson(std::string_view text, Problems& problems, bool several = false,
                                const NodeLimits& limits = {});

// Appends `text` as a JSON string. Bytes that are no UTF-8 become U+FFFD: the result is always valid JSON.
void AppendJsonString(std::string& out, std::string_view text);
// Appends the node as compact JSON, members in their order.
void AppendJson(std::string& out, const Node& node);
std::string ToJsonText(const Node& node);

// How many of the first bytes of `text` are one valid UTF-8 character; 0 if none.
size_t Utf8Length(std::string_view text);
// The place of the first byte that cannot be text (a NUL, another control character, no UTF-8), or npos.
size_t FindNonText(std::string_view text);

}  // namespace belfry::manifest
