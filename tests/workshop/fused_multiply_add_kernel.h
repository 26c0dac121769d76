// a * b + c in the shapes in which a compiler likes to fuse, compiled for a processor that can: with the project's
// flags each product must still be rounded before it is added.
//
// Why: a fused multiply-add rounds once instead of twice, so the same source would give other bits on other machines.
// Thread safety: pure functions.
#pragma once

#include <cstddef>

namespace workshop {

double MultiplyThenAdd(double a, double b, double c);
float MultiplyThenAdd(float a, float b, float c);
double DifferenceOfProducts(double a, double b, double c, double d);
double DotProduct(const double* left, const double* right, size_t size);

}  // namespace workshop
