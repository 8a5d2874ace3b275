// The real promtool (Debian's package prometheus), for tests that compare with it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace belfry::testing {

// What `./dev test` has unpacked, or the one on PATH; empty: there is none.
inline std::string FindPromtool() {
  const std::string unpacked = std::string(BELFRY_SOURCE_DIR) + "/build/tools/usr/bin/promtool";
  if (std::filesystem::exists(unpacked)) return unpacked;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (std::filesystem::exists(folder + "/promtool")) return folder + "/promtool";
  }
  return {};
}

struct PromtoolRun {
  int status = 0;
  std::string output;
};

// `text` as one value of YAML.
inline std::string YamlText(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// A folder of its own that goes with the test.
class PromtoolFolder {
 public:
  explicit PromtoolFolder(const std::string& name)
      : path_(std::filesystem::path(::testing::TempDir()) / ("belfry-promtool-" + name)) {
    std::filesystem::create_directories(path_);
  }
  ~PromtoolFolder() { std::filesystem::remove_all(path_); }
  PromtoolFolder(const PromtoolFolder&) = delete;
  PromtoolFolder& operator=(const PromtoolFolder&) = delete;

  void Write(const std::string& file, const std::string& text) const { std::ofstream(path_ / file) << text; }
  // `promtool test rules FILE` and `promtool check rules FILE`.
  PromtoolRun Test(const std::string& file) const { return Run("test rules ", file); }
  PromtoolRun Check(const std::string& file) const { return Run("check rules --lint=none ", file); }

 private:
  PromtoolRun Run(const std::string& verb, const std::string& file) const {
    const std::string command =
        FindPromtool() + " " + verb + (path_ / file).string() + " > " + (path_ / "out").string() + " 2>&1";
    PromtoolRun run{std::system(command.c_str()), {}};
    std::ifstream in(path_ / "out");
    std::stringstream out;
    out << in.rdbuf();
    run.output = out.str();
    return run;
  }

  std::filesystem::path path_;
};

}  // namespace belfry::testing
