#include "exporters/kube/quantity.h"

#include <charconv>
#include <cmath>

namespace belfry::kube {
namespace {

// What to multiply with; negative: what to divide by (100 / 1e6 is the double nearest to 1e-4, 100 * 1e-6 is
// not).
std::optional<double> Factor(std::string_view suffix) {
  struct Entry {
    std::string_view suffix;
    double factor;
  };
  static constexpr Entry kFactors[] = {
      {"", 1},
      {"n", -1e9},
      {"u", -1e6},
      {"m", -1e3},
      {"k", 1e3},
      {"M", 1e6},
      {"G", 1e9},
      {"T", 1e12},
      {"P", 1e15},
      {"E", 1e18},
      {"Ki", 1024},
      {"Mi", 1048576},
      {"Gi", 1073741824},
      {"Ti", 1099511627776},
      {"Pi", 1125899906842624},
      {"Ei", 1152921504606846976},
  };
  for (const Entry& entry : kFactors) {
    if (entry.suffix == suffix) return entry.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> ParseQuantity(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  // from_chars takes the exponent of `2e3` and leaves the suffix of `2E`, `2Ei` and `2k`; words such as `inf`
  // are no quantities.
  const size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() <= sign || text.find_first_not_of("0123456789.eE+-kKMGTPimun") != std::string_view::npos)
    return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  const auto factor = Factor(text.substr(static_cast<size_t>(end - text.data())));
  if (!factor) return std::nullopt;
  return *factor < 0 ? number / -*factor : number * *factor;
}

}  // namespace belfry::kube
