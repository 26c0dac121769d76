#include "operate/html_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace plumb::operate {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr double kWidth = 640, kHeight = 180, kLeft = 44, kBottom = 22, kTop = 8;
constexpr size_t kColours = 3, kLabelsMax = 8;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --text: #1c2024; --soft: #5b6570; --page: #ffffff; --card: #f6f7f9; --line: #d9dde2;
  --s0: #2f6fb3; --s1: #d9822b; --s2: #4a9a5b; --warn: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #9aa5b1; --page: #14171a; --card: #1d2125;
  --line: #363d44; --s0: #6aa9ea; --s1: #eba45a; --s2: #74c486; --warn: #453710; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .4rem 0; } a { color: var(--s0); }
.soft { color: var(--soft); } .warn { background: var(--warn); padding: .5rem .75rem; border-radius: .4rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: .75rem 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } .right { text-align: right; }
svg { display: block; width: 100%; max-width: 46rem; height: auto; margin: .5rem 0; }
svg text { fill: var(--soft); font-size: 11px; } svg .axis { stroke: var(--line); }
.f0 { fill: var(--s0); } .f1 { fill: var(--s1); } .f2 { fill: var(--s2); }
.l0 { stroke: var(--s0); } .l1 { stroke: var(--s1); } .l2 { stroke: var(--s2); } .line { fill: none; stroke-width: 2; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin: 0 .35em 0 .8em; }
.k0 { background: var(--s0); } .k1 { background: var(--s1); } .k2 { background: var(--s2); }
@media print { section { break-inside: avoid; } }
)";

// The length of the UTF-8 sequence that begins at `at`, or 0.
size_t SequenceLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if (length < 3) return length;
  // Overlong forms, surrogates, and what lies beyond Unicode.
  const unsigned char next = byte(at + 1);
  const bool is_bad = (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next >= 0xA0) ||
                      (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next >= 0x90);
  return is_bad ? 0 : length;
}

std::string_view EntityOf(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string ShortNumber(double value) { return fmt::format("{:.3g}", value); }

double LargestOf(const std::vector<ChartSeries>& series) {
  double largest = 0;
  for (const ChartSeries& one : series) {
    for (const double value : one.values) {
      if (std::isfinite(value)) largest = std::max(largest, value);
    }
  }
  return largest;
}

std::string SvgHead(const std::string& title) {
  return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title>\n", kWidth, kHeight,
                     EscapeHtml(title));
}

std::string SvgText(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, EscapeHtml(text));
}

// The bottom line, and a value at the bottom and the top of the left side.
std::string Axes(double low, double high) {
  const double bottom = kHeight - kBottom;
  return fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{2:.1f}\" y2=\"{1:.1f}\"/>\n", kLeft,
                     bottom, kWidth) +
         SvgText(kLeft - 4, bottom, "end", ShortNumber(low)) + SvgText(kLeft - 4, kTop + 8, "end", ShortNumber(high));
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceLength(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    if (length == 0 || is_control) {
      escaped += kReplacement;
      ++at;
      continue;
    }
    const std::string_view entity = EntityOf(text[at]);
    escaped += entity.empty() ? text.substr(at, length) : entity;
    at += length;
  }
  return escaped;
}

std::string RenderSvg(const BarChart& chart) {
  std::string svg = SvgHead(chart.title);
  const double largest = LargestOf(chart.series), bottom = kHeight - kBottom;
  const size_t groups = std::max<size_t>(chart.labels.size(), 1), bars = std::max<size_t>(chart.series.size(), 1);
  const double group = (kWidth - kLeft) / static_cast<double>(groups), bar = group * 0.85 / static_cast<double>(bars);
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const std::vector<double>& values = chart.series[s].values;
    for (size_t i = 0; i < std::min(values.size(), groups); ++i) {
      if (!std::isfinite(values[i]) || values[i] <= 0) continue;
      const double height = (bottom - kTop) * values[i] / largest;
      const double x = kLeft + group * static_cast<double>(i) + bar * static_cast<double>(s);
      svg += fmt::format("<rect class=\"f{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
                         s % kColours, x, bottom - height, std::max(bar, 0.5), height);
    }
  }
  svg += Axes(0, largest);
  const size_t step = (chart.labels.size() + kLabelsMax - 1) / kLabelsMax;
  for (size_t i = 0; i < chart.labels.size(); i += step) {
    svg += SvgText(kLeft + group * static_cast<double>(i), kHeight - 6, "start", chart.labels[i]);
  }
  return svg + "</svg>\n";
}

