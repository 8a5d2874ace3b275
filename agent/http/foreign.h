// Requests that a browser makes for somebody else's page.
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "agent/http/message.h"

namespace belfry::http {

// Refuses requests that a page of another site may have caused: a Host that is neither an IP address, nor
// localhost, nor `own_host` (a name that was made to lead here: DNS rebinding), or an Origin that is not the
// host asked. Where nobody has to show a token, this is what stands between a browser on this machine and
// what the server does. Errors: kPermissionDenied with the header's value.
Result<void> CheckSameSite(const Request& request, std::string_view own_host);

}  // namespace belfry::http
