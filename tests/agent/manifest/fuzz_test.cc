// The fuzzer's checks over a fixed corpus and mutations of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "agent/base/file_system.h"
#include "tests/agent/manifest/samples.h"
#include "tests/fuzz/manifest_fuzz.h"

namespace belfry::manifest {
namespace {

std::vector<std::string> Corpus() {
  std::vector<std::string> texts;
  const PosixFileSystem files;
  const std::string folder = std::string(BELFRY_SOURCE_DIR) + "/tests/manifests";
  const auto entries = files.ListDirectory(folder);
  EXPECT_TRUE(entries.ok());
  for (const DirectoryEntry& entry : *entries)
    texts.push_back(files.ReadFile(folder + "/" + entry.name, 1 << 20).value_or(""));
  for (const api::Object& object : FullObjects()) texts.push_back(ToJson(object));
  texts.push_back("");
  texts.push_back("a: &a [*a, {<<: {b: 1}}]\n---\n? x\n: y\n");
  return texts;
}

std::string Mutated(std::string text, const std::vector<std::string>& corpus, std::mt19937& random) {
  static constexpr std::string_view kAlphabet = "{}[]\",:'\\&*!|>?#%@- \n\t0159.aeAz~<\x00\xE4\xFF";
  const auto anywhere = [&] { return text.empty() ? 0 : random() % text.size(); };
  for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
    const size_t at = anywhere();
    const size_t length = random() % 24;
    switch (random() % 5) {
      case 0:
        text.insert(at, 1, kAlphabet[random() % kAlphabet.size()]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(anywhere(), text.substr(at, length));
        break;
      case 3:
        text.resize(at);
        break;
      default: {
        const std::string& other = corpus[random() % corpus.size()];
        text.insert(at, other.substr(other.empty() ? 0 : random() % other.size(), length));
      }
    }
  }
  return text;
}

TEST(Fuzz, EveryTextOfTheCorpusHolds) {
  for (const std::string& text : Corpus()) FuzzManifest(text);
}

TEST(Fuzz, MutationsOfTheCorpusHold) {
  const auto corpus = Corpus();
  std::mt19937 random(2026);
  for (int round = 0; round < 1500; ++round)
    FuzzManifest(Mutated(corpus[random() % corpus.size()], corpus, random));
}

}  // namespace
}  // namespace belfry::manifest
