// elementary.h: exp, logarithms, powers, sigmoid and trigonometry with the same bits on every machine.
//
// Why: the C library picks its kernels by CPU (fused multiply-add, AVX2), and their last bits differ. A feature or a
// score must not depend on where it is computed, so everything that yields one calls these functions and never
// <cmath>'s.
//
// How: only + - * / and sqrt of doubles, integer operations on their bits, and a fixed order of evaluation; no fused
// multiply-add. Arguments are reduced with tables of pairs (P. Tang, "Table-driven implementation of the exponential
// function", ACM TOMS 15, 1989; "... of the logarithm function", ACM TOMS 16, 1990); intermediate results that matter
// are unevaluated sums of two doubles (T. Dekker, Numerische Mathematik 18, 1971). Angles are reduced with the bits of
// 2/pi in integers (M. Payne and R. Hanek, SIGNUM Newsletter 18, 1983), so sin, cos and tan are right for every double.
//
// Accuracy: every result is within 1 ulp of the true value. Largest error measured, in ulp, over 15 million arguments
// of all sizes for each function, against 64-bit mantissas (elementary_test.cc repeats a part of it):
//
//     Ln, Log2, Log1p, Atan  0.5001     Exp, Expm1, Sigmoid  0.507     Sin, Cos  0.78
//     Log10                  0.5005     Pow                  0.524     Tan       0.91
//
// Special cases are those of IEEE 754-2019, section 9.2.1; a result that is no number is the one canonical quiet NaN.
// Rounding mode: to nearest, which is the default and never changed here.
//
// Thread safety: pure functions.
//
//   Exp(1.0);                                      // 0x1.5bf0a8b145769p+1, from elementary_test.cc
//   Pow(-2.0, 3.0);                                // -8.0
//   Sigmoid(0.0);                                  // 0.5
#pragma once

namespace plumb::base {

double Exp(double x);
double Expm1(double x);  // e^x - 1, accurate near 0

// Of a negative number NaN, of zero -infinity.
double Ln(double x);
double Log2(double x);   // exact for powers of two
double Log10(double x);  // exact for powers of ten
double Log1p(double x);  // ln(1 + x), accurate near 0

double Pow(double x, double y);
double Sigmoid(double x);  // 1 / (1 + e^-x), without overflow and without cancellation

// Radians. Infinity gives NaN.
double Sin(double x);
double Cos(double x);
double Tan(double x);
double Atan(double x);

// Correctly rounded everywhere by IEEE 754; here so that callers need no <cmath>. A NaN is the canonical one.
double Sqrt(double x);

}  // namespace plumb::base
