// text_world_test.h: a project and its events as text tables, for tests of what features mean.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/project_tree.h"
#include "data/memory_event_log.h"
#include "engine/brute_force.h"
#include "features/events.h"

namespace plumb::engine::testing_tables {

// Cells stand two or more blanks apart.
inline std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  size_t at = line.find_first_not_of(' ');
  while (at != std::string::npos) {
    const size_t gap = line.find("  ", at);
    cells.push_back(line.substr(at, gap == std::string::npos ? gap : gap - at));
    at = line.find_first_not_of(' ', gap);
    if (gap == std::string::npos) break;
  }
  return cells;
}

inline std::vector<std::vector<std::string>> Lines(const std::string& table) {
  std::vector<std::vector<std::string>> lines;
  size_t at = 0;
  while (at < table.size()) {
    const size_t end = std::min(table.find('\n', at), table.size());
    std::vector<std::string> cells = Cells(table.substr(at, end - at));
    if (!cells.empty()) lines.push_back(std::move(cells));
    at = end + 1;
  }
  return lines;
}

inline data::Value ValueOf(data::Type type, const std::string& text) {
  if (text == "null") return data::Value::Null(type);
  base::Result<data::Value> value = data::ParseValue(type, text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().ToString();
  return value.ok() ? *value : data::Value::Null(type);
}

inline base::Time TimeOf(const std::string& text) {
  base::Result<base::Time> time = base::ParseTime(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? *time : 0;
}

// A project and the events of its sources.
class World {
 public:
  explicit World(const std::string& project) : log_("test") {
    base::Diagnostics diagnostics;
    auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
    definitions_ = features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
    EXPECT_EQ(diagnostics.Render(false), "");
  }

  // The first line names columns.
  World& Events(const std::string& source_name, const std::string& table) {
    const features::Source& source = *definitions_->FindSource(source_name);
    const auto lines = Lines(table);
    data::Batch rows(source.columns);
    for (size_t i = 1; i < lines.size(); ++i) {
      for (size_t c = 0; c < source.columns.size(); ++c) {
        const data::Field& field = source.columns.fields()[c];
        const auto& names = lines.front();
        const size_t cell = static_cast<size_t>(std::find(names.begin(), names.end(), field.name) - names.begin());
        rows.columns[c].Append(cell < lines[i].size() ? ValueOf(field.type, lines[i][cell])
                                                      : data::Value::Null(field.type));
      }
      ++rows.rows;
    }
    base::Result<features::Events> events = features::MakeEvents(source, rows, {});
    EXPECT_TRUE(events.ok()) << events.status().ToString();
    if (events.ok()) log_.Put(source_name, events->rows);
    return *this;
  }

  [[nodiscard]] const features::DefinitionsPtr& definitions() const { return definitions_; }

  FeaturePlan Plan(const std::vector<std::string>& patterns) {
    base::Diagnostics diagnostics;
    auto plan = FeaturePlan::Make(definitions_, definitions_->Select(patterns, {}, &diagnostics));
    EXPECT_EQ(diagnostics.Render(false), "");
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    return std::move(plan).value();
  }

  BruteForce Brute(const FeaturePlan& plan) {
    base::Result<BruteForce> brute = BruteForce::Make(plan, log_);
    EXPECT_TRUE(brute.ok()) << brute.status().ToString();
    return std::move(brute).value();
  }

  // "time  [cut]  key…  value  [STATUS]": `time` and the plan's inputs, then what `feature` is. Without a cut it is the
  // time.
  void Expect(const std::string& feature, const std::string& table) {
    const FeaturePlan plan = Plan({feature});
    const BruteForce brute = Brute(plan);
    const auto lines = Lines(table);
    for (size_t i = 1; i < lines.size(); ++i) ExpectLine(plan, brute, lines.front(), lines[i]);
  }

  void ExpectLine(const FeaturePlan& plan, const BruteForce& brute, const std::vector<std::string>& names,
                  const std::vector<std::string>& cells) {
    std::vector<data::Value> inputs(plan.inputs().size());
    base::Time t = 0, cut = base::kTimeMin;
    std::string want_value, want_status;
    for (size_t c = 0; c < names.size(); ++c) {
      if (names[c] == "time") t = TimeOf(cells[c]);
      if (names[c] == "cut") cut = TimeOf(cells[c]);
      if (names[c] == "value") want_value = cells[c];
      if (names[c] == "status") want_status = cells[c];
      const int input = plan.inputs().IndexOf(names[c]);
      if (input >= 0)
        inputs[static_cast<size_t>(input)] = ValueOf(plan.inputs().fields()[static_cast<size_t>(input)].type, cells[c]);
    }
    if (cut == base::kTimeMin) cut = t;
    const base::Result<BruteValue> got = brute.Evaluate(plan.outputs().front(), inputs, t, cut);
    const std::string line = fmt::format("{}", fmt::join(cells, "  "));
    ASSERT_TRUE(got.ok()) << line << ": " << got.status().ToString();
    EXPECT_EQ(got->value.ToString(), want_value) << line;
    if (!want_status.empty()) {
      EXPECT_EQ(FeatureStatusName(got->status), want_status) << line;
    }
  }

 private:
  features::DefinitionsPtr definitions_;
  data::MemoryEventLog log_;
};

}  // namespace plumb::engine::testing_tables
