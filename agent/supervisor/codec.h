// Messages as frames on the socket.
// Source: docs/formats/supervisor-socket.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

// The version of the format that this binary speaks; a peer of a higher one still understands it.
inline constexpr uint32_t kProtocolVersion = 1;
// A longer frame is a broken peer: the kernel takes no more than 6 MiB of arguments and environment.
inline constexpr size_t kMaxFrameBytes = 64 << 20;

// Appends the message's frame to `out`.
void AppendFrame(std::string& out, const Message& message);

// A frame without its length, cut out of a stream.
struct Frame {
  std::string_view body;
  size_t consumed = 0;  // bytes of the stream that it took, the length included
};

// The first frame in `data`; nullopt while it is not complete. Errors: kInvalid for an impossible length.
Result<std::optional<Frame>> NextFrame(std::string_view data);

// Errors: kInvalid for a body that ends early; kUnsupported for a type this version does not know (to be
// skipped). Fields after the known ones are ignored: a newer peer may add some.
Result<Message> DecodeFrame(std::string_view body);

}  // namespace belfry::supervisor
