#include "operate/profile_page.h"

#include <fmt/core.h>

#include <utility>

#include "operate/html_page.h"

namespace plumb::operate {
namespace {

constexpr double kPsiModerate = 0.1, kPsiLarge = 0.25;

std::string PercentText(double share) { return fmt::format("{:.1f} %", 100 * share); }
std::string CountText(double count) { return fmt::format("{:.0f}", count); }

std::string AnchorOf(size_t column) { return "c" + std::to_string(column); }

// Beyond the limit by more than twice what chance gives.
bool IsBeyond(const ProfileChange& change, double limit) {
  return change.psi && *change.psi > limit + 2 * change.psi_noise;
}

std::string PsiText(const std::optional<ProfileChange>& change) {
  if (!change || !change->psi) return "";
  const char* const mark = IsBeyond(*change, kPsiLarge) ? " !!" : IsBeyond(*change, kPsiModerate) ? " !" : "";
  return fmt::format("{:.3f}{}", *change->psi, mark);
}

void AddWarnings(const TableProfile& profile, HtmlPage* page) {
  for (const ColumnProfile& column : profile.columns) {
    for (size_t i = 0; i < column.parts.size(); ++i) {
      const std::optional<ProfileChange>& change = column.parts[i].change;
      if (!change || !IsBeyond(*change, kPsiLarge)) continue;
      const std::string other = i == 0 ? "the earlier profile" : profile.part_names.front();
      page->AddWarning(fmt::format("{} of {} differs from {}: PSI {:.2f}.", column.name, profile.part_names[i], other,
                                   *change->psi));
    }
    const PartProfile& first = column.parts.front();
    if (first.rows > 0 && first.nulls == first.rows) page->AddWarning(column.name + " is always null.");
  }
}

void AddOverview(const TableProfile& profile, HtmlPage* page) {
  HtmlTable table;
  table.header = {"column", "type", "null", "distinct", "mean", "min", "max"};
  table.right = {false, false, true, true, true, true, true};
  for (size_t i = 1; i < profile.part_names.size(); ++i) {
    table.header.push_back("PSI " + profile.part_names[i]);
    table.right.push_back(true);
  }
  if (profile.has_earlier) {
    table.header.emplace_back("PSI earlier");
    table.right.push_back(true);
  }
  for (size_t c = 0; c < profile.columns.size(); ++c) {
    const ColumnProfile& column = profile.columns[c];
    const PartProfile& first = column.parts.front();
    std::vector<std::string> row = {column.name, data::TypeName(column.type), PercentText(first.NullShare()),
                                    CountText(first.distinct)};
    for (const double NumberSummary::* figure : {&NumberSummary::mean, &NumberSummary::min, &NumberSummary::max}) {
      row.push_back(first.numbers ? FormatProfileNumber(column.type, (*first.numbers).*figure) : "");
    }
    for (size_t i = 1; i < column.parts.size(); ++i) {
      row.push_back(PsiText(column.parts[i].change));
    }
    if (profile.has_earlier) row.push_back(PsiText(first.change));
    table.rows.push_back(std::move(row));
    table.links.push_back("#" + AnchorOf(c));
  }
  page->AddTable(table);
  page->AddParagraph(
      "Figures are of the part " + profile.part_names.front() +
      ". PSI is the population stability index against it; ! and !!: above 0.1 and 0.25 by more than twice what "
      "chance makes of samples of this size. Times, and texts that are mostly different, are not compared.");
}

std::vector<std::string> PartRow(const std::string& name, const ColumnProfile& column, const PartProfile& part) {
  std::vector<std::string> row = {name, CountText(static_cast<double>(part.rows)), PercentText(part.NullShare()),
                                  CountText(part.distinct)};
  if (part.numbers) {
    const NumberSummary& numbers = *part.numbers;
    row.push_back(FormatProfileNumber(column.type, numbers.mean));
    const bool is_time = column.type == data::TypeKind::kTimestamp;
    const data::Type deviation_type = is_time ? data::Type(data::TypeKind::kDuration) : column.type;
    row.push_back(numbers.deviation ? FormatProfileNumber(deviation_type, *numbers.deviation) : "");
    row.push_back(FormatProfileNumber(column.type, numbers.min));
    for (const double quantile : numbers.quantiles) row.push_back(FormatProfileNumber(column.type, quantile));
    row.push_back(FormatProfileNumber(column.type, numbers.max));
  }
  return row;
}

void AddFigures(const TableProfile& profile, const ColumnProfile& column, HtmlPage* page) {
  HtmlTable table;
  table.header = {"part", "rows", "null", "distinct"};
  bool has_numbers = false;
  for (const PartProfile& part : column.parts) has_numbers = has_numbers || part.numbers;
  if (has_numbers) {
    for (const char* name : {"mean", "stddev", "min", "1 %", "5 %", "25 %", "median", "75 %", "95 %", "99 %", "max"}) {
      table.header.emplace_back(name);
    }
  }
  table.right.assign(table.header.size(), true);
  table.right[0] = false;
  for (size_t i = 0; i < column.parts.size(); ++i) {
    table.rows.push_back(PartRow(profile.part_names[i], column, column.parts[i]));
    table.rows.back().resize(table.header.size());
  }
  page->AddTable(table);
}

void AddChanges(const TableProfile& profile, const ColumnProfile& column, HtmlPage* page) {
  HtmlTable table;
  table.header = {"change", "PSI", "KS", "share of nulls"};
  table.right = {false, true, true, true};
  for (size_t i = 0; i < column.parts.size(); ++i) {
    const auto& change = column.parts[i].change;
    if (!change) continue;
    const std::string what = i == 0 ? profile.part_names[0] + " against the earlier profile"
                                    : profile.part_names[i] + " against " + profile.part_names[0];
    table.rows.push_back({what, PsiText(change), change->ks ? fmt::format("{:.3f}", *change->ks) : "",
                          fmt::format("{:+.1f} %", 100 * change->null_share)});
  }
  if (!table.rows.empty()) page->AddTable(table);
}

// As shares of the part, so that parts of different sizes compare.
ChartSeries SharesOf(const std::string& name, const std::vector<int64_t>& counts, int64_t rows) {
  ChartSeries series;
  series.name = name;
  for (const int64_t count : counts) {
    series.values.push_back(rows == 0 ? 0 : static_cast<double>(count) / static_cast<double>(rows));
  }
  return series;
}

void AddHistogram(const TableProfile& profile, const ColumnProfile& column, HtmlPage* page) {
  if (!(column.bins_low < column.bins_high)) return;
  BarChart chart;
  chart.title = "Share of rows by value of " + column.name;
  const double width = (column.bins_high - column.bins_low) / static_cast<double>(kHistogramBins);
  for (size_t i = 0; i < kHistogramBins; ++i) {
    const double low = column.bins_low + width * static_cast<double>(i);
    std::string label = FormatProfileNumber(column.type, low);
    const bool is_number = column.type != data::TypeKind::kTimestamp && column.type != data::TypeKind::kDuration;
    chart.labels.push_back(is_number ? fmt::format("{:.3g}", low) : label.substr(0, 10));
  }
  for (size_t i = 0; i < column.parts.size(); ++i) {
    if (column.parts[i].histogram.empty()) continue;
    chart.series.push_back(SharesOf(profile.part_names[i], column.parts[i].histogram, column.parts[i].rows));
  }
  page->AddChart(chart);
}

int64_t RowsWith(const PartProfile& part, const std::string& text) {
  for (const auto& [value, rows] : part.top) {
    if (value == text) return rows;
  }
  return -1;
}

void AddTop(const TableProfile& profile, const ColumnProfile& column, HtmlPage* page) {
  const PartProfile& first = column.parts.front();
  if (first.top.empty()) return;
  HtmlTable table;
  table.header = {"value"};
  table.right = {false};
  for (const std::string& name : profile.part_names) {
    table.header.push_back(name);
    table.right.push_back(true);
  }
  for (const auto& [text, count] : first.top) {
    std::vector<std::string> row = {text};
    for (const PartProfile& part : column.parts) {
      const int64_t rows = RowsWith(part, text);
      row.push_back(
          rows < 0 || part.rows == 0 ? "" : PercentText(static_cast<double>(rows) / static_cast<double>(part.rows)));
    }
    table.rows.push_back(std::move(row));
  }
  page->AddTable(table);
}

std::string NoteOf(const ColumnProfile& column) {
  std::string note = data::TypeName(column.type);
  if (column.is_hidden) note += "; about persons, so values are not shown";
  int64_t not_finite = 0;
  for (const PartProfile& part : column.parts) not_finite += part.not_finite;
  if (not_finite > 0) note += fmt::format("; {} values that are not finite are in no figure", not_finite);
  return note;
}

}  // namespace

std::string RenderProfilePage(const TableProfile& profile, const ProfileFacts& facts) {
  HtmlPage page(profile.title);
  HtmlTable about;
  about.header = {"", ""};
  for (const auto& [name, value] : facts.facts) about.rows.push_back({name, value});
  if (!about.rows.empty()) page.AddTable(about);
  AddWarnings(profile, &page);
  page.AddHeading("Columns");
  AddOverview(profile, &page);
  for (size_t c = 0; c < profile.columns.size(); ++c) {
    const ColumnProfile& column = profile.columns[c];
    page.BeginCard(column.name, NoteOf(column), AnchorOf(c));
    AddFigures(profile, column, &page);
    AddHistogram(profile, column, &page);
    AddTop(profile, column, &page);
    AddChanges(profile, column, &page);
    page.EndCard();
  }
  return page.Render();
}

}  // namespace plumb::operate
