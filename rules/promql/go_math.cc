#include "rules/promql/go_math.h"

#include <cstdint>
#include <limits>

namespace belfry::promql::go_math {
namespace {

// Powers that need no computing: zeros, infinities, NaN. True: `result` is it.
bool SpecialPower(double x, double y, double* result) {
  const bool special = y == 0 || x == 1 || y == 1 || std::isnan(x) || std::isnan(y) || x == 0 ||
                       std::isinf(x) || std::isinf(y);
  if (!special) return false;
  *result = std::pow(x, y);  // exact in every one of these
  return true;
}

double HugeExponent(double x, double y) {
  if (x == -1) return 1;
  const bool shrinks = (std::fabs(x) < 1) == (y > 0);
  return shrinks ? 0 : std::numeric_limits<double>::infinity();
}

}  // namespace

double Pow(double x, double y) {
  double special = 0;
  if (SpecialPower(x, y, &special)) return special;
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);
  double whole = 0;
  double part = std::modf(std::fabs(y), &whole);
  if (part != 0 && x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (whole >= 9.223372036854775808e18) return HugeExponent(x, y);
  double result = 1;
  int64_t exponent = 0;
  if (part != 0) {
    if (part > 0.5) {
      part -= 1;
      whole += 1;
    }
    result = Exp(part * Log(x));
  }
  int base_exponent = 0;
  double base = std::frexp(x, &base_exponent);
  int64_t scale = base_exponent;
  for (auto i = static_cast<int64_t>(whole); i != 0; i >>= 1) {
    if (scale < -(1 << 12) || scale > (1 << 12)) {
      exponent += scale;  // over- or underflow is certain
      break;
    }
    if (i & 1) {
      result *= base;
      exponent += scale;
    }
    base *= base;
    scale *= 2;
    if (base < 0.5) {
      base += base;
      --scale;
    }
  }
  if (y < 0) {
    result = 1 / result;
    exponent = -exponent;
  }
  return std::ldexp(result, static_cast<int>(exponent));
}

}  // namespace belfry::promql::go_math
