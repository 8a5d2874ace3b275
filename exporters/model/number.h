// Numbers as Prometheus writes them.
#pragma once

#include <string>
#include <string_view>

namespace belfry::model {

// The shortest text that reads back as the same double, as the exposition formats and the query API write it:
// `1`, `0.1`, `1e+21`, `NaN`, `+Inf`. Plain digits from 1e-6 below 1e21, else an exponent (Go's
// FormatFloat(f, 'f' or 'e', -1, 64) rule of encoding/json).
std::string FormatNumber(double value);
void AppendNumber(double value, std::string& out);
// Go's %v, the shortest 'g' form: exponent from 1e+06 and below 1e-4 (`1.234567e+06`, `123456`), what
// templates print for $value.
std::string FormatNumberG(double value);
// A bucket's bound as the label `le` has it, the same in every format: `1.0`, `0.5`, `1e+06`, `+Inf`.
std::string FormatBound(double value);
// Go's 'e' form: `1e+00`, as alerts in the API show values.
std::string FormatNumberE(double value);

}  // namespace belfry::model
