#include "learn/slices.h"

#include <algorithm>
#include <utility>

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;

struct Group {
  std::optional<std::string> text;
  std::vector<int64_t> rows;
};

std::vector<Group> GroupRows(const data::Column& values) {
  std::map<std::optional<std::string>, std::vector<int64_t>> by_text;
  for (size_t row = 0; row < values.size(); row++) {
    std::optional<std::string> text;
    if (!values.IsNull(row)) text = values.At(row).ToString();
    by_text[std::move(text)].push_back(static_cast<int64_t>(row));
  }
  std::vector<Group> groups;
  for (auto& [text, rows] : by_text) groups.push_back({text, std::move(rows)});
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.rows.size() > b.rows.size(); });
  return groups;
}

Result<SliceReport::Value> Measure(const JudgedRows& rows, const std::vector<int64_t>& chosen) {
  const JudgedRows some = rows.Take(chosen);
  SliceReport::Value value;
  value.rows = static_cast<int64_t>(some.rows());
  if (rows.task == model::Task::kBinary) value.positives = std::count(some.labels.begin(), some.labels.end(), 1.0);
  PLUMB_ASSIGN_OR_RETURN(value.metrics, EvaluateSlice(some));
  return value;
}

}  // namespace

Json SliceReport::ToJson() const {
  Json list{base::JsonArray{}};
  for (const Value& value : values) {
    Json entry;
    if (value.merged > 0) {
      entry.Set("other", value.merged);
    } else {
      entry.Set("value", value.text ? Json(*value.text) : Json());
    }
    entry.Set("rows", value.rows);
    entry.Set("positives", value.positives);
    AddMetrics(value.metrics, &entry);
    list.Append(std::move(entry));
  }
  Json json;
  json.Set("name", name);
  json.Set("values", std::move(list));
  return json;
}

Result<SliceReport> MeasureSlice(const std::string& name, const data::Column& values, const JudgedRows& rows) {
  SliceReport report;
  report.name = name;
  std::vector<Group> groups = GroupRows(values);
  std::vector<int64_t> rest;
  for (size_t i = 0; i < groups.size(); i++) {
    if (i >= kSliceValuesMax) {
      rest.insert(rest.end(), groups[i].rows.begin(), groups[i].rows.end());
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(SliceReport::Value value, Measure(rows, groups[i].rows));
    value.text = std::move(groups[i].text);
    report.values.push_back(std::move(value));
  }
  if (rest.empty()) return report;
  std::sort(rest.begin(), rest.end());
  PLUMB_ASSIGN_OR_RETURN(SliceReport::Value other, Measure(rows, rest));
  other.merged = static_cast<int64_t>(groups.size() - kSliceValuesMax);
  report.values.push_back(std::move(other));
  return report;
}

}  // namespace plumb::learn
