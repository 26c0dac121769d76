#include "base/diagnostics.h"

#include <gtest/gtest.h>

namespace plumb::base {
namespace {

SourceTextPtr Source(std::string name, std::string text) {
  return std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
}

TEST(Diagnostics, RendersAsACompilerDoes) {
  const SourceTextPtr source = Source("project.yaml", "features:\n        late_avg: avg(arr_dely) over 2h\n");
  const size_t offset = source->text.find("arr_dely");
  Diagnostics diagnostics;
  diagnostics.Error({source, offset, 8}, "Column is not known: arr_dely.", "Did you mean arr_delay?");
  EXPECT_EQ(diagnostics.Render(false),
            "project.yaml:2:23: error: Column is not known: arr_dely.\n"
            "    late_avg: avg(arr_dely) over 2h\n"
            "                  ^~~~~~~~\n"
            "  Did you mean arr_delay?\n");
}

TEST(Diagnostics, CountsColumnsInCodePoints) {
  const SourceTextPtr source = Source("a.yaml", "zürich: größe(wind)\n");
  Diagnostics diagnostics;
  diagnostics.Warn({source, source->text.find("wind"), 4}, "Odd.");
  EXPECT_EQ(diagnostics.Render(false),
            "a.yaml:1:15: warning: Odd.\n"
            "    zürich: größe(wind)\n"
            "                  ^~~~\n");
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_TRUE(diagnostics.ToStatus().ok());
}

TEST(Diagnostics, ShowsOnlyTheSentenceWithoutASource) {
  Diagnostics diagnostics;
  diagnostics.Error({}, "No place.");
  EXPECT_EQ(diagnostics.Render(false), "error: No place.\n");
  EXPECT_EQ(diagnostics.ToStatus().code(), Code::kInvalidArgument);
  EXPECT_EQ(diagnostics.ToStatus().message(), "error: No place.");
}

TEST(Diagnostics, SortsByFileAndPlaceAndDropsCopies) {
  const SourceTextPtr a = Source("a.yaml", "one\ntwo\n"), b = Source("b.yaml", "three\n");
  Diagnostics diagnostics;
  diagnostics.Error({b, 0, 1}, "Third.");
  diagnostics.Error({}, "Fourth.");
  diagnostics.Error({a, 4, 1}, "Second.");
  diagnostics.Error({a, 0, 1}, "First.");
  diagnostics.Error({a, 4, 1}, "Second.");
  EXPECT_EQ(diagnostics.Render(false),
            "a.yaml:1:1: error: First.\n    one\n    ^\n"
            "a.yaml:2:1: error: Second.\n    two\n    ^\n"
            "b.yaml:1:1: error: Third.\n    three\n    ^\n"
            "error: Fourth.\n");
}

TEST(Diagnostics, ShowsFiftyAndCountsTheRest) {
  const SourceTextPtr source = Source("a.yaml", std::string(100, 'x'));
  Diagnostics diagnostics;
  for (size_t i = 0; i < 60; ++i) diagnostics.Warn({source, i, 1}, "Odd.");
  for (size_t i = 60; i < 73; ++i) diagnostics.Error({source, i, 1}, "Wrong.");
  const std::string text = diagnostics.Render(false);
  EXPECT_TRUE(text.ends_with("and 23 more\n")) << text;
  size_t errors = 0;
  for (size_t at = text.find("error: "); at != std::string::npos; at = text.find("error: ", at + 1)) ++errors;
  EXPECT_EQ(errors, 13u) << "errors are shown before warnings are";
}

TEST(Diagnostics, MarksOddPlacesWithoutLeavingTheText) {
  const SourceTextPtr source = Source("a.yaml", "\xEF\xBB\xBFkey: v\r\n\n\tx");
  const struct {
    size_t offset, length;
    const char* rendered;
  } kCases[] = {
      {3, 3, "a.yaml:1:1: error: E.\n    key: v\n    ^~~\n"},
      {8, 100, "a.yaml:1:6: error: E.\n    key: v\n         ^\n"},
      {11, 1, "a.yaml:2:1: error: E.\n    \n    ^\n"},
      {13, 1, "a.yaml:3:2: error: E.\n    x\n    ^\n"},
      {14, 1, "a.yaml:3:3: error: E.\n    x\n     ^\n"},
      {999, 0, "a.yaml:3:3: error: E.\n    x\n     ^\n"},
  };
  for (const auto& test : kCases) {
    Diagnostics diagnostics;
    diagnostics.Error({source, test.offset, test.length}, "E.");
    EXPECT_EQ(diagnostics.Render(false), test.rendered) << test.offset;
  }
}

TEST(Diagnostics, CutsLongLinesAroundTheCaret) {
  const SourceTextPtr source = Source("a.yaml", std::string(500, 'a') + "BAD" + std::string(500, 'z'));
  Diagnostics diagnostics;
  diagnostics.Error({source, 500, 3}, "E.");
  EXPECT_EQ(diagnostics.Render(false), "a.yaml:1:501: error: E.\n    ..." + std::string(40, 'a') + "BAD" +
                                           std::string(77, 'z') + "...\n" + std::string(47, ' ') + "^~~\n");
}

TEST(Diagnostics, KeepsEscapeSequencesFromTheTerminal) {
  const SourceTextPtr source = Source("a.yaml", "k: \x1b[2J\xff\n");
  Diagnostics diagnostics;
  diagnostics.Error({source, 3, 1}, "Bad \x1b[2J\ntext.");
  EXPECT_EQ(diagnostics.Render(false), "a.yaml:1:4: error: Bad ?[2J text.\n    k: ?[2J?\n       ^\n");
  EXPECT_NE(diagnostics.Render(true).find("\x1b[1;31merror: "), std::string::npos);
}

TEST(ClosestName, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"arr_delay", "carrier", "dest", "event_time", "id", "Origin"};
  const struct {
    const char *name, *closest;
  } kCases[] = {
      {"arr_dely", "arr_delay"},
      {"arr_dealy", "arr_delay"},
      {"carier", "carrier"},
      {"eventtime", "event_time"},
      {"origin", "Origin"},
      {"dset", "dest"},
      {"di", "id"},
      {"xy", ""},
      {"temperature", ""},
      {"", ""},
      {"a", ""},
      {"dest", "dest"},
  };
  for (const auto& test : kCases) EXPECT_EQ(ClosestName(test.name, names), test.closest) << test.name;
  EXPECT_EQ(DidYouMean("carier", names), "Did you mean carrier?");
  EXPECT_EQ(DidYouMean("nothing_like_it", names), "");
  EXPECT_EQ(ClosestName(std::string(1 << 20, 'x'), {std::string(1 << 20, 'x')}), "");
}

}  // namespace
}  // namespace plumb::base
