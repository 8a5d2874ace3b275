// Elementary functions with the results Prometheus' runtime gives.
#pragma once

#include <cmath>

namespace belfry::promql::go_math {

inline double Exp(double v) { return std::exp(v); }
inline double Log(double v) { return std::log(v); }
inline double Log2(double v) { return std::log2(v); }
inline double Log10(double v) { return std::log10(v); }
inline double Sin(double v) { return std::sin(v); }
inline double Cos(double v) { return std::cos(v); }
inline double Tan(double v) { return std::tan(v); }
inline double Asin(double v) { return std::asin(v); }
inline double Acos(double v) { return std::acos(v); }
inline double Atan(double v) { return std::atan(v); }
inline double Atan2(double y, double x) { return std::atan2(y, x); }
inline double Sinh(double v) { return std::sinh(v); }
inline double Cosh(double v) { return std::cosh(v); }
inline double Tanh(double v) { return std::tanh(v); }
inline double Asinh(double v) { return std::asinh(v); }
inline double Acosh(double v) { return std::acosh(v); }
inline double Atanh(double v) { return std::atanh(v); }
// By repeated squaring of the mantissa for the whole part of the exponent: x^3 is rounded twice here, once in
// libm's pow.
double Pow(double x, double y);

}  // namespace belfry::promql::go_math