std::string RenderSvg(const LineChart& chart) {
  std::string svg = SvgHead(chart.title);
  double low = 0, high = 0;
  size_t points = 0;
  bool is_first = true;
  for (const ChartSeries& series : chart.series) {
    points = std::max(points, series.values.size());
    for (const double value : series.values) {
      if (!std::isfinite(value)) continue;
      low = is_first ? value : std::min(low, value);
      high = is_first ? value : std::max(high, value);
      is_first = false;
    }
  }
  const double bottom = kHeight - kBottom, range = high > low ? high - low : 1;
  const double step = points > 1 ? (kWidth - kLeft) / static_cast<double>(points - 1) : 0;
  for (size_t s = 0; s < chart.series.size(); ++s) {
    std::string path;
    bool is_drawing = false;
    for (size_t i = 0; i < chart.series[s].values.size(); ++i) {
      const double value = chart.series[s].values[i];
      const bool is_shown = std::isfinite(value);
      if (is_shown) {
        path += fmt::format("{}{:.1f} {:.1f} ", is_drawing ? 'L' : 'M', kLeft + step * static_cast<double>(i),
                            bottom - (bottom - kTop) * (value - low) / range);
      }
      is_drawing = is_shown;
    }
    if (!path.empty()) svg += fmt::format("<path class=\"line l{}\" d=\"{}\"/>\n", s % kColours, path);
  }
  svg += Axes(low, high) + SvgText(kWidth, kHeight - 6, "end", chart.x_title);
  return svg + "</svg>\n";
}

void HtmlPage::AddParagraph(std::string_view text) { body_ += "<p>" + EscapeHtml(text) + "</p>\n"; }
void HtmlPage::AddWarning(std::string_view text) { body_ += "<p class=\"warn\">" + EscapeHtml(text) + "</p>\n"; }
void HtmlPage::AddHeading(std::string_view text) { body_ += "<h2>" + EscapeHtml(text) + "</h2>\n"; }

void HtmlPage::AddTable(const HtmlTable& table) {
  const auto cell = [&](const char* tag, size_t column, const std::string& inner) {
    const bool is_right = column < table.right.size() && table.right[column];
    return fmt::format("<{0}{1}>{2}</{0}>", tag, is_right ? " class=\"right\"" : "", inner);
  };
  body_ += "<div class=\"wide\"><table>\n<tr>";
  for (size_t i = 0; i < table.header.size(); ++i) body_ += cell("th", i, EscapeHtml(table.header[i]));
  body_ += "</tr>\n";
  for (size_t row = 0; row < table.rows.size(); ++row) {
    body_ += "<tr>";
    for (size_t i = 0; i < table.rows[row].size(); ++i) {
      std::string inner = EscapeHtml(table.rows[row][i]);
      const bool is_link = i == 0 && row < table.links.size() && !table.links[row].empty();
      if (is_link) inner = "<a href=\"" + EscapeHtml(table.links[row]) + "\">" + inner + "</a>";
      body_ += cell("td", i, inner);
    }
    body_ += "</tr>\n";
  }
  body_ += "</table></div>\n";
}

void HtmlPage::AddLegend(const std::vector<ChartSeries>& series) {
  if (series.size() < 2) return;
  body_ += "<p class=\"soft\">";
  for (size_t i = 0; i < series.size(); ++i) {
    body_ += fmt::format("<span class=\"key k{}\"></span>{}", i % kColours, EscapeHtml(series[i].name));
  }
  body_ += "</p>\n";
}

void HtmlPage::AddChart(const BarChart& chart) {
  AddLegend(chart.series);
  body_ += RenderSvg(chart);
}

void HtmlPage::AddChart(const LineChart& chart) {
  AddLegend(chart.series);
  body_ += RenderSvg(chart);
}

void HtmlPage::BeginCard(std::string_view heading, std::string_view note, std::string_view anchor) {
  body_ += "<section id=\"" + EscapeHtml(anchor) + "\"><h3>" + EscapeHtml(heading) + "</h3>\n";
  if (!note.empty()) body_ += "<p class=\"soft\">" + EscapeHtml(note) + "</p>\n";
}

std::string HtmlPage::Render() const {
  const std::string title = EscapeHtml(title_);
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
         "<title>" +
         title + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n" + body_ +
         "</body>\n</html>\n";
}

}  // namespace plumb::operate
