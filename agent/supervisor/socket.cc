#include "agent/supervisor/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace belfry::supervisor {
namespace {

// The address of `path` by way of its open folder: a socket's own path may have 107 bytes, a data folder's
// may have more. `folder` must stay open while the address is used.
struct ShortAddress {
  UniqueFd folder;
  sockaddr_un address{};
};

Result<ShortAddress> AddressOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  ShortAddress result;
  result.folder = UniqueFd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!result.folder.valid()) return ErrnoError("open " + parent);
  const std::string text = "/proc/self/fd/" + std::to_string(result.folder.get()) + "/" + name;
  if (text.size() >= sizeof result.address.sun_path) return ErrnoError("socket " + path, ENAMETOOLONG);
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path, text.c_str(), text.size() + 1);
  return result;
}

const sockaddr* Generic(const ShortAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.address);
}

Result<UniqueFd> NewSocket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoError("create socket");
  return fd;
}

bool SameUser(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace

Result<UniqueFd> ListenAt(const std::string& path) {
  ASSIGN_OR_RETURN(UniqueFd fd, NewSocket());
  ASSIGN_OR_RETURN(const ShortAddress address, AddressOf(path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoError("remove old socket " + path);
  // The mode is narrowed before anybody can connect: connecting takes listen, which comes last.
  if (::bind(fd.get(), Generic(address), sizeof address.address) != 0) return ErrnoError("bind " + path);
  if (::chmod(path.c_str(), 0600) != 0) return ErrnoError("change mode of " + path);
  if (::listen(fd.get(), 16) != 0) return ErrnoError("listen at " + path);
  return fd;
}

Result<UniqueFd> ConnectTo(const std::string& path) {
  ASSIGN_OR_RETURN(UniqueFd fd, NewSocket());
  ASSIGN_OR_RETURN(const ShortAddress address, AddressOf(path));
  if (::connect(fd.get(), Generic(address), sizeof address.address) == 0) return fd;
  if (errno == ECONNREFUSED || errno == EAGAIN) {
    return Error{Code::kUnavailable, "connect to " + path + ": " + std::strerror(errno)};
  }
  return ErrnoError("connect to " + path);
}

UniqueFd AcceptFrom(const UniqueFd& listener) {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid() && !SameUser(fd.get())) fd.Reset();
  return fd;
}

Result<SocketPair> MakeSocketPair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return ErrnoError("create socket pair");
  SocketPair pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
  RETURN_IF_ERROR(SetNonBlocking(pair.ours.get()));
  return pair;
}

Result<void> SetNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return ErrnoError("set non-blocking");
  return {};
}

}  // namespace belfry::supervisor
