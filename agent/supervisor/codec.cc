#include "agent/supervisor/codec.h"

#include "agent/supervisor/wire.h"

namespace belfry::supervisor {
namespace {

// The numbers on the wire; never reused for another meaning.
enum class Type : uint8_t {
  kHello = 1,
  kStart = 2,
  kSignal = 3,
  kKill = 4,
  kForget = 5,
  kShutdown = 6,
  kWelcome = 64,
  kStarted = 65,
  kStartFailed = 66,
  kExited = 67,
  kSynced = 68,
  kStatus = 69,
  kGoodbye = 70,
};

constexpr size_t kLengthBytes = 4;
constexpr size_t kKeyBytes = 12;  // of a key with empty strings

void Put(WireWriter& out, const ContainerKey& key) {
  out.Text(key.pod_uid);
  out.Text(key.container);
  out.I32(key.attempt);
}

ContainerKey GetKey(WireReader& in) {
  ContainerKey key;
  key.pod_uid = in.Text();
  key.container = in.Text();
  key.attempt = in.I32();
  return key;
}

// One overload per message: its type number and its fields.
struct Encoder {
  WireWriter out;

  void Begin(Type type) { out.U8(static_cast<uint8_t>(type)); }
  void BeginKey(Type type, const ContainerKey& key) {
    Begin(type);
    Put(out, key);
  }

