#include "agent/controllers/cronjob/options.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <string>

#include "agent/cron/go_syntax.h"

namespace belfry::controllers {
namespace {

constexpr Duration kLongestJitter = hours(24);
constexpr int64_t kMaxCatchUpLimit = 1000;

class Reader {
 public:
  Reader(const api::StringMap& annotations, std::vector<EventNote>& notes)
      : annotations_(annotations), notes_(notes) {}

  const std::string* Find(std::string_view name) const {
    const auto it = annotations_.find(name);
    return it == annotations_.end() ? nullptr : &it->second;
  }
  void Refuse(std::string_view name, const std::string& value, std::string_view wanted) {
    notes_.push_back({.type = api::EventType::kWarning,
                      .reason = "InvalidAnnotation",
                      .message = fmt::format("annotation {} is ignored: {} is not {}", name,
                                             cron::GoQuote(value), wanted)});
  }

 private:
  const api::StringMap& annotations_;
  std::vector<EventNote>& notes_;
};

void ReadDst(Reader& reader, CronJobOptions& options) {
  const std::string* value = reader.Find(kDstAnnotation);
  if (value == nullptr || *value == "kubernetes") return;
  if (*value != "vixie") return reader.Refuse(kDstAnnotation, *value, "kubernetes or vixie");
  options.clock_change = cron::ClockChange::kVixie;
}

void ReadCatchUp(Reader& reader, CronJobOptions& options) {
  const std::string* value = reader.Find(kCatchUpAnnotation);
  if (value == nullptr || *value == "latest") return;
  if (*value == "all") {
    options.catch_up = CatchUp::kAll;
  } else if (*value == "none") {
    options.catch_up = CatchUp::kNone;
  } else {
    reader.Refuse(kCatchUpAnnotation, *value, "latest, all or none");
  }
}

void ReadCatchUpLimit(Reader& reader, CronJobOptions& options) {
  const std::string* value = reader.Find(kCatchUpLimitAnnotation);
  if (value == nullptr) return;
  int64_t limit = 0;
  const auto [end, status] = std::from_chars(value->data(), value->data() + value->size(), limit);
  if (status != std::errc() || end != value->data() + value->size() || limit < 1 ||
      limit > kMaxCatchUpLimit) {
    return reader.Refuse(kCatchUpLimitAnnotation, *value, "a number from 1 to 1000");
  }
  options.catch_up_limit = limit;
}

void ReadJitter(Reader& reader, const api::ObjectMeta& meta, CronJobOptions& options) {
  const std::string* value = reader.Find(kJitterAnnotation);
  if (value == nullptr) return;
  const auto jitter = ParseDuration(*value);
  if (!jitter || *jitter < Duration(0) || *jitter > kLongestJitter) {
    return reader.Refuse(kJitterAnnotation, *value, "a duration from 0s to 24h");
  }
  options.start_delay = JitterOf(meta, *jitter);
}

}  // namespace

Duration JitterOf(const api::ObjectMeta& meta, Duration jitter) {
  const auto span = static_cast<uint64_t>(std::chrono::floor<milliseconds>(jitter).count());
  if (span == 0) return Duration(0);
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a: the same on every machine and in every build
  for (const char c : meta.ns + "/" + meta.name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  // Its low bits alone are poorly mixed for names that differ in the last character.
  hash ^= hash >> 32;
  return milliseconds(static_cast<int64_t>(hash % span));
}

CronJobOptions ReadOptions(const api::ObjectMeta& meta, std::vector<EventNote>& notes) {
  CronJobOptions options;
  Reader reader(meta.annotations, notes);
  ReadDst(reader, options);
  ReadCatchUp(reader, options);
  ReadCatchUpLimit(reader, options);
  ReadJitter(reader, meta, options);
  return options;
}

}  // namespace belfry::controllers
