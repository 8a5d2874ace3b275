// How long a scrape takes, against the time that the same bytes need to go down the same kind of socket.
//
// The page is that of finished Jobs. Four ways, each some times in turn, medians compared:
//   stream     the real server and handler on loopback: snapshot, rendering, chunks, socket
//   push       the finished page written to a loopback socket by a thread that does nothing else (the floor)
//   render     the page written into memory piece by piece, no socket
//   serialize  prometheus-cpp's text serializer over the same series (without the collection before it)
// The reader is the same for stream and push: a thread that reads into one buffer.
#include <netinet/in.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/asio_event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/http/server.h"
#include "exporters/exposition/metrics_handler.h"
#include "exporters/exposition/page.h"
#include "exporters/kube/kube_rows.h"

namespace belfry {
namespace {

constexpr int kRounds = 7;

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return ToSeconds(std::chrono::steady_clock::now() - start);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// --- Memory ---

// The peak of the resident set since ResetPeak, or the set itself. Units: bytes.
double Resident(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::strtod(line.c_str() + std::strlen(key), nullptr) * 1024;
  }
  return 0;
}
void ResetPeak() { std::ofstream("/proc/self/clear_refs") << 5; }

// --- Sockets ---

UniqueFd Connect(uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Die("connect");
  return fd;
}

// Reads until the peer closes; returns how many bytes came.
size_t ReadAll(int fd) {
  static thread_local std::vector<char> buffer(256 * 1024);
  size_t total = 0;
  for (ssize_t n = ::read(fd, buffer.data(), buffer.size()); n > 0;
       n = ::read(fd, buffer.data(), buffer.size())) {
    total += static_cast<size_t>(n);
  }
  return total;
}

void WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), std::min<size_t>(data.size(), 256 * 1024));
    if (n <= 0) Die("write");
    data.remove_prefix(static_cast<size_t>(n));
  }
}

// --- What is measured ---

api::Job FinishedJob(size_t number) {
  api::Job job;
  job.metadata.ns = "batch";
  job.metadata.name = "nightly-report-" + std::to_string(28'000'000 + number);
  job.metadata.creation_timestamp = FromUnixSeconds(1'700'000'000 + static_cast<int64_t>(number));
  job.metadata.owner_references = {{.kind = "CronJob", .name = "nightly-report", .controller = true}};
  job.spec.parallelism = 1;
  job.spec.completions = 1;
  job.status.start_time = job.metadata.creation_timestamp;
  job.status.completion_time = *job.metadata.creation_timestamp + seconds(60);
  job.status.succeeded = 1;
  job.status.conditions = {{.type = "Complete", .status = api::ConditionStatus::kTrue}};
  return job;
}

store::Change Creation(size_t number) {
  auto job = std::make_shared<const api::Job>(FinishedJob(number));
  return {api::KeyOf(*job), std::nullopt, api::Object(job), number + 1};
}

// The real path, on three threads as in the agent: telemetry loop, HTTP loop, scraper.
class Agent {
 public:
  explicit Agent(kube::KubeRows& rows) : server_(http_, MakeRouter(rows)) {
    const auto port = server_.Listen("127.0.0.1:0");
    if (!port.ok()) Die(port.error().message.c_str());
    port_ = *port;
    telemetry_thread_ = std::thread([this] { telemetry_.Run(); });
    http_thread_ = std::thread([this] { http_.Run(); });
  }
  ~Agent() {
    telemetry_.Stop();
    http_.Stop();
    telemetry_thread_.join();
    http_thread_.join();
  }

  size_t Scrape() {
    const UniqueFd fd = Connect(port_);
    WriteAll(fd.get(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return ReadAll(fd.get());
  }

 private:
  http::Router MakeRouter(kube::KubeRows& rows) {
    http::Router router;
    router.Handle("GET", "/metrics", exposition::MetricsHandler(telemetry_, http_, {.take = [&rows] {
                                                                  return exposition::Snapshots{rows.Take()};
                                                                }}));
    return router;
  }

  AsioEventLoop telemetry_;
  AsioEventLoop http_;
  http::Server server_;
  uint16_t port_ = 0;
  std::thread telemetry_thread_;
  std::thread http_thread_;
};

// The same bytes, ready-made, down a loopback socket to the same reader.
double Push(const std::string& page) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), 1) != 0) Die("listen");
  if (::getsockname(listener.get(), generic, &length) != 0) Die("getsockname");
  std::thread writer([&] {
    const UniqueFd fd(::accept(listener.get(), nullptr, nullptr));
    WriteAll(fd.get(), page);
  });
  const double took = Seconds([&] { ReadAll(Connect(ntohs(address.sin_port)).get()); });
  writer.join();
  return took;
}

