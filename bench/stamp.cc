// What bench/start.py runs: leaves the time of its first instruction as a file's name.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

int main(int argc, char** argv) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (argc != 2) {
    std::fprintf(stderr, "usage: stamp FOLDER\n");
    return 2;
  }
  char path[4096];
  std::snprintf(path, sizeof path, "%s/%lld%09ld-%d", argv[1], static_cast<long long>(now.tv_sec),
                now.tv_nsec, ::getpid());
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return fd < 0 || ::close(fd) != 0 ? 1 : 0;
}
