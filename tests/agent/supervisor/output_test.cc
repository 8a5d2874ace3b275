#include "agent/supervisor/output.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

// Resident memory of a process at its highest. Units: KiB.
int64_t PeakMemory(int64_t pid) {
  const auto text =
      PosixFileSystem().ReadFile("/proc/" + std::to_string(pid) + "/status", 1 << 20).value_or("");
  const size_t at = text.find("VmHWM:");
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + 6));
}

// AddressSanitizer keeps up to 256 MiB of freed memory back; without it this is the supervisor's own.
#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kMostKilobytes = 40'000 + 320'000;
#else
constexpr int64_t kMostKilobytes = 40'000;
#endif

TEST(OutputTest, AnEndlessLineStaysBoundedInMemoryAndOnDisk) {
  Harness harness;
  harness.options.supervisor.log_limits = {.max_file_bytes = 1 << 20, .max_files = 3};
  const auto request = harness.Shell("endless", "head -c 100000000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(harness.Run(request).exit_code, 0);
  EXPECT_LT(PeakMemory(harness.supervisor_pid()), kMostKilobytes);
  uint64_t bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(harness.options.supervisor.data_dir + "/logs")) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  EXPECT_LE(bytes, 3U << 20);
  const auto lines = harness.Log(request);
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(lines.front().partial);
  EXPECT_EQ(lines.front().text, std::string(logs::kMaxLineBytes, 'x'));
}

TEST(OutputTest, KeepsEveryByteOfBinaryOutput) {
  Harness harness;
  const auto request = harness.Shell("binary", "printf 'a\\000b\\377\\200\\r\\n\\n\\033[0m\\n'");
  harness.Run(request);
  EXPECT_EQ(harness.Text(request), std::string("a\0b\377\200\r\n\n\033[0m\n", 13));
}

TEST(OutputTest, TakesWhatWasWrittenJustBeforeTheEnd) {
  Harness harness;
  const auto request =
      harness.Shell("burst", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done");
  harness.Run(request);
  const auto lines = harness.Log(request);
  ASSERT_EQ(lines.size(), 2000U);
  EXPECT_EQ(lines.back().text, "line 1999");
}

// The outside holder of the pipe is the test itself, by way of /proc.
TEST(OutputTest, APipeThatSomebodyElseHoldsOpenDoesNotHoldUpTheEnd) {
  Harness harness;
  const auto request = harness.Shell("held", "echo up; read x < " + harness.scratch.path() + "/fifo; exit 2");
  ASSERT_EQ(::mkfifo((harness.scratch.path() + "/fifo").c_str(), 0600), 0);
  const int64_t pid = harness.StartAndWait(request);
  ASSERT_TRUE(harness.WaitForLine(request, "up"));
  const auto held = PosixFileSystem().OpenAppend("/proc/" + std::to_string(pid) + "/fd/1", 0600);
  ASSERT_TRUE(held.ok());
  { ASSERT_TRUE(PosixFileSystem().OpenAppend(harness.scratch.path() + "/fifo", 0600).ok()); }
  ASSERT_TRUE(harness.RunUntil([&] { return harness.exited(request.key).has_value(); }));
  EXPECT_EQ(harness.exited(request.key)->exit_code, 2);
}

// A file system of 256 KiB, where one may be mounted.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=256k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST(OutputTest, AFullDiskDoesNotHoldUpTheContainerAndIsCounted) {
  Harness harness;
  const SmallDisk disk(harness.options.supervisor.data_dir + "/logs");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small file system";
  const auto request = harness.Shell("flood", "head -c 200000 /dev/zero | tr '\\0' '\\n'; exit 7");
  EXPECT_EQ(harness.Run(request).exit_code, 7);
  const auto dropped = [&] {
    uint64_t bytes = 0;
    for (const auto& event : harness.events) {
      if (const auto* status = std::get_if<Status>(&event)) bytes = status->log_dropped_bytes;
    }
    return bytes;
  };
  const auto text = harness.Shell("words", "head -c 1000000 /dev/zero | tr '\\0' 'y'");
  harness.Run(text);
  EXPECT_TRUE(harness.RunUntil([&] { return dropped() > 500'000; }));
  harness.Disconnect();
  harness.Connect();
  harness.client().Shutdown([] {});
  harness.RunUntil([&] { return harness.supervisor_pid() == 0; });
}

}  // namespace
}  // namespace belfry::supervisor
