#include "agent/base/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/fake_file_system.h"

namespace belfry {
namespace {

// What every implementation must do; the folder is empty at the start.
class FileSystems : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "Fake") {
      files_ = std::make_unique<FakeFileSystem>();
      folder_ = "/data";
      ASSERT_TRUE(files_->CreateDirectories(folder_).ok());
      return;
    }
    files_ = std::make_unique<PosixFileSystem>();
    std::string pattern = ::testing::TempDir() + "belfry-files-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { EXPECT_TRUE(files_->RemoveAll(folder_).ok()); }

  std::unique_ptr<FileSystem> files_;
  std::string folder_;
};

TEST_P(FileSystems, ReadsWhatWasWritten) {
  const std::string path = folder_ + "/a";
  ASSERT_TRUE(files_->WriteFileAtomically(path, "one", 0600).ok());
  EXPECT_EQ(files_->ReadFile(path, 100).value(), "one");
  ASSERT_TRUE(files_->WriteFileAtomically(path, "two", 0600).ok());
  EXPECT_EQ(files_->ReadFile(path, 3).value(), "two");
  EXPECT_EQ(files_->Stat(path)->size, 3u);
}

TEST_P(FileSystems, RefusesFilesOverTheLimit) {
  ASSERT_TRUE(files_->WriteFileAtomically(folder_ + "/a", "four", 0600).ok());
  const auto read = files_->ReadFile(folder_ + "/a", 3);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kTooLarge);
}

TEST_P(FileSystems, AppendsAndKnowsTheSize) {
  auto file = files_->OpenAppend(folder_ + "/log", 0600);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append("ab").ok());
  ASSERT_TRUE((*file)->Append("c").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  EXPECT_EQ((*file)->size(), 3u);
  EXPECT_EQ(files_->ReadFile(folder_ + "/log", 10).value(), "abc");
}

TEST_P(FileSystems, ListsSortedAndRemovesTrees) {
  ASSERT_TRUE(files_->CreateDirectories(folder_ + "/d/e", 0755).ok());
  ASSERT_TRUE(files_->WriteFileAtomically(folder_ + "/b", "", 0600).ok());
  ASSERT_TRUE(files_->WriteFileAtomically(folder_ + "/d/e/x", "", 0600).ok());
  const std::vector<DirectoryEntry> expected = {{"b", FileInfo::Type::kFile},
                                                {"d", FileInfo::Type::kDirectory}};
  EXPECT_EQ(files_->ListDirectory(folder_).value(), expected);
  ASSERT_TRUE(files_->RemoveAll(folder_ + "/d").ok());
  EXPECT_EQ(files_->ListDirectory(folder_).value().size(), 1u);
  EXPECT_TRUE(files_->RemoveAll(folder_ + "/nothing").ok());
}

TEST_P(FileSystems, SaysWhatIsMissing) {
  const auto read = files_->ReadFile(folder_ + "/none", 1);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kNotFound);
  EXPECT_EQ(read.error().message, "open " + folder_ + "/none: No such file or directory");
  EXPECT_EQ(files_->ListDirectory(folder_ + "/none").error().code, Code::kNotFound);
  EXPECT_EQ(files_->Stat(folder_ + "/none").error().code, Code::kNotFound);
}

TEST_P(FileSystems, RenamesOver) {
  ASSERT_TRUE(files_->WriteFileAtomically(folder_ + "/a", "new", 0600).ok());
  ASSERT_TRUE(files_->WriteFileAtomically(folder_ + "/b", "old", 0600).ok());
  ASSERT_TRUE(files_->Rename(folder_ + "/a", folder_ + "/b").ok());
  EXPECT_EQ(files_->ReadFile(folder_ + "/b", 10).value(), "new");
  EXPECT_FALSE(files_->Stat(folder_ + "/a").ok());
}

INSTANTIATE_TEST_SUITE_P(Doors, FileSystems, ::testing::Values("Posix", "Fake"),
                         [](const auto& info) { return info.param; });

TEST(FakeFileSystem, RunsOutOfSpace) {
  FakeFileSystem files;
  files.LimitSpace(3);
  EXPECT_TRUE(files.WriteFileAtomically("/a", "123").ok());
  const auto full = files.WriteFileAtomically("/b", "4");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::kResourceExhausted);
  EXPECT_FALSE(files.Stat("/b").ok());
}

}  // namespace
}  // namespace belfry