  void operator()(const Hello& m) {
    Begin(Type::kHello);
    out.U32(m.version);
  }
  void operator()(const StartRequest& m);
  void operator()(const SignalRequest& m) {
    BeginKey(Type::kSignal, m.key);
    out.I32(m.signal);
  }
  void operator()(const KillRequest& m) { BeginKey(Type::kKill, m.key); }
  void operator()(const ForgetRequest& m) { BeginKey(Type::kForget, m.key); }
  void operator()(const ShutdownRequest&) { Begin(Type::kShutdown); }
  void operator()(const Welcome& m) {
    Begin(Type::kWelcome);
    out.U32(m.version);
    out.I64(m.pid);
    out.Bool(m.cgroups);
  }
  void operator()(const Started& m) {
    BeginKey(Type::kStarted, m.key);
    out.I64(m.pid);
    out.Time(m.at);
  }
  void operator()(const StartFailed& m) {
    BeginKey(Type::kStartFailed, m.key);
    out.Text(m.reason);
    out.Text(m.message);
    out.Time(m.at);
  }
  void operator()(const Exited& m) {
    BeginKey(Type::kExited, m.key);
    out.I32(m.exit_code);
    out.I32(m.signal);
    out.Bool(m.unknown);
    out.Time(m.started_at);
    out.Time(m.finished_at);
  }
  void operator()(const Synced& m) {
    Begin(Type::kSynced);
    out.U32(static_cast<uint32_t>(m.known.size()));
    for (const auto& key : m.known) Put(out, key);
  }
  void operator()(const Status& m) {
    Begin(Type::kStatus);
    out.U64(m.log_dropped_bytes);
    out.Text(m.log_error);
    out.Text(m.journal_error);
  }
  void operator()(const Goodbye&) { Begin(Type::kGoodbye); }
};

void Encoder::operator()(const StartRequest& m) {
  BeginKey(Type::kStart, m.key);
  out.Text(m.ns);
  out.Text(m.pod);
  out.U32(static_cast<uint32_t>(m.argv.size()));
  for (const auto& argument : m.argv) out.Text(argument);
  out.U32(static_cast<uint32_t>(m.env.size()));
  for (const auto& [name, value] : m.env) {
    out.Text(name);
    out.Text(value);
  }
  out.Text(m.working_dir);
  out.U32(static_cast<uint32_t>(m.mounts.size()));
  for (const auto& mount : m.mounts) {
    out.Text(mount.source);
    out.Text(mount.target);
    out.Bool(mount.read_only);
  }
  out.Text(m.hosts);
}

StartRequest GetStart(WireReader& in) {
  StartRequest m;
  m.key = GetKey(in);
  m.ns = in.Text();
  m.pod = in.Text();
  for (uint32_t n = in.Count(4); n > 0; --n) m.argv.push_back(in.Text());
  for (uint32_t n = in.Count(8); n > 0; --n) {
    std::string name = in.Text();
    m.env.emplace_back(std::move(name), in.Text());
  }
  m.working_dir = in.Text();
  for (uint32_t n = in.Count(9); n > 0; --n) {
    BindMount mount;
    mount.source = in.Text();
    mount.target = in.Text();
    mount.read_only = in.Bool();
    m.mounts.push_back(std::move(mount));
  }
  if (!in.done()) m.hosts = in.Text();  // agents of before do not send it
  return m;
}

Exited GetExited(WireReader& in) {
  Exited m;
  m.key = GetKey(in);
  m.exit_code = in.I32();
  m.signal = in.I32();
  m.unknown = in.Bool();
  m.started_at = in.Time();
  m.finished_at = in.Time();
  return m;
}

Synced GetSynced(WireReader& in) {
  Synced m;
  for (uint32_t n = in.Count(kKeyBytes); n > 0; --n) m.known.push_back(GetKey(in));
  return m;
}

// Braces evaluate from left to right, so fields are read in their order.
std::optional<Message> Get(Type type, WireReader& in) {
  switch (type) {
    case Type::kHello:
      return Hello{in.U32()};
    case Type::kStart:
      return GetStart(in);
    case Type::kSignal:
      return SignalRequest{GetKey(in), in.I32()};
    case Type::kKill:
      return KillRequest{GetKey(in)};
    case Type::kForget:
      return ForgetRequest{GetKey(in)};
    case Type::kShutdown:
      return ShutdownRequest{};
    case Type::kWelcome:
      return Welcome{in.U32(), in.I64(), in.Bool()};
    case Type::kStarted:
      return Started{GetKey(in), in.I64(), in.Time()};
    case Type::kStartFailed:
      return StartFailed{GetKey(in), in.Text(), in.Text(), in.Time()};
    case Type::kExited:
      return GetExited(in);
    case Type::kSynced:
      return GetSynced(in);
    case Type::kStatus:
      return Status{in.U64(), in.Text(), in.Text()};
    case Type::kGoodbye:
      return Goodbye{};
  }
  return std::nullopt;
}

}  // namespace

std::string KeyText(const ContainerKey& key) {
  return key.pod_uid + "/" + key.container + "/" + std::to_string(key.attempt);
}

void AppendFrame(std::string& out, const Message& message) {
  const size_t start = out.size();
  out.append(kLengthBytes, '\0');
  std::visit(Encoder{WireWriter(out)}, message);
  std::string length;
  WireWriter(length).U32(static_cast<uint32_t>(out.size() - start - kLengthBytes));
  out.replace(start, kLengthBytes, length);
}

Result<std::optional<Frame>> NextFrame(std::string_view data) {
  if (data.size() < kLengthBytes) return std::optional<Frame>();
  const size_t length = WireReader(data).U32();
  if (length == 0 || length > kMaxFrameBytes) {
    return Error{Code::kInvalid, "read frame: a length of " + std::to_string(length) + " bytes"};
  }
  if (data.size() < kLengthBytes + length) return std::optional<Frame>();
  return std::optional(Frame{data.substr(kLengthBytes, length), kLengthBytes + length});
}

Result<Message> DecodeFrame(std::string_view body) {
  WireReader in(body);
  const uint8_t type = in.U8();
  auto message = Get(static_cast<Type>(type), in);
  if (!in.ok()) {
    return Error{Code::kInvalid, "read frame: a message of type " + std::to_string(type) + " ends early"};
  }
  if (message) return *std::move(message);
  return Error{Code::kUnsupported, "read frame: unknown type " + std::to_string(type)};
}

}  // namespace belfry::supervisor
