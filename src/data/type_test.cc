#include "data/type.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>

namespace plumb::data {
namespace {

TEST(Type, NamesAreReadBack) {
  for (const std::string& name : TypeNames()) EXPECT_EQ(TypeName(ParseType(name).value()), name);
}

TEST(Type, WidensNarrowerNames) {
  for (const char* name : {"int8", "int16", "int32", "uint8", "uint16", "uint32"}) {
    EXPECT_EQ(ParseType(name).value(), Type(TypeKind::kInt64)) << name;
  }
  EXPECT_EQ(ParseType("float32").value(), Type(TypeKind::kFloat64));
}

TEST(Type, SuggestsWhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"double", "float64"}, {"int", "int64"}, {"flaot64", "float64"}, {"datetime", "timestamp"}, {"strng", "string"}};
  for (const auto& [name, meant] : cases) {
    const auto type = ParseType(name);
    ASSERT_FALSE(type.ok()) << name;
    EXPECT_EQ(type.status().code(), base::Code::kInvalidArgument);
    EXPECT_NE(type.status().suggestion().find(meant), std::string::npos) << name;
  }
}

TEST(CanonicalDouble, HasOneNanAndOneZero) {
  const double nan = std::bit_cast<double>(uint64_t{0xfff8000000000123});
  EXPECT_EQ(std::bit_cast<uint64_t>(CanonicalDouble(nan)), uint64_t{0x7ff8000000000000});
  EXPECT_EQ(std::bit_cast<uint64_t>(CanonicalDouble(-0.0)), uint64_t{0});
  EXPECT_EQ(CanonicalDouble(-1.5), -1.5);
}

TEST(Schema, FindsFieldsByName) {
  const Schema schema({{"a", TypeKind::kInt64}, {"b", TypeKind::kString}});
  EXPECT_EQ(schema.IndexOf("b"), 1);
  EXPECT_EQ(schema.IndexOf("c"), -1);
  EXPECT_EQ(schema.Find("a")->type, Type(TypeKind::kInt64));
  EXPECT_EQ(schema.Find("c"), nullptr);
  EXPECT_EQ(schema.Names(), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace plumb::data
