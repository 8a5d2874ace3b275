#include "exporters/cronjob/counters.h"

#include <charconv>
#include <cmath>

#include "exporters/model/number.h"

namespace belfry::cronjob {
namespace {

constexpr std::string_view kMagic = "belfry-cronjob-counters";
constexpr int kVersion = 1;

// --- Writing: words with a blank between; a word never has one inside and is never empty ---

void AppendWord(std::string_view word, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out += ' ';
  if (word.empty()) out += '-';
  if (word == "-") return void(out += "%2D");
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == '%' || byte == 0x7F) {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
}

void AppendCount(uint64_t count, std::string& out) { (out += ' ') += std::to_string(count); }

void AppendBuckets(std::string_view kind, const CronJobName& name, const Buckets& buckets, std::string& out) {
  if (buckets.counts.empty()) return;
  out += kind;
  AppendWord(name.first, out);
  AppendWord(name.second, out);
  out += ' ';
  model::AppendNumber(buckets.sum, out);
  for (const uint64_t count : buckets.counts) AppendCount(count, out);
  out += '\n';
}

void AppendLast(const CronJobName& name, const LastRun& last, std::string& out) {
  out += "last";
  AppendWord(name.first, out);
  AppendWord(name.second, out);
  AppendWord(last.job_uid, out);
  out += last.succeeded ? " succeeded " : " failed ";
  out += std::to_string(last.finished.time_since_epoch().count());
  AppendWord(last.duration ? model::FormatNumber(*last.duration) : "", out);
  AppendWord(last.exit_code ? std::to_string(*last.exit_code) : "", out);
  out += '\n';
}

void AppendTally(const CronJobName& name, const Tally& tally, std::string& out) {
  out += "cronjob";
  AppendWord(name.first, out);
  AppendWord(name.second, out);
  AppendCount(tally.succeeded, out);
  AppendCount(tally.failed, out);
  AppendCount(tally.consecutive_failures, out);
  for (const uint64_t missed : tally.missed) AppendCount(missed, out);
  out += '\n';
  if (tally.last) AppendLast(name, *tally.last, out);
  AppendBuckets("duration", name, tally.duration, out);
  AppendBuckets("delay", name, tally.delay, out);
  AppendBuckets("run", name, tally.run_duration, out);
}

// --- Reading ---

int HexValue(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

// The words of one line. Whatever is missing or malformed makes `ok` false; callers look once, at the end.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view Raw() {
    const size_t blank = rest_.find(' ');
    const std::string_view word = rest_.substr(0, blank);
    rest_ = blank == std::string_view::npos ? std::string_view() : rest_.substr(blank + 1);
    if (word.empty()) ok_ = false;
    return word;
  }
  std::string Text() {
    const std::string_view word = Raw();
    if (word == "-") return {};
    std::string text;
    for (size_t i = 0; i < word.size(); ++i) {
      if (word[i] != '%') {
        text += word[i];
        continue;
      }
      const int high = i + 2 < word.size() ? HexValue(word[i + 1]) : -1;
      const int low = high >= 0 ? HexValue(word[i + 2]) : -1;
      if (low < 0) return ok_ = false, std::string();
      text += static_cast<char>(high * 16 + low);
      i += 2;
    }
    return text;
  }
  template <class T>
  T Number() {
    const std::string_view word = Raw();
    T number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) ok_ = false;
    return number;
  }
  template <class T>
  std::optional<T> OptionalNumber() {
    if (rest_.substr(0, rest_.find(' ')) == "-") return Raw(), std::nullopt;
    return Number<T>();
  }
  bool AtEnd() const { return rest_.empty(); }
  bool ok() const { return ok_; }
  void Refuse() { ok_ = false; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

CronJobName ReadName(Words& words) {
  std::string ns = words.Text();
  return {std::move(ns), words.Text()};
}

void ReadTally(Words& words, Counters& counters) {
  Tally& tally = counters.tallies[ReadName(words)];
  tally.succeeded = words.Number<uint64_t>();
  tally.failed = words.Number<uint64_t>();
  tally.consecutive_failures = words.Number<uint64_t>();
  for (uint64_t& missed : tally.missed) missed = words.Number<uint64_t>();
}

void ReadLast(Words& words, Counters& counters) {
  Tally& tally = counters.tallies[ReadName(words)];
  LastRun last;
  last.job_uid = words.Text();
  const std::string_view result = words.Raw();
  if (result != "succeeded" && result != "failed") words.Refuse();
  last.succeeded = result == "succeeded";
  last.finished = Instant(Duration(words.Number<int64_t>()));
  last.duration = words.OptionalNumber<double>();
  last.exit_code = words.OptionalNumber<int32_t>();
  tally.last = std::move(last);
}

void ReadBuckets(Words& words, Buckets Tally::*member, std::span<const double> bounds, Counters& counters) {
  Buckets& buckets = counters.tallies[ReadName(words)].*member;
  buckets.sum = words.Number<double>();
  if (!std::isfinite(buckets.sum)) words.Refuse();
  buckets.counts.resize(bounds.size() + 1);
  for (uint64_t& count : buckets.counts) count = words.Number<uint64_t>();
}

void ReadJob(Words& words, Counters& counters) {
  Counted& counted = counters.jobs[words.Text()];
  const std::string_view what = words.Raw();
  counted = {.finish = what.find('f') != std::string_view::npos,
             .delay = what.find('d') != std::string_view::npos};
}

bool ReadLine(std::string_view line, Counters& counters) {
  Words words(line);
  const std::string_view kind = words.Raw();
  if (kind == "cronjob") {
    ReadTally(words, counters);
  } else if (kind == "last") {
    ReadLast(words, counters);
  } else if (kind == "duration") {
    ReadBuckets(words, &Tally::duration, ShortBounds(), counters);
  } else if (kind == "delay") {
    ReadBuckets(words, &Tally::delay, ShortBounds(), counters);
  } else if (kind == "run") {
    ReadBuckets(words, &Tally::run_duration, LongBounds(), counters);
  } else if (kind == "job") {
    ReadJob(words, counters);
  } else {
    return false;
  }
  return words.ok() && words.AtEnd();
}

Result<void> CheckHead(std::string_view line) {
  Words words(line);
  if (words.Raw() != kMagic) return Error{Code::kInvalid, "line 1: not a file of CronJob counters"};
  const int version = words.Number<int>();
  if (!words.ok() || !words.AtEnd()) return Error{Code::kInvalid, "line 1: no version"};
  if (version != kVersion) {
    return Error{Code::kUnsupported,
                 "line 1: version " + std::to_string(version) + " is not " + std::to_string(kVersion)};
  }
  return {};
}

}  // namespace

std::string EncodeCounters(const Counters& counters) {
  std::string out(kMagic);
  AppendCount(kVersion, out);
  out += '\n';
  for (const auto& [name, tally] : counters.tallies) AppendTally(name, tally, out);
  for (const auto& [uid, counted] : counters.jobs) {
    if (!counted.finish && !counted.delay) continue;
    out += "job";
    AppendWord(uid, out);
    out += counted.finish ? counted.delay ? " fd\n" : " f\n" : " d\n";
  }
  return out += "end\n";
}

Result<Counters> DecodeCounters(std::string_view text) {
  Counters counters;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // a torn line: the end is missing
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (++number == 1) {
      RETURN_IF_ERROR(CheckHead(line));
    } else if (line == "end") {
      if (text.empty()) return counters;
      return Error{Code::kInvalid, "line " + std::to_string(number + 1) + ": text after the end"};
    } else if (!ReadLine(line, counters)) {
      return Error{Code::kInvalid, "line " + std::to_string(number) + ": cannot be read"};
    }
  }
  return Error{Code::kInvalid, "line " + std::to_string(number + 1) + ": the end is missing"};
}

}  // namespace belfry::cronjob