size_t RenderOnly(kube::KubeRows& rows) {
  exposition::Page page({rows.Take()}, model::TextFormat::kPrometheus);
  size_t bytes = 0;
  for (std::string piece = page.Next(256 * 1024); !piece.empty(); piece = page.Next(256 * 1024))
    bytes += piece.size();
  return bytes;
}

std::vector<prometheus::MetricFamily> AsLibraryFamilies(const model::Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  for (size_t i = 0; i < snapshot.families().size(); ++i) {
    prometheus::MetricFamily family{
        snapshot.families()[i].name, snapshot.families()[i].help, prometheus::MetricType::Gauge, {}};
    snapshot.Visit(i, [&](std::string_view, model::LabelsView labels, double value) {
      prometheus::ClientMetric metric;
      for (const auto& label : labels)
        metric.label.push_back({std::string(label.name), std::string(label.value)});
      metric.gauge.value = value;
      family.metric.push_back(std::move(metric));
    });
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return families;
}

double Serialize(const std::vector<prometheus::MetricFamily>& families) {
  return Seconds([&] {
    const std::string text = prometheus::TextSerializer().Serialize(families);
    if (text.empty()) Die("serialize");
  });
}

struct Row {
  size_t jobs = 0;
  size_t bytes = 0;
  double first_take = 0, take_after_change = 0, extra_memory = 0;
  double stream = 0, push = 0, render = 0, serialize = 0;
};

// Changes the rows of 1,000 Jobs spread over the table, then takes a snapshot.
double TakeAfterChange(kube::KubeRows& rows, size_t jobs) {
  std::vector<store::Change> changes;
  for (size_t i = 0; i < 1000; ++i) changes.push_back(Creation(i * jobs / 1000));
  return Seconds([&] {
    rows.Apply(changes);
    rows.Take();
  });
}

Row Measure(size_t jobs) {
  Row row{.jobs = jobs};
  kube::KubeRows rows([](const api::CronJobSpec&, Instant) {
    return kube::NextSchedule{true, std::nullopt};
  });
  for (size_t i = 0; i < jobs; ++i) {
    const store::Change change = Creation(i);
    rows.Apply({&change, 1});
  }
  row.first_take = Seconds([&] { rows.Take(); });
  row.take_after_change = TakeAfterChange(rows, jobs);
  Agent agent(rows);
  ResetPeak();
  const double before = Resident("VmRSS:");
  agent.Scrape();
  row.extra_memory = Resident("VmHWM:") - before;
  const std::string page = exposition::WritePage({rows.Take()}, model::TextFormat::kPrometheus);
  row.bytes = page.size();
  std::vector<double> stream, push, render;
  for (int round = 0; round < kRounds; ++round) {
    stream.push_back(Seconds([&] { agent.Scrape(); }));
    push.push_back(Push(page));
    render.push_back(Seconds([&] { RenderOnly(rows); }));
  }
  row.stream = Median(stream);
  row.push = Median(push);
  row.render = Median(render);
  row.serialize = Serialize(AsLibraryFamilies(*rows.Take()));
  return row;
}

void Print(const Row& row) {
  const auto ms = [](double seconds) { return seconds * 1000; };
  std::printf("%7zu Jobs  page %6.1f MB  stream %8.2f ms  push %7.2f ms  ratio %5.2f (budget 2)\n", row.jobs,
              static_cast<double>(row.bytes) / 1e6, ms(row.stream), ms(row.push), row.stream / row.push);
  std::printf("              render %.2f ms (%.2f x push)  prometheus-cpp serializer %.0f ms (%.0f x push)\n",
              ms(row.render), row.render / row.push, ms(row.serialize), row.serialize / row.push);
  std::printf(
      "              extra memory while scraping %.1f MB (budget 64)  snapshot %.2f ms, after 1,000 changes "
      "%.2f ms\n",
      row.extra_memory / 1e6, ms(row.first_take), ms(row.take_after_change));
  std::fflush(stdout);
}

}  // namespace
}  // namespace belfry

int main() {
  for (const size_t jobs : {size_t{1000}, size_t{10'000}, size_t{100'000}})
    belfry::Print(belfry::Measure(jobs));
}
