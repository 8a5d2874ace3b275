// Which text format a scraper gets.
#pragma once

#include <string>
#include <string_view>

#include "exporters/model/source.h"

namespace belfry::exposition {

struct Negotiated {
  model::TextFormat format = model::TextFormat::kPrometheus;
  std::string content_type;

  bool operator==(const Negotiated&) const = default;
};

// The first of what `accept` (the header's text) lists, by quality, that we write: OpenMetrics 1.0.0 or
// 0.0.1, text 0.0.4. Anything else, nothing, or nonsense: text 0.0.4, which every scraper reads. An escaping
// scheme that leaves our names as they are is echoed. Source: Prometheus' content negotiation; RFC
// 9110 12.5.1.
Negotiated Negotiate(std::string_view accept);

}  // namespace belfry::exposition
