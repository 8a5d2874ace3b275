#include "bench/job_history.h"

#include <bit>

namespace belfry::bench {
namespace {

constexpr size_t kCronJobs = 400;
constexpr size_t kJobs = 2000;
constexpr int64_t kStepMs = 15'000;
constexpr int64_t kSteps = 2 * 3600 * 1000 / kStepMs;
constexpr const char* kBounds[] = {"1", "5", "15", "30", "60", "120", "300", "600", "1800", "+Inf"};

// A series and how it moves: by step, the number so far.
struct Track {
  model::Labels labels;
  std::function<double(int64_t step)> value;
};

model::Labels Named(const char* name, std::vector<model::Label> labels) {
  labels.push_back({"__name__", name});
  return model::Labels(std::move(labels));
}

void AddCronJob(size_t i, std::vector<Track>& tracks) {
  const std::string ns = "team-" + std::to_string(i % 8);
  const std::string name = "nightly-" + std::to_string(i);
  const auto period = static_cast<int64_t>(2 + i % 7);
  for (const bool failed : {false, true}) {
    tracks.push_back(
        {Named("job_runs_total",
               {{"namespace", ns}, {"cronjob", name}, {"result", failed ? "failed" : "succeeded"}}),
         [period, failed, i](int64_t step) {
           return static_cast<double>((step + static_cast<int64_t>(i)) / (failed ? period * 9 : period));
         }});
  }
  for (size_t b = 0; b < std::size(kBounds); ++b) {
    tracks.push_back(
        {Named("job_duration_seconds_bucket", {{"namespace", ns}, {"cronjob", name}, {"le", kBounds[b]}}),
         [period, b, i](int64_t step) {
           return static_cast<double>((step + static_cast<int64_t>(i)) / period *
                                      static_cast<int64_t>(b + 1) / 10);
         }});
  }
}

void AddJob(size_t i, std::vector<Track>& tracks) {
  const std::string ns = "team-" + std::to_string(i % 8);
  const std::string name = "nightly-" + std::to_string(i % kCronJobs) + "-" + std::to_string(28'000'000 + i);
  tracks.push_back(
      {Named("kube_job_status_active", {{"namespace", ns}, {"job_name", name}}),
       [i](int64_t step) { return static_cast<double>((static_cast<uint64_t>(step) / 4 + i) % 5 == 0); }});
  tracks.push_back({Named("kube_job_owner", {{"namespace", ns},
                                             {"job_name", name},
                                             {"owner_kind", "CronJob"},
                                             {"owner_name", "nightly-" + std::to_string(i % kCronJobs)}}),
                    [](int64_t) { return 1.0; }});
}

std::vector<Track> Tracks() {
  std::vector<Track> tracks;
  for (size_t i = 0; i < kCronJobs; ++i) AddCronJob(i, tracks);
  for (size_t i = 0; i < kJobs; ++i) AddJob(i, tracks);
  return tracks;
}

int64_t TimeOf(Instant now, int64_t step) {
  return ToUnixSeconds(now) * 1000 - (kSteps - 1 - step) * kStepMs;
}

// --- Protobuf and Snappy, as much as remote write needs ---

void PutVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void PutBytes(char tag, const std::string& bytes, std::string& out) {
  out += tag;
  PutVarint(bytes.size(), out);
  out += bytes;
}

std::string LabelsMessage(const model::Labels& labels) {
  std::string out;
  for (const model::Label& label : labels) {
    std::string pair;
    PutBytes('\x0A', label.name, pair);
    PutBytes('\x12', label.value, pair);
    PutBytes('\x0A', pair, out);
  }
  return out;
}

std::string SampleMessage(int64_t time_ms, double value) {
  std::string out = "\x09";
  const auto bits = std::bit_cast<uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
  out += '\x10';
  PutVarint(static_cast<uint64_t>(time_ms), out);
  return out;
}

// One literal holds it all.
std::string AsSnappy(const std::string& plain) {
  std::string out;
  PutVarint(plain.size(), out);
  out += '\xFC';
  const size_t last = plain.size() - 1;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(last >> shift);
  return out + plain;
}

}  // namespace

void ForEachSample(Instant now, const SampleSink& sink) {
  const std::vector<Track> tracks = Tracks();
  for (int64_t step = 0; step < kSteps; ++step) {
    for (const Track& track : tracks) sink(track.labels, TimeOf(now, step), track.value(step));
  }
}

std::vector<std::string> RemoteWriteBodies(Instant now) {
  constexpr int64_t kStepsPerBody = 40;
  const std::vector<Track> tracks = Tracks();
  std::vector<std::string> labels;
  for (const Track& track : tracks) labels.push_back(LabelsMessage(track.labels));
  std::vector<std::string> bodies;
  for (int64_t begin = 0; begin < kSteps; begin += kStepsPerBody) {
    std::string request;
    for (size_t i = 0; i < tracks.size(); ++i) {
      std::string series = labels[i];
      for (int64_t step = begin; step < std::min(kSteps, begin + kStepsPerBody); ++step) {
        PutBytes('\x12', SampleMessage(TimeOf(now, step), tracks[i].value(step)), series);
      }
      PutBytes('\x0A', series, request);
    }
    bodies.push_back(AsSnappy(request));
  }
  return bodies;
}

}  // namespace belfry::bench
