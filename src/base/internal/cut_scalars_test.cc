#include "base/internal/cut_scalars.h"

#include <gtest/gtest.h>

namespace plumb::base::internal {
namespace {

std::vector<Diagnostic> Mistakes(const char* text) {
  Diagnostics diagnostics;
  ParseYaml(std::make_shared<const SourceText>(SourceText{"test.yaml", text}), &diagnostics);
  return diagnostics.all();
}

TEST(CutScalars, AreReportedWhereTheyAreCut) {
  const struct {
    const char *text, *where, *at;
  } kCases[] = {
      // A comma, or a bracket, in a flow map or sequence.
      {"features: {p90: approx_quantile(delay, 0.9) over 1h}\n", "test.yaml:1:38", "\",\""},
      {"columns: {price: decimal(10, 2), id: int64}\n", "test.yaml:1:28", "\",\""},
      {"metrics: [recall(top, 5)]\n", "test.yaml:1:21", "\",\""},
      {"f: {a: coalesce(x,\n  0)}\n", "test.yaml:1:18", "\",\""},
      {"f: {a: x in ('ä', 'b')}\n", "test.yaml:1:17", "\",\""},
      {"f: {a: x = 'b, c'}\n", "test.yaml:1:14", "\",\""},
      {"f: {a: g(x) + h(y, z)}\n", "test.yaml:1:18", "\",\""},
      {"f: {a: x = '}'}\n", "test.yaml:1:13", "\"}\""},
      // A comment sign.
      {"late: note like 'a #1'\n", "test.yaml:1:19", "\" #\""},
      {"late: sum(delay # of all\n  )\n", "test.yaml:1:16", "\" #\""},
      {"- note = 'ü #1'\n", "test.yaml:1:12", "\" #\""},
      {"f: {a: note like 'a #1'\n}\n", "test.yaml:1:20", "\" #\""},
      // A colon and a blank.
      {"late: case when x then 'a: b' end\n", "test.yaml:1:26", "\": \""},
      {"late: x : y\n", "test.yaml:1:9", "\": \""},
      {"f: {a: note = 'b: c'}\n", "test.yaml:1:17", "\": \""},
      {"- note = 'b: c'\n", "test.yaml:1:12", "\": \""},
  };
  for (const auto& test : kCases) {
    const std::vector<Diagnostic> mistakes = Mistakes(test.text);
    ASSERT_FALSE(mistakes.empty()) << test.text;
    EXPECT_EQ(mistakes[0].position.ToString(), test.where) << test.text;
    EXPECT_EQ(mistakes[0].message, std::string("Expression is cut by YAML at ") + test.at + ": put it in quotes.");
    EXPECT_EQ(mistakes[0].severity, Severity::kError);
  }
}

TEST(CutScalars, AreNotSeenWhereNothingIsCut) {
  for (const char* text : {
           "late: avg(x, 2) over 1h  # (a note, \"with quotes\n",
           "docs: The carrier's delay # it's late\n",
           "docs: the carriers' delay # all\n",
           "f: {a: 'sum(x, 2)', b: \"note like 'a #1'\"}\n",
           "f: {a: sum(x), b: count()}\n",
           "f: [carrier_delays.*, flight_context.*]\n",
           "a: f(x,\n  y)  # over two lines\n",
           "docs: it is 8:00 (UTC)#1\n",
           "a: |\n  f(x # y\n",
       }) {
    EXPECT_TRUE(Mistakes(text).empty()) << text << Mistakes(text)[0].message;
  }
}

TEST(CutScalars, AreFoundByOpenBracketsAndQuotes) {
  const struct {
    const char* text;
    bool is_open;
  } kCases[] = {{"", false},        {"f(", true},     {"f()", false},       {"f(')'", true},   {"')('", false},
                {"'it''s'", false}, {"x = 'a", true}, {"carrier's", false}, {"x = \"a", true}, {")(", false}};
  for (const auto& test : kCases) EXPECT_EQ(HasOpenBracketOrQuote(test.text), test.is_open) << test.text;
}

}  // namespace
}  // namespace plumb::base::internal
