#include "exporters/exposition/negotiation.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace belfry::exposition {
namespace {

constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";

struct Range {
  std::string type;  // lower case
  std::string version;
  std::string escaping;
  double quality = 1;
};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Takes what is before the next `separator` off `rest`.
std::string_view NextPart(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view part = Trim(rest.substr(0, at));
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

std::string_view Unquote(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2)
                                                                       : text;
}

Range ParseRange(std::string_view text) {
  Range range{.type = Lower(NextPart(text, ';')), .version = {}, .escaping = {}};
  while (!text.empty()) {
    std::string_view value = NextPart(text, ';');
    const std::string name = Lower(NextPart(value, '='));
    value = Unquote(Trim(value));
    if (name == "version") range.version = value;
    if (name == "escaping") range.escaping = Lower(value);
    if (name == "q") {
      double quality = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
      const bool valid = error == std::errc() && end == value.data() + value.size();
      range.quality = valid ? quality : 0;
    }
  }
  return range;
}

// All our names are of letters, digits and underscores: these schemes leave them alone (`dots` would double
// the underscores).
std::string Escaping(const Range& range) {
  const bool truthful =
      range.escaping == "allow-utf-8" || range.escaping == "underscores" || range.escaping == "values";
  return truthful ? "; escaping=" + range.escaping : "";
}

std::optional<Negotiated> Offer(const Range& range) {
  if (range.type == "application/openmetrics-text" || range.type == "application/*") {
    const std::string version = range.version.empty() ? "1.0.0" : range.version;
    if (version != "1.0.0" && version != "0.0.1") return std::nullopt;
    return Negotiated{model::TextFormat::kOpenMetrics, "application/openmetrics-text; version=" + version +
                                                           "; charset=utf-8" + Escaping(range)};
  }
  const bool text = range.type == "text/plain" || range.type == "text/*" || range.type == "*/*";
  if (!text || (!range.version.empty() && range.version != "0.0.4")) return std::nullopt;
  return Negotiated{model::TextFormat::kPrometheus, std::string(kText) + Escaping(range)};
}

}  // namespace

Negotiated Negotiate(std::string_view accept) {
  std::vector<Range> ranges;
  while (!accept.empty()) ranges.push_back(ParseRange(NextPart(accept, ',')));
  std::erase_if(ranges, [](const Range& range) { return !(range.quality > 0); });
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const Range& a, const Range& b) { return a.quality > b.quality; });
  for (const Range& range : ranges) {
    if (auto offer = Offer(range)) return *std::move(offer);
  }
  return {model::TextFormat::kPrometheus, std::string(kText)};
}

}  // namespace belfry::exposition
