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
  const std::pair<const char*, const char*> cases[] = {{"double", "float64"},
                                                       {"int", "int64"},
                                                       {"flaot64", "float64"},
                                                       {"datetime", "timestamp"},
                                                       {"strng", "string"},
                                                       {"numeric(12, 2)", "decimal(12, 2)"},
                                                       {"embedding", "vector(float32, 768)"},
                                                       {"array(int64)", "list(string)"}};
  for (const auto& [name, meant] : cases) {
    const auto type = ParseType(name);
    ASSERT_FALSE(type.ok()) << name;
    EXPECT_EQ(type.status().code(), base::Code::kInvalidArgument);
    EXPECT_NE(type.status().suggestion().find(meant), std::string::npos) << name;
  }
}

TEST(Type, ReadsParameters) {
  const std::pair<const char*, const char*> cases[] = {
      {"decimal(12, 2)", "decimal(12, 2)"},
      {"decimal(9,0)", "decimal(9, 0)"},
      {" decimal ( 38 , 38 ) ", "decimal(38, 38)"},
      {"list(string)", "list(string)"},
      {"list( int32 )", "list(int64)"},
      {"list(decimal(9,2))", "list(decimal(9, 2))"},
      {"vector(float32, 768)", "vector(float32, 768)"},
      {"vector( float32 ,65536)", "vector(float32, 65536)"},
  };
  for (const auto& [text, name] : cases) {
    const auto type = ParseType(text);
    ASSERT_TRUE(type.ok()) << text << ": " << type.status().ToString();
    EXPECT_EQ(TypeName(*type), name);
  }
  EXPECT_EQ(ParseType("list(decimal(9,2))").value(), Type::List(Type::Decimal(9, 2)));
}

TEST(Type, RefusesParametersOutOfBounds) {
  const std::string long_name = "decimal(" + std::string(1000, ' ') + "12, 2)";
  const char* const cases[] = {"decimal",
                               "decimal()",
                               "decimal(12)",
                               "decimal(0, 0)",
                               "decimal(39, 2)",
                               "decimal(2, 3)",
                               "decimal(12, -1)",
                               "decimal(12, 2, 1)",
                               "decimal(12, 2",
                               "decimal(12, 2) x",
                               "decimal(99999999999, 2)",
                               "list",
                               "list()",
                               "list(list(int64))",
                               "list(vector(float32, 3))",
                               "list(decimal(39, 2))",
                               "list(text)",
                               "vector(768)",
                               "vector(float64, 768)",
                               "vector(float32)",
                               "vector(float32, 0)",
                               "vector(float32, 65537)",
                               "",
                               "()",
                               long_name.c_str()};
  for (const char* name : cases) {
    EXPECT_EQ(ParseType(name).status().code(), base::Code::kInvalidArgument) << name;
    EXPECT_LT(ParseType(name).status().message().size(), 250u);
  }
}

TEST(Type, SaysHowItIsHeld) {
  EXPECT_EQ(Type::Decimal(18, 2).storage(), Storage::kInts);
  EXPECT_EQ(Type::Decimal(19, 2).storage(), Storage::kBytes);
  EXPECT_EQ(Type::List(TypeKind::kBool).storage(), Storage::kBytes);
  EXPECT_EQ(Type::Vector(3).storage(), Storage::kBytes);
  EXPECT_EQ(Type::List(Type::Decimal(9, 2)).Element(), Type::Decimal(9, 2));
}

TEST(CanonicalFloat, HasOneNanAndOneZero) {
  const float nan = std::bit_cast<float>(uint32_t{0xffc00123});
  EXPECT_EQ(std::bit_cast<uint32_t>(CanonicalFloat(nan)), uint32_t{0x7fc00000});
  EXPECT_EQ(std::bit_cast<uint32_t>(CanonicalFloat(-0.0F)), uint32_t{0});
  EXPECT_EQ(CanonicalFloat(-1.5F), -1.5F);
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
