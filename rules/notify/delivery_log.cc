#include "rules/notify/delivery_log.h"

#include <fmt/format.h>

#include <boost/crc.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/base/log.h"
#include "rules/notify/webhook.h"

namespace belfry::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "belfry-notify-queue";
constexpr int kVersion = 1;
constexpr uint64_t kMaxFileBytes = 1ULL << 30;
constexpr uint64_t kRewriteAbove = 1 << 20;
constexpr size_t kChecksumLength = 8;

std::string Line(const Json& record) {
  const std::string text = record.dump(-1, ' ', false, Json::error_handler_t::replace);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return fmt::format("{:08x} {}\n", crc.checksum(), text);
}

// The text of a good line, or nullopt. `line` is without its end.
std::optional<std::string_view> Checked(std::string_view line) {
  uint32_t want = 0;
  if (line.size() <= kChecksumLength || line[kChecksumLength] != ' ') return std::nullopt;
  const auto [end, error] = std::from_chars(line.data(), line.data() + kChecksumLength, want, 16);
  if (error != std::errc() || end != line.data() + kChecksumLength) return std::nullopt;
  line.remove_prefix(kChecksumLength + 1);
  boost::crc_32_type crc;
  crc.process_bytes(line.data(), line.size());
  return crc.checksum() == want ? std::optional(line) : std::nullopt;
}

int64_t Nanoseconds(Instant t) { return t.time_since_epoch().count(); }
Instant FromNanoseconds(int64_t ns) { return Instant(Duration(ns)); }

std::vector<std::string> HexList(const std::vector<Fingerprint>& list) {
  std::vector<std::string> out;
  for (const Fingerprint fingerprint : list) out.push_back(FingerprintText(fingerprint));
  return out;
}

Fingerprint FromHex(const std::string& text) { return std::stoull(text, nullptr, 16); }

std::vector<Fingerprint> FromHexList(const Json& list) {
  std::vector<Fingerprint> out;
  for (const Json& each : list) out.push_back(FromHex(each.get<std::string>()));
  return out;
}

Notice ReadNotice(const Json& record) {
  Notice notice;
  for (const auto& [name, value] : record.at("labels").items())
    notice.labels.Set(name, value.get<std::string>());
  notice.annotations = record.at("annotations").get<std::map<std::string, std::string>>();
  notice.generator_url = record.at("generatorURL").get<std::string>();
  notice.starts_at = FromNanoseconds(record.at("startsAt").get<int64_t>());
  if (record.contains("endsAt")) notice.ends_at = FromNanoseconds(record.at("endsAt").get<int64_t>());
  notice.valid_for = Duration(record.at("validFor").get<int64_t>());
  return notice;
}

void Apply(const Json& record, DeliveryState& state) {
  const auto kind = record.at("kind").get<std::string>();
  if (kind == "alert") {
    Notice notice = ReadNotice(record);
    const Fingerprint fingerprint = notice.labels.Fingerprint();
    state.notices.insert_or_assign(fingerprint, std::move(notice));
  } else if (kind == "drop") {
    state.notices.erase(FromHex(record.at("fingerprint").get<std::string>()));
  } else if (kind == "sent") {
    const SentKey key(record.at("group").get<std::string>(), record.at("to").get<std::string>());
    state.sent.insert_or_assign(
        key, SentEntry{FromNanoseconds(record.at("at").get<int64_t>()), FromHexList(record.at("firing")),
                       FromHexList(record.at("resolved"))});
  } else if (kind == "forget") {
    state.Forget(record.at("group").get<std::string>());
  }
}

