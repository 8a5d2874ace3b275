// Upper and lower case of Latin, Greek and Cyrillic letters.
#pragma once

#include <string>
#include <string_view>

namespace belfry::tmpl {

std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);
// The first letter of every word in upper case, the rest as it is. Apostrophe, full stop and colon between
// letters do not end a word. Source: Unicode word boundaries as Prometheus 3 uses them (`don't` → `Don't`,
// where 2.x wrote `Don'T`).
std::string ToTitle(std::string_view text);

}  // namespace belfry::tmpl
