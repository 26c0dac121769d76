// Fails when the build lets the compiler fuse a * b + c: that is, when -ffp-contract=off is lost from the project's
// flags.
#include <gtest/gtest.h>

#include "fused_multiply_add_kernel.h"

namespace workshop {
namespace {

class FusedMultiplyAdd : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("fma")) GTEST_SKIP() << "This processor has no fused multiply-add.";
#endif
  }
};

// (1 + e)^2 = 1 + 2e + e^2. Rounded, e^2 is lost and the sum is zero; fused, the sum is e^2.
TEST_F(FusedMultiplyAdd, RoundsTheProductOfDoubles) {
  volatile double factor = 1 + 0x1p-27;
  volatile double rounded_square = 1 + 0x1p-26;
  EXPECT_EQ(MultiplyThenAdd(factor, factor, -rounded_square), 0.0);
}

TEST_F(FusedMultiplyAdd, RoundsTheProductOfFloats) {
  volatile float factor = 1 + 0x1p-12F;
  volatile float rounded_square = 1 + 0x1p-11F;
  EXPECT_EQ(MultiplyThenAdd(factor, factor, -rounded_square), 0.0F);
}

TEST_F(FusedMultiplyAdd, RoundsBothProductsOfADifference) {
  volatile double factor = 1 + 0x1p-27;
  EXPECT_EQ(DifferenceOfProducts(factor, factor, factor, factor), 0.0);
}

TEST_F(FusedMultiplyAdd, RoundsTheProductsInALoop) {
  volatile double factor = 1 + 0x1p-27;
  volatile double rounded_square = 1 + 0x1p-26;
  const double left[] = {-rounded_square, factor, -rounded_square, factor};
  const double right[] = {1, factor, 1, factor};
  EXPECT_EQ(DotProduct(left, right, 4), 0.0);
}

}  // namespace
}  // namespace workshop
