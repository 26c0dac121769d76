#include "engine/internal/case_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/project_tree.h"
#include "features/events.h"

namespace plumb::engine::internal {
namespace {

using data::Value;

bool Reads(data::Type type, const std::string& text) { return data::ParseValue(type, text).ok(); }

// The narrowest type that all values of the column have.
data::Type TypeOfColumn(const CaseTable& table, size_t column) {
  std::vector<std::string> cells;
  for (const CaseRow& row : table.rows) {
    std::string cell = row.cells[column];
    if (Unquote(&cell)) return data::TypeKind::kString;
    if (cell != "null") cells.push_back(std::move(cell));
  }
  const auto all = [&](auto is) { return !cells.empty() && std::all_of(cells.begin(), cells.end(), is); };
  if (all([](const std::string& c) { return c == "true" || c == "false"; })) return data::TypeKind::kBool;
  for (const data::TypeKind kind : {data::TypeKind::kInt64, data::TypeKind::kFloat64, data::TypeKind::kTimestamp}) {
    if (all([kind](const std::string& c) { return Reads(kind, c); })) return kind;
  }
  return data::TypeKind::kString;
}

std::string InQuotes(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted.push_back(c);
    if (c == '\'') quoted.push_back(c);
  }
  return quoted + "'";
}

class WorldBuilder {
 public:
  WorldBuilder(const FeatureCase& feature_case, const CaseOptions& options, CaseWorld* world,
               std::vector<CaseFailure>* failures)
      : case_(feature_case), options_(options), world_(*world), failures_(*failures) {}

  bool Build() {
    const size_t before = failures_.size();
    if (case_.expectations.empty()) Fail(case_.line, "Case expects nothing.");
    if (failures_.size() == before) LoadDefinitions();
    if (failures_.size() == before) LoadEvents();
    if (failures_.size() == before) MakePlan();
    if (failures_.size() == before) ReadExpectations();
    return failures_.size() == before;
  }

 private:
  void Fail(int line, std::string message) { failures_.push_back({options_.file, line, std::move(message)}); }

  // ---- Definitions ----

  void LoadDefinitions() {
    base::Diagnostics diagnostics;
    std::vector<base::SourceTextPtr> texts = options_.project;
    if (!case_.yaml.empty()) texts.push_back(Text(options_.file, case_.yaml));
    const base::ProjectTree defined = base::MergeProject(texts, &diagnostics);
    const auto is_defined = [&](const char* section, const std::string& name) {
      const auto& entries = defined.Section(section);
      return std::any_of(entries.begin(), entries.end(), [&](const base::YamlEntry& e) { return e.key == name; });
    };
    std::string sources, entities, views;
    for (const CaseTable& table : case_.events) {
      if (!is_defined("sources", table.source)) sources += ImpliedSource(table);
    }
    std::map<std::string, std::string> implied;
    for (const CaseFeature& feature : case_.features) {
      const bool is_global = feature.entity.empty();
      if (!is_global && !is_defined("entities", feature.entity)) implied[feature.entity] = ImpliedEntity(feature);
      views += fmt::format("  {0}:\n    entity: {1}\n    source: {2}\n    features:\n      {0}: {3}\n", feature.name,
                           is_global ? "[]" : feature.entity, feature.source, InQuotes(feature.expression));
    }
    for (const auto& [name, text] : implied) entities += text;
    std::string project;
    if (!sources.empty()) project += "sources:\n" + sources;
    if (!entities.empty()) project += "entities:\n" + entities;
    if (!views.empty()) project += "feature_views:\n" + views;
    if (!project.empty()) texts.push_back(Text(options_.file + " (as YAML)", project));
    if (!diagnostics.has_errors()) {
      world_.definitions = features::LoadDefinitions(base::MergeProject(texts, &diagnostics), &diagnostics);
    }
    if (world_.definitions != nullptr && !diagnostics.has_errors()) return;
    const int line = case_.features.empty() ? case_.line : case_.features.front().line;
    Fail(line, "Definitions are not right:\n" + diagnostics.Render(false));
  }

