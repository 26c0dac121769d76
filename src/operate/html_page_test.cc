#include "operate/html_page.h"

#include <gtest/gtest.h>

#include <limits>

namespace plumb::operate {
namespace {

TEST(HtmlPage, EscapesWhatIsMarkup) {
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"a < b && c > \"d'\"", "a &lt; b &amp;&amp; c &gt; &quot;d&#39;&quot;"},
      {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
      {"naïve 日本 🚀", "naïve 日本 🚀"},
      {"a\x01z", "a\xEF\xBF\xBDz"},
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"\xE0\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
      {"line\nline", "line\nline"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(EscapeHtml(c.text), c.want) << c.text;
}

TEST(HtmlPage, NothingThatIsGivenBecomesMarkup) {
  const std::string evil = "<img src=x onerror=y>\"'";
  HtmlPage page(evil);
  page.AddParagraph(evil);
  page.AddWarning(evil);
  page.AddHeading(evil);
  page.AddTable({{evil}, {true}, {{evil}}, {evil}});
  page.BeginCard(evil, evil, evil);
  page.AddChart(BarChart{evil, {evil}, {{evil, {1}}, {evil, {2}}}});
  page.AddChart(LineChart{evil, evil, {{evil, {1, 2}}}});
  page.EndCard();
  const std::string html = page.Render();
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("\"'"), std::string::npos);
}

TEST(HtmlPage, NeedsNothingFromOutside) {
  HtmlPage page("Page");
  page.AddChart(BarChart{"bars", {"a", "b"}, {{"one", {1, 2}}}});
  const std::string html = page.Render();
  for (const char* word : {"http://", "https://", "<script", "@import", "url("}) {
    EXPECT_EQ(html.find(word), std::string::npos) << word;
  }
  for (const char* word : {"prefers-color-scheme: dark", "width=device-width", "default-src 'none'", "<svg"}) {
    EXPECT_NE(html.find(word), std::string::npos) << word;
  }
}

TEST(HtmlPage, ChartsLeaveOutWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const std::string bars = RenderSvg(BarChart{"b", {"a", "b", "c"}, {{"s", {nan, infinity, 1}}}});
  const std::string lines = RenderSvg(LineChart{"l", "x", {{"s", {1, nan, 2, 3}}, {"empty", {}}}});
  for (const std::string& svg : {bars, lines}) {
    EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
    EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
  }
  EXPECT_NE(RenderSvg(BarChart{}).find("<svg"), std::string::npos);
  EXPECT_NE(RenderSvg(LineChart{}).find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace plumb::operate
