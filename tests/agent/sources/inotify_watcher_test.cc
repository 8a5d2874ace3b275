#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/base/asio_event_loop.h"
#include "agent/sources/file_watcher.h"

namespace belfry::sources {
namespace {

namespace fs = std::filesystem;

// A real folder and a real loop; each step waits for the event, not for time.
class InotifyWatcherTest : public ::testing::Test {
 protected:
  InotifyWatcherTest() {
    std::string pattern = (fs::temp_directory_path() / "belfry-watch-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~InotifyWatcherTest() override { fs::remove_all(folder_); }

  // Takes the steps one after the other, each when the one before has been heard of; returns how many were,
  // within five seconds. A step's events are all queued when it returns and are read in one go: none is left
  // for the next.
  size_t StepsHeard(std::vector<std::function<void()>> steps) {
    steps_ = std::move(steps);
    loop_.Post(steps_.front());
    loop_.RunAfter(seconds(5), [this] { loop_.Stop(); });
    loop_.Run();
    return heard_;
  }
  std::function<void()> Hear() {
    return [this] {
      ++heard_;
      if (heard_ >= steps_.size()) return loop_.Stop();
      loop_.Post(steps_[heard_]);
    };
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  fs::path folder_;
  AsioEventLoop loop_;
  InotifyWatcher watcher_{loop_};
  std::vector<std::function<void()>> steps_;
  size_t heard_ = 0;
};

TEST_F(InotifyWatcherTest, AFoldersFilesAreHeard) {
  ASSERT_TRUE(watcher_.Watch(folder_, Hear()).ok());
  EXPECT_EQ(StepsHeard({[this] { Write("a.yaml", "1"); }, [this] { Write("a.yaml", "2"); },
                        [this] { fs::rename(folder_ / "a.yaml", folder_ / "b.yaml"); },
                        [this] { fs::remove(folder_ / "b.yaml"); }}),
            4u);
}

TEST_F(InotifyWatcherTest, AFileReplacedByRenamingIsHeard) {
  Write("a.yaml", "1");
  ASSERT_TRUE(watcher_.Watch(folder_ / "a.yaml", Hear()).ok());
  const auto replace = [this] {
    Write("a.yaml.new", "2");
    fs::rename(folder_ / "a.yaml.new", folder_ / "a.yaml");
  };
  EXPECT_EQ(StepsHeard({replace, replace}), 2u);
}

TEST_F(InotifyWatcherTest, AFolderThatComesBackIsHeardAgain) {
  const fs::path inner = folder_ / "m";
  fs::create_directory(inner);
  ASSERT_TRUE(watcher_.Watch(inner, Hear()).ok());
  EXPECT_EQ(StepsHeard({[&] { fs::remove_all(inner); },
                        [&] {
                          fs::create_directory(inner);
                          ASSERT_TRUE(watcher_.Watch(inner, Hear()).ok());
                          Write("m/a.yaml", "1");
                        }}),
            2u);
}

TEST_F(InotifyWatcherTest, WhatIsNotThereIsAnError) {
  const auto watched = watcher_.Watch(folder_ / "none" / "a.yaml", Hear());
  ASSERT_FALSE(watched.ok());
  EXPECT_EQ(watched.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace belfry::sources