  static base::SourceTextPtr Text(const std::string& name, const std::string& text) {
    return std::make_shared<const base::SourceText>(base::SourceText{name, text});
  }

  [[nodiscard]] std::string TypeName(const CaseTable& table, size_t column) const {
    const std::string& name = table.header[column];
    for (const CaseColumnType& type : case_.types) {
      if (type.source == table.source && type.column == name) return type.type;
    }
    if (name == "event_time" || name == "known_at") return "timestamp";
    if (name == "deleted") return "bool";
    return data::TypeName(TypeOfColumn(table, column));
  }

  [[nodiscard]] std::string ImpliedSource(const CaseTable& table) const {
    const auto has = [&](const char* name) {
      return std::find(table.header.begin(), table.header.end(), name) != table.header.end();
    };
    std::string text = fmt::format("  {}:\n    event_time: event_time\n", table.source);
    if (has("known_at")) text += "    known_at: known_at\n";
    if (has("event_id")) text += "    event_id: event_id\n";
    if (has("deleted")) text += "    deleted: deleted\n";
    text += "    columns:\n";
    for (size_t i = 0; i < table.header.size(); ++i) {
      text += fmt::format("      {}: {}\n", table.header[i], TypeName(table, i));
    }
    return text;
  }

  [[nodiscard]] std::string ImpliedEntity(const CaseFeature& feature) const {
    std::string type = "string";
    for (const CaseTable& table : case_.events) {
      const auto at = std::find(table.header.begin(), table.header.end(), feature.entity);
      if (table.source == feature.source && at != table.header.end()) {
        type = TypeName(table, static_cast<size_t>(at - table.header.begin()));
      }
    }
    return fmt::format("  {0}:\n    key: {{{0}: {1}}}\n", feature.entity, type);
  }

  // ---- Events ----

  void LoadEvents() {
    std::map<std::string, data::Batch> rows;
    for (const CaseTable& table : case_.events) ReadEvents(table, &rows);
    for (const auto& source : world_.definitions->sources()) {
      data::Batch& own = rows.try_emplace(source->name, data::Batch(source->columns)).first->second;
      base::Result<features::Events> events = features::MakeEvents(*source, own, {});
      if (events.ok()) {
        world_.log.Put(source->name, std::move(events->rows));
      } else {
        Fail(case_.line, events.status().ToString());
      }
    }
  }

  void ReadEvents(const CaseTable& table, std::map<std::string, data::Batch>* rows) {
    const features::Source* source = world_.definitions->FindSource(table.source);
    if (source == nullptr) return Fail(table.line, fmt::format("Source is not known: {}.", table.source));
    data::Batch& batch = rows->try_emplace(source->name, data::Batch(source->columns)).first->second;
    for (const std::string& name : table.header) {
      if (source->columns.IndexOf(name) < 0) Fail(table.line, fmt::format("Column is not declared: {}.", name));
    }
    for (const CaseRow& row : table.rows) {
      for (size_t i = 0; i < source->columns.size(); ++i) {
        const data::Field& field = source->columns.fields()[i];
        const auto at = std::find(table.header.begin(), table.header.end(), field.name) - table.header.begin();
        const bool is_given = static_cast<size_t>(at) < row.cells.size();
        batch.columns[i].Append(is_given ? ReadValue(row.line, field.type, row.cells[static_cast<size_t>(at)])
                                         : Value::Null(field.type));
      }
      ++batch.rows;
    }
  }

  Value ReadValue(int line, data::Type type, std::string cell) {
    if (!Unquote(&cell) && cell == "null") return Value::Null(type);
    base::Result<Value> value = data::ParseValue(type, cell);
    if (value.ok()) return *value;
    Fail(line, value.status().ToString());
    return Value::Null(type);
  }

  // ---- Plan and expectations ----

  // The feature a column of an expect table means.
  std::optional<features::FeatureId> FeatureOf(const std::string& column) const {
    const size_t dot = column.find('.');
    const features::View* view = world_.definitions->FindView(column.substr(0, dot));
    if (view == nullptr) return std::nullopt;
    const int index = view->IndexOf(dot == std::string::npos ? column : column.substr(dot + 1));
    if (index < 0) return std::nullopt;
    return features::FeatureId{view, index};
  }

