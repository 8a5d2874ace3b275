#include "agent/supervisor/mounts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/base/fake_file_system.h"
#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

std::string ErrorOf(const std::vector<BindMount>& mounts) {
  FakeFileSystem files;
  EXPECT_TRUE(files.CreateDirectories("/srv/app").ok());
  const auto plan = PlanMounts(files, "/data", mounts, "");
  return plan.ok() ? "" : plan.error().message;
}

TEST(MountPlanTest, NoMountsNeedNoPlan) {
  FakeFileSystem files;
  EXPECT_TRUE(PlanMounts(files, "/data", {}, "")->empty());
}

TEST(MountPlanTest, AliasesNeedTheHostsFileOfTheHost) {
  FakeFileSystem files;
  const auto plan = PlanMounts(files, "/data", {}, "127.0.0.1\tredis\n");
  ASSERT_FALSE(plan.ok());
  EXPECT_NE(plan.error().message.find("add host aliases: "), std::string::npos) << plan.error().message;
  EXPECT_NE(plan.error().message.find("/etc/hosts"), std::string::npos) << plan.error().message;
}

TEST(MountPlanTest, RefusesWhatCannotBeMounted) {
  EXPECT_EQ(ErrorOf({{"/srv/app", "app", true}}),
            "mount /srv/app at app: the target is not an absolute path");
  EXPECT_EQ(ErrorOf({{"srv", "/app", true}}), "mount srv at /app: the source is not an absolute path");
  EXPECT_EQ(ErrorOf({{"/srv/app", "/", true}}),
            "mount /srv/app at /: the target must not be the root folder");
  EXPECT_EQ(ErrorOf({{"/srv/app", "/a/../b", true}}),
            "mount /srv/app at /a/../b: the target must not contain ..");
  EXPECT_EQ(ErrorOf({{"/srv/app", "/a", true}, {"/srv/app", "/a/", true}}),
            "mount /srv/app at /a/: the target is given twice");
  EXPECT_NE(ErrorOf({{"/srv/none", "/a", true}}), "");
}

class MountsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(Path("src/sub"));
    std::ofstream(Path("src/file")) << "content\n";
    std::ofstream(Path("single")) << "one file\n";
  }
  std::string Path(const std::string& name) const { return harness_.scratch.path() + "/" + name; }
  // False where this host grants no private view of files; then the refusal must say so.
  bool Granted() {
    auto probe = harness_.Shell("probe", "true");
    probe.mounts = {{Path("src"), "/belfry-test-mount", true}};
    harness_.Connect();
    harness_.client().Start(probe);
    EXPECT_TRUE(harness_.RunUntil([&] { return harness_.exited(probe.key) || harness_.failed(probe.key); }));
    if (const auto failed = harness_.failed(probe.key)) {
      EXPECT_EQ(failed->reason, "CreateContainerError");
    }
    return harness_.exited(probe.key).has_value();
  }

  Harness harness_;
};

TEST_F(MountsTest, ShowsFoldersWhereTheHostHasNone) {
  if (!Granted()) GTEST_SKIP() << "this host grants no mount namespace";
  auto request =
      harness_.Shell("mounts",
                     "cat /belfry-test-mount/file /belfry/deep/er/file /etc/belfry-test/file /one; "
                     "cat /etc/passwd | head -n 1 | cut -d: -f1; readlink /proc/self/exe | wc -l; pwd");
  request.mounts = {{Path("src"), "/belfry-test-mount", true},
                    {Path("src"), "/belfry/deep/er", true},
                    {Path("src"), "/etc/belfry-test", true},
                    {Path("single"), "/one", true}};
  request.working_dir = "/belfry/deep/er";
  EXPECT_EQ(harness_.Run(request).exit_code, 0);
  EXPECT_EQ(harness_.Text(request), "content\ncontent\ncontent\none file\nroot\n1\n/belfry/deep/er\n");
  for (const char* path : {"/belfry-test-mount", "/belfry", "/etc/belfry-test", "/one"}) {
    EXPECT_FALSE(std::filesystem::exists(path)) << path;
  }
}

TEST_F(MountsTest, ReadOnlyMountsCannotBeWritten) {
  if (!Granted()) GTEST_SKIP() << "this host grants no mount namespace";
  auto request =
      harness_.Shell("modes", "echo x > /ro/new && exit 3; echo y > /rw/new || exit 4; cat /rw/new");
  request.mounts = {{Path("src"), "/ro", true}, {Path("src/sub"), "/rw", false}};
  EXPECT_EQ(harness_.Run(request).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(Path("src/sub/new")));
  EXPECT_FALSE(std::filesystem::exists(Path("src/new")));
}

TEST_F(MountsTest, HidesWhatTheHostHasThere) {
  if (!Granted()) GTEST_SKIP() << "this host grants no mount namespace";
  auto request = harness_.Shell("hide", "ls /srv");
  request.mounts = {{Path("src"), "/srv", true}};
  harness_.Run(request);
  EXPECT_EQ(harness_.Text(request), "file\nsub\n");
}

TEST_F(MountsTest, HostAliasesStandBelowTheHostsOwnLines) {
  if (!Granted()) GTEST_SKIP() << "this host grants no mount namespace";
  const std::string own = PosixFileSystem().ReadFile("/etc/hosts", 1 << 20).value_or("");
  const std::string hosts = "127.9.8.7\tbelfry-test-alias\n";
  auto request =
      harness_.Shell("alias", "cat /etc/hosts; getent hosts belfry-test-alias | cut -d' ' -f1; ls /srv");
  request.hosts = hosts;
  EXPECT_EQ(harness_.Run(request).exit_code, 0);
  const std::string expected = own + "\n# Entries added by hostAliases.\n" + hosts + "127.9.8.7\n";
  EXPECT_EQ(harness_.Text(request).substr(0, expected.size()), expected);
  request = harness_.Shell("both", "cat /etc/hosts; getent hosts belfry-test-alias | cut -d' ' -f1; ls /srv");
  request.hosts = hosts;
  request.mounts = {{Path("src"), "/srv", true}};
  EXPECT_EQ(harness_.Run(request).exit_code, 0);
  EXPECT_EQ(harness_.Text(request), expected + "file\nsub\n");
  EXPECT_EQ(PosixFileSystem().ReadFile("/etc/hosts", 1 << 20).value_or(""), own);
}

TEST_F(MountsTest, AMissingSourceIsSaid) {
  auto request = harness_.Shell("missing", "true");
  request.mounts = {{Path("nothing"), "/app", true}};
  const auto failed = harness_.RunFailing(request);
  EXPECT_EQ(failed.reason, "CreateContainerError");
  EXPECT_EQ(failed.message,
            "mount " + Path("nothing") + " at /app: stat " + Path("nothing") + ": No such file or directory");
}

TEST_F(MountsTest, LeavesTheHostsMountsAlone) {
  const auto mounts = [] {
    return PosixFileSystem().ReadFile("/proc/self/mountinfo", 16 << 20).value_or("");
  };
  const std::string before = mounts();
  auto request = harness_.Shell("count", "true");
  request.mounts = {{Path("src"), "/app", true}};
  request.hosts = "127.0.0.1\tbelfry-test-alias\n";
  harness_.Connect();
  harness_.client().Start(request);
  ASSERT_TRUE(
      harness_.RunUntil([&] { return harness_.exited(request.key) || harness_.failed(request.key); }));
  EXPECT_EQ(mounts(), before);
}

}  // namespace
}  // namespace belfry::supervisor
