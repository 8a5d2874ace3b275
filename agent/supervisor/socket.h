// UNIX sockets by path, of any length.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "agent/base/unique_fd.h"

namespace belfry::supervisor {

// A listening socket that only this user can reach. What is at `path` is replaced.
// Requires: whoever calls holds the lock of the folder. Errors: those of the calls, with the path.
Result<UniqueFd> ListenAt(const std::string& path);

// Errors: kNotFound, kUnavailable where nobody listens.
Result<UniqueFd> ConnectTo(const std::string& path);

// The next connection, or an invalid descriptor if there is none now. Peers of other users, root excepted,
// are turned away.
UniqueFd AcceptFrom(const UniqueFd& listener);

// Two ends of one connection; the first is non-blocking, neither survives an exec by itself.
struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};
Result<SocketPair> MakeSocketPair();

Result<void> SetNonBlocking(int fd);

}  // namespace belfry::supervisor
