#include "fused_multiply_add_kernel.h"

namespace workshop {

double MultiplyThenAdd(double a, double b, double c) { return a * b + c; }

float MultiplyThenAdd(float a, float b, float c) { return a * b + c; }

double DifferenceOfProducts(double a, double b, double c, double d) { return a * b - c * d; }

double DotProduct(const double* left, const double* right, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; ++i) sum += left[i] * right[i];
  return sum;
}

}  // namespace workshop
