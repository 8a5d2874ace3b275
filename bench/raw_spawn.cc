// The yardstick of bench/launch.py and bench/start.py: COUNT times posix_spawn and waitpid of a program, from
// THREADS threads. Prints seconds.
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

// One thread's share; false if a run could not be started or failed.
bool SpawnAll(const char* program, char* argument, std::atomic<long>& left) {
  char* const arguments[] = {const_cast<char*>(program), argument, nullptr};
  char* const environment[] = {nullptr};
  while (left.fetch_sub(1) > 0) {
    pid_t pid = 0;
    int status = 0;
    if (::posix_spawn(&pid, program, nullptr, nullptr, arguments, environment) != 0) return false;
    if (::waitpid(pid, &status, 0) != pid || status != 0) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: raw_spawn PROGRAM COUNT THREADS [ARGUMENT]\n");
    return 2;
  }
  std::atomic<long> left{std::atol(argv[2])};
  std::atomic<bool> good{true};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (long i = std::atol(argv[3]); i > 0; --i) {
    threads.emplace_back([&] {
      if (!SpawnAll(argv[1], argc == 5 ? argv[4] : nullptr, left)) good = false;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%.6f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return good ? 0 : 1;
}
