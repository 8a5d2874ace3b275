#include "agent/manifest/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"

namespace belfry::manifest {
namespace {

std::string ConfigNamed(const std::string& name) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n";
}

class LoaderTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(files_.WriteFileAtomically(path, text).ok());
  }
  LoadResult LoadPaths(std::vector<std::string> paths, std::optional<std::string_view> in = {}) {
    return Load(files_, paths, in);
  }
  static std::vector<std::string> Names(const LoadResult& result) {
    std::vector<std::string> names;
    for (const ParsedObject& object : result.objects)
      names.push_back(api::MetaOf(object.object).name + "@" + object.file);
    return names;
  }
  static std::vector<std::string> Errors(const LoadResult& result) {
    std::vector<std::string> texts;
    for (const Problem& problem : result.errors) texts.push_back(problem.ToString());
    return texts;
  }

  FakeFileSystem files_;
};

TEST_F(LoaderTest, ReadsFilesFoldersAndStandardInput) {
  Write("/m/b.yaml", ConfigNamed("b"));
  Write("/m/a.yml", ConfigNamed("a"));
  Write("/m/c.json", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}})");
  Write("/m/README.md", "text");
  Write("/m/.hidden.yaml", "text");
  Write("/m/folder/d.yaml", ConfigNamed("d"));
  Write("/x.txt", ConfigNamed("x"));
  const LoadResult result = LoadPaths({"/m", "/x.txt", "-", "/m/a.yml"}, ConfigNamed("in"));
  EXPECT_THAT(Errors(result), testing::IsEmpty());
  EXPECT_THAT(Names(result),
              testing::ElementsAre("a@/m/a.yml", "b@/m/b.yaml", "c@/m/c.json", "x@/x.txt", "in@<stdin>"));
}

TEST_F(LoaderTest, EachBadFileIsOneError) {
  Write("/m/empty.yaml", "");
  Write("/m/good.yaml", ConfigNamed("good"));
  Write("/m/huge.yaml", std::string(50'000'000, '#'));
  ASSERT_TRUE(files_.CreateDirectories("/none", 0755).ok());
  const LoadResult result = LoadPaths({"/m", "/missing.yaml", "/none", "-"});
  EXPECT_THAT(Errors(result),
              testing::ElementsAre("/m/empty.yaml: no objects in it", "/m/huge.yaml: larger than 8 MiB",
                                   "/missing.yaml: No such file or directory",
                                   "/none: no manifests (*.yaml, *.yml, *.json) in this folder",
                                   "-: standard input was not read"));
  EXPECT_THAT(Names(result), testing::ElementsAre("good@/m/good.yaml"));
}

TEST_F(LoaderTest, OneNameInTwoFilesIsAnError) {
  Write("/m/a.yaml", ConfigNamed("x"));
  Write("/m/b.yaml", "---\n" + ConfigNamed("x"));
  EXPECT_THAT(
      Errors(LoadPaths({"/m"})),
      testing::ElementsAre(
          "/m/b.yaml:2:1: metadata.name: configmap default/x is defined twice: the other is at /m/a.yaml:1"));
}

}  // namespace
}  // namespace belfry::manifest