  void MakePlan() {
    std::vector<features::FeatureId> outputs;
    for (const CaseTable& table : case_.expectations) {
      for (const std::string& column : table.header) {
        const auto id = FeatureOf(column);
        if (id && std::find(outputs.begin(), outputs.end(), *id) == outputs.end()) outputs.push_back(*id);
      }
    }
    base::Result<FeaturePlan> plan = FeaturePlan::Make(world_.definitions, std::move(outputs));
    if (!plan.ok()) return Fail(case_.expectations.front().line, plan.status().ToString());
    world_.plan = std::move(plan).value();
    world_.inputs = data::Batch(world_.plan->inputs());
  }

  void ReadExpectations() {
    for (const CaseTable& table : case_.expectations) {
      if (!CheckHeader(table)) continue;
      for (const CaseRow& row : table.rows) ReadExpected(table, row);
    }
  }

  bool CheckHeader(const CaseTable& table) {
    const size_t before = failures_.size();
    for (size_t i = 0; i < table.header.size(); ++i) {
      const std::string& column = table.header[i];
      const bool is_status = column == "status" && i > 0 && FeatureOf(table.header[i - 1]);
      const bool is_input = world_.plan->inputs().IndexOf(column) >= 0;
      if (column != "time" && column != "cut" && !is_status && !is_input && !FeatureOf(column)) {
        Fail(table.line, fmt::format("Column is neither an input nor a feature: {}.", column));
      }
    }
    if (std::find(table.header.begin(), table.header.end(), "time") == table.header.end()) {
      Fail(table.line, "Table has no column time.");
    }
    return failures_.size() == before;
  }

  void ReadExpected(const CaseTable& table, const CaseRow& row) {
    std::vector<Value> inputs;
    for (const data::Field& field : world_.plan->inputs().fields()) inputs.push_back(Value::Null(field.type));
    base::Time time = 0;
    std::optional<base::Time> cut;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const std::string& column = table.header[i];
      const int input = world_.plan->inputs().IndexOf(column);
      if (column == "time") {
        time = ReadValue(row.line, data::TypeKind::kTimestamp, row.cells[i]).AsInt();
      } else if (column == "cut") {
        cut = ReadValue(row.line, data::TypeKind::kTimestamp, row.cells[i]).AsInt();
      } else if (column == "status") {
        world_.expectations.back().status = row.cells[i];
      } else if (const auto id = FeatureOf(column); id && input < 0) {
        AddExpectation(row.line, *id, row.cells[i]);
      } else {
        inputs[static_cast<size_t>(input)] =
            ReadValue(row.line, world_.plan->inputs().fields()[static_cast<size_t>(input)].type, row.cells[i]);
      }
    }
    for (size_t i = 0; i < inputs.size(); ++i) world_.inputs.columns[i].Append(inputs[i]);
    ++world_.inputs.rows;
    world_.times.push_back(time);
    world_.cuts.push_back(cut.value_or(time));
  }

  void AddExpectation(int line, const features::FeatureId& id, const std::string& cell) {
    const auto& outputs = world_.plan->outputs();
    Expectation expectation;
    expectation.line = line;
    expectation.row = world_.times.size();
    expectation.output = static_cast<size_t>(std::find(outputs.begin(), outputs.end(), id) - outputs.begin());
    expectation.value = ReadValue(line, id.feature().type, cell);
    world_.expectations.push_back(std::move(expectation));
  }

  const FeatureCase& case_;
  const CaseOptions& options_;
  CaseWorld& world_;
  std::vector<CaseFailure>& failures_;
};

}  // namespace

bool BuildCaseWorld(const FeatureCase& feature_case, const CaseOptions& options, CaseWorld* world,
                    std::vector<CaseFailure>* failures) {
  return WorldBuilder(feature_case, options, world, failures).Build();
}

}  // namespace plumb::engine::internal
