// A JSON document to be posted, with the credentials of its configuration.
#pragma once

#include <string>

#include "agent/base/file_system.h"
#include "agent/base/result.h"
#include "agent/http/client.h"
#include "rules/notify/config.h"

namespace belfry::notify {

// Errors: those of reading credential files.
Result<http::ClientRequest> MakePost(const std::string& url, Duration timeout, const HttpConfig& config,
                                     const std::string& user_agent, std::string body,
                                     const FileSystem& files);

}  // namespace belfry::notify
