// Numeric addresses of hosts.
#pragma once

#include <string>

namespace belfry {

// `10.9.8.7`, `2001:db8::ffff`: not a name, nothing around it.
bool IsIpAddress(const std::string& text);

}  // namespace belfry
