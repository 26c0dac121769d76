// html_page.h: a report as one HTML file that needs nothing else: no scripts, no fonts, no network.
//
// Why: a profile or a training report is mailed, attached and opened years later. Styles and charts (SVG) are inside;
// the page reads in light and dark (prefers-color-scheme), on a phone and on paper, and a policy in its head forbids it
// to load anything. Every text is escaped; there is no way to put markup into a page but these functions.
//
// Thread safety: one user; the functions are pure. Invariant: equal content gives equal bytes.
//
//   HtmlPage page("Profile of late_arrival");       // from html_page_test.cc
//   page.AddTable({{"part", "rows"}, {false, true}, {{"train", "1,200"}}});
//   page.Render();
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb::operate {

// & < > " ' as entities; control characters and bytes that are not UTF-8 as U+FFFD.
std::string EscapeHtml(std::string_view text);

struct HtmlTable {
  std::vector<std::string> header;
  std::vector<bool> right;  // columns that are numbers
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> links;  // of each row's first cell, "#anchor"; empty: none
};

struct ChartSeries {
  std::string name;
  std::vector<double> values;  // not finite: not drawn
};

// Groups of bars from zero, one of each series at every label; values are not negative.
struct BarChart {
  std::string title;  // what it shows, for who cannot see it
  std::vector<std::string> labels;
  std::vector<ChartSeries> series;
};

// Lines through the values of each series at 0, 1, 2 …
struct LineChart {
  std::string title, x_title;
  std::vector<ChartSeries> series;
};

// One SVG element. At most three series have colours of their own.
std::string RenderSvg(const BarChart& chart);
std::string RenderSvg(const LineChart& chart);

class HtmlPage {
 public:
  explicit HtmlPage(std::string title) : title_(std::move(title)) {}

  void AddParagraph(std::string_view text);
  void AddWarning(std::string_view text);
  void AddTable(const HtmlTable& table);
  void AddChart(const BarChart& chart);
  void AddChart(const LineChart& chart);
  void AddHeading(std::string_view text);
  // A box with a heading, until EndCard(). `anchor` is what links name: letters, digits and dashes.
  void BeginCard(std::string_view heading, std::string_view note, std::string_view anchor);
  void EndCard() { body_ += "</section>\n"; }

  [[nodiscard]] std::string Render() const;

 private:
  void AddLegend(const std::vector<ChartSeries>& series);
  std::string title_;
  std::string body_;
};

}  // namespace plumb::operate
