#include "base/dynamic_library.h"

#include <gtest/gtest.h>

namespace plumb::base {
namespace {

TEST(DynamicLibrary, FindsFunctions) {
  const auto library = DynamicLibrary::Load("libm.so.6");
  ASSERT_TRUE(library.ok()) << library.status().ToString();
  const auto floor_of = library->Function<double(double)>("floor");
  ASSERT_TRUE(floor_of.ok());
  EXPECT_EQ((*floor_of)(2.5), 2.0);
  EXPECT_EQ(library->Symbol("plumb_no_such_symbol").status().code(), Code::kNotFound);
}

TEST(DynamicLibrary, SaysWhyItCannotLoad) {
  EXPECT_EQ(DynamicLibrary::Load("libplumb_no_such.so").status().code(), Code::kNotFound);
  EXPECT_EQ(DynamicLibrary::Load("/none/lib.so").status().code(), Code::kNotFound);
  EXPECT_EQ(DynamicLibrary::Load("/etc/hostname").status().code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace plumb::base
