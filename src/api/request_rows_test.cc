#include "api/request_rows.h"

#include <gtest/gtest.h>

namespace plumb::api {
namespace {

using base::Code;
using base::Json;
using data::TypeKind;

data::Schema Inputs() {
  data::Schema inputs;
  inputs.Add("carrier", TypeKind::kString);
  inputs.Add("distance", TypeKind::kFloat64);
  inputs.Add("scheduled", TypeKind::kTimestamp);
  return inputs;
}

base::Result<data::Batch> Read(const char* text) {
  PLUMB_ASSIGN_OR_RETURN(const Json document, ReadDocument(text, {"rows", "row", "shared"}));
  return ReadRows(document, Inputs());
}

TEST(RequestRows, SharedFieldsBelongToEveryRow) {
  const auto rows = Read(R"({"shared": {"carrier": "UA", "scheduled": "2013-01-01T10:00:00Z"},
                             "rows": [{"distance": 1400}, {"distance": null}]})");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  ASSERT_EQ(rows->rows, 2U);
  EXPECT_EQ(rows->Find("carrier")->String(0), "UA");
  EXPECT_EQ(rows->Find("carrier")->String(1), "UA");
  EXPECT_EQ(rows->Find("distance")->Double(0), 1400.0);
  EXPECT_TRUE(rows->Find("distance")->IsNull(1));
}

TEST(RequestRows, ReadsOneRowWithoutAList) {
  const auto rows = Read(R"({"row": {"carrier": null, "distance": 1.5, "scheduled": null}})");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(rows->rows, 1U);
  EXPECT_TRUE(rows->Find("carrier")->IsNull(0));
}

struct Mistake {
  const char* name;
  const char* text;
  const char* where;
};

class RequestRowsMistake : public testing::TestWithParam<Mistake> {};

TEST_P(RequestRowsMistake, IsRefusedWithItsPlace) {
  const auto rows = Read(GetParam().text);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(rows.status().where(), GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    All, RequestRowsMistake,
    testing::Values(
        Mistake{"NotJson", "{\"rows\": [", "1:11"}, Mistake{"NotAnObject", "[]", ""},
        Mistake{"UnknownMember", R"({"rosw": []})", "rosw"}, Mistake{"Neither", "{}", "rows"},
        Mistake{"Both", R"({"rows": [], "row": {}})", "rows"}, Mistake{"Empty", R"({"rows": []})", "rows"},
        Mistake{"RowsAreNoList", R"({"rows": 3})", "rows"}, Mistake{"RowIsNoObject", R"({"rows": [1]})", "rows[0]"},
        Mistake{"SharedIsNoObject", R"({"shared": 1, "rows": [{}]})", "shared"},
        Mistake{"UnknownField", R"({"row": {"carier": "UA"}})", "row.carier"},
        Mistake{"UnknownSharedField", R"({"shared": {"x": 1}, "rows": [{}]})", "shared.x"},
        Mistake{"MissingField", R"({"rows": [{"carrier": "UA", "distance": 1}]})", "rows[0].scheduled"},
        Mistake{"WrongType", R"({"rows": [{"carrier": "UA", "distance": 1, "scheduled": null}, {"carrier": 3}]})",
                "rows[1].carrier"},
        Mistake{"NoTime", R"({"row": {"scheduled": "yesterday"}})", "row.scheduled"},
        Mistake{"GivenTwice", R"({"shared": {"carrier": "UA"}, "rows": [{"carrier": "DL"}]})", "rows[0].carrier"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RequestRows, MissingFieldSaysWhichAreWanted) {
  const auto rows = Read(R"({"row": {}})");
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.status().suggestion().find("scheduled (timestamp)"), std::string::npos);
}

TEST(RequestRows, RequestIdIsBoundedAndVisible) {
  const auto id = [](const std::string& text) { return ReadRequestId(Json(base::JsonObject{{"request_id", text}})); };
  EXPECT_EQ(id("a-1").value(), "a-1");
  EXPECT_FALSE(id("").ok());
  EXPECT_FALSE(id("a b").ok());
  EXPECT_FALSE(id("a\n").ok());
  EXPECT_FALSE(id(std::string(129, 'x')).ok());
  EXPECT_EQ(ReadRequestId(Json(base::JsonObject{})).value(), "");
}

}  // namespace
}  // namespace plumb::api
