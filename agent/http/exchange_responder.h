// The responder that handlers of a server get.
#pragma once

#include <memory>

#include "agent/http/connection.h"

namespace belfry::http {

// Thread: any; brings each call to the connection's loop, in order.
std::shared_ptr<Responder> MakeResponder(EventLoop& loop, std::weak_ptr<Connection> connection,
                                         std::shared_ptr<Exchange> exchange, size_t max_queued_bytes);

}  // namespace belfry::http
