// Escaping of label values and help texts.
// Source: Prometheus text format 0.0.4, OpenMetrics 1.0.
#pragma once

#include <string>
#include <string_view>

#include "exporters/model/labels.h"

namespace belfry::model {

// Appends a label's value without its quotes: backslash, quote and newline are escaped, bytes that are no
// UTF-8 become U+FFFD (one such byte would make a scraper refuse the whole page).
void AppendLabelValue(std::string_view value, std::string& out);
// Appends a help text. OpenMetrics escapes the quote as well.
void AppendHelp(std::string_view help, bool escape_quotes, std::string& out);

// Appends `a="b",c="d"` without braces.
void AppendLabels(LabelsView labels, std::string& out);
// Appends one sample's line: `name{a="b"} 1\n`.
void AppendSample(std::string_view sample_name, LabelsView labels, double value, std::string& out);

// A name that every scraper accepts: `[a-zA-Z_][a-zA-Z0-9_]*`, other characters replaced by `_`. For names
// made of foreign text.
std::string LegalLabelName(std::string_view name);

}  // namespace belfry::model