// False if the line is not a record: the library's exceptions stop here.
bool ApplyLine(std::string_view text, DeliveryState& state) {
  try {
    Apply(Json::parse(text), state);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

std::string EncodeHeader() { return fmt::format("{} {}\n", kMagic, kVersion); }

std::string EncodeNotice(const Notice& notice) {
  Json record = {{"kind", "alert"}, {"labels", Json::object()}};
  for (const model::Label& label : notice.labels) record["labels"][label.name] = label.value;
  record["annotations"] = notice.annotations;
  record["generatorURL"] = notice.generator_url;
  record["startsAt"] = Nanoseconds(notice.starts_at);
  if (notice.ends_at) record["endsAt"] = Nanoseconds(*notice.ends_at);
  record["validFor"] = notice.valid_for.count();
  return Line(record);
}

std::string EncodeDrop(Fingerprint fingerprint) {
  return Line({{"kind", "drop"}, {"fingerprint", FingerprintText(fingerprint)}});
}

std::string EncodeSent(const SentKey& key, const SentEntry& entry) {
  return Line({{"kind", "sent"},
               {"group", key.first},
               {"to", key.second},
               {"at", Nanoseconds(entry.at)},
               {"firing", HexList(entry.firing)},
               {"resolved", HexList(entry.resolved)}});
}

std::string EncodeForget(const std::string& group_key) {
  return Line({{"kind", "forget"}, {"group", group_key}});
}

std::string EncodeState(const DeliveryState& state) {
  std::string text = EncodeHeader();
  for (const auto& [fingerprint, notice] : state.notices) text += EncodeNotice(notice);
  for (const auto& [key, entry] : state.sent) text += EncodeSent(key, entry);
  return text;
}

Result<DeliveryState> DecodeState(std::string_view text, bool* damaged) {
  *damaged = false;
  DeliveryState state;
  const size_t end = text.find('\n');
  const std::string_view header = text.substr(0, end);
  if (end == std::string_view::npos || !header.starts_with(kMagic)) {
    if (std::string_view(EncodeHeader()).starts_with(text)) {  // torn within the header, or empty
      *damaged = !text.empty();
      return state;
    }
    return Error{Code::kInvalid, "not a notification queue"};
  }
  if (header != fmt::format("{} {}", kMagic, kVersion)) {
    return Error{Code::kUnsupported, "a notification queue of another version: " + std::string(header)};
  }
  text.remove_prefix(end + 1);
  while (!text.empty() && !*damaged) {
    const size_t line_end = text.find('\n');
    const auto record = line_end == std::string_view::npos ? std::nullopt : Checked(text.substr(0, line_end));
    *damaged = !record || !ApplyLine(*record, state);
    if (!*damaged) text.remove_prefix(line_end + 1);
  }
  return state;
}

void DeliveryState::Forget(const std::string& group_key) {
  const auto from = sent.lower_bound({group_key, {}});
  auto to = from;
  while (to != sent.end() && to->first.first == group_key) ++to;
  sent.erase(from, to);
}

Result<void> DeliveryLog::Load(DeliveryState* state) {
  *state = {};
  if (path_.empty()) return {};
  broken_ = true;  // until the file has been written once
  RETURN_IF_ERROR(files_.CreateDirectories(Parent(path_)));
  const Result<std::string> text = files_.ReadFile(path_, kMaxFileBytes);
  if (!text.ok() && text.error().code != Code::kNotFound) {
    RETURN_IF_ERROR(SetAside(text.error()));
    return Rewrite(*state);
  }
  bool damaged = false;
  Result<DeliveryState> read =
      DecodeState(text.ok() ? std::string_view(*text) : std::string_view(), &damaged);
  if (read.ok()) {
    *state = *std::move(read);
    if (damaged)
      LogWarn("notify", "the end of the notification queue was torn and is dropped", {{"path", path_}});
  } else {
    RETURN_IF_ERROR(SetAside(read.error()));
  }
  return Rewrite(*state);
}

Result<void> DeliveryLog::SetAside(const Error& cause) {
  const std::string aside = path_ + ".broken";
  LogError("notify", "the notification queue cannot be used and is set aside",
           {{"path", path_}, {"kept_as", aside}, {"cause", cause}});
  Result<void> moved = files_.Rename(path_, aside);
  if (!moved.ok()) unusable_ = moved.error();
  return moved;
}

void DeliveryLog::Append(std::string line) {
  if (!path_.empty()) pending_ += std::move(line);
}

Result<void> DeliveryLog::Commit(const DeliveryState& state) {
  if (path_.empty() || !dirty()) return {};
  if (unusable_) return *unusable_;
  const bool grown = file_ && file_->size() > std::max(kRewriteAbove, 4 * clean_size_);
  if (broken_ || grown) return Rewrite(state);
  broken_ = true;
  RETURN_IF_ERROR(file_->Append(pending_));
  RETURN_IF_ERROR(file_->Sync());
  broken_ = false;
  pending_.clear();
  return {};
}

Result<void> DeliveryLog::Rewrite(const DeliveryState& state) {
  file_.reset();
  broken_ = true;
  pending_.clear();  // the state has it
  RETURN_IF_ERROR(files_.WriteFileAtomically(path_, EncodeState(state), 0600));
  ASSIGN_OR_RETURN(file_, files_.OpenAppend(path_, 0600));
  clean_size_ = file_->size();
  broken_ = false;
  return {};
}

}  // namespace belfry::notify
