#include "learn/model_definition.h"

#include <algorithm>
#include <set>
#include <utility>

#include "learn/internal/gate_section.h"
#include "learn/internal/training_section.h"
#include "model/infer/class_dictionary.h"
#include "model/infer/feature_encoder.h"

namespace plumb::learn {
namespace {

using base::Diagnostics;
using base::YamlNode;
using base::YamlReader;

// Reads one entry of the models section; everything that is wrong is reported before it gives up.
class ModelReader {
 public:
  ModelReader(const base::YamlEntry& entry, const features::DefinitionsPtr& definitions, Diagnostics* diagnostics)
      : entry_(entry), definitions_(definitions), diagnostics_(diagnostics) {
    model_.name = entry.key;
    model_.position = entry.key_position;
  }

  std::optional<ModelDefinition> Read() {
    const size_t errors = diagnostics_->errors();
    YamlReader reader(entry_.value, "model " + model_.name, diagnostics_);
    model_.description = reader.String("description").value_or("");
    model_.owner = reader.String("owner").value_or("");
    // The objective first: it says what a label is.
    if (const YamlNode* node = reader.Node("train")) ReadTrainSection(*node, diagnostics_, &model_);
    if (const YamlNode* node = reader.RequiredNode("examples")) ReadExamples(*node);
    if (const YamlNode* node = reader.RequiredNode("label")) ReadLabel(*node);
    if (const YamlNode* node = reader.RequiredNode("features")) ReadFeatures(reader, *node);
    if (const YamlNode* node = reader.RequiredNode("split")) ReadSplit(*node);
    ReadMetrics(reader, diagnostics_, &model_);
    if (const YamlNode* node = reader.Node("needs")) ReadNeedsSection(*node, diagnostics_, &model_);
    model_.slices = reader.Strings("slices");
    if (const YamlNode* node = reader.Node("gate")) ReadGate(*node);
    reader.Finish();
    if (diagnostics_->errors() > errors) return std::nullopt;
    CheckInputs();
    if (const YamlNode* node = reader.Node("slices")) CheckSlices(*node);
    if (model_.needs.freshness) CheckFreshness(features::Lineage(definitions_), model_, diagnostics_);
    if (diagnostics_->errors() > errors) return std::nullopt;
    return std::move(model_);
  }

 private:
  std::optional<expr::Scalar> ReadScalar(YamlReader& reader, std::string_view key, const data::Schema& columns,
                                         const std::string& columns_are_of, std::optional<data::Type> wanted) {
    const YamlNode* node = reader.Node(key);
    if (node == nullptr) return std::nullopt;
    if (!node->IsScalar()) {
      diagnostics_->Error(node->position, "Expression is missing: " + std::string(key) + ".");
      return std::nullopt;
    }
    const expr::ExprPtr parsed = expr::Parse(node->scalar, node->position, diagnostics_);
    if (parsed == nullptr) return std::nullopt;
    expr::Scope scope;
    scope.columns = &columns;
    scope.columns_are_of = columns_are_of;
    std::optional<expr::Checked> checked = expr::Check(parsed, scope, diagnostics_, wanted);
    if (!checked) return std::nullopt;
    return std::move(checked->scalar);
  }

  void ReadExamples(const YamlNode& node) {
    YamlReader reader(node, "examples of model " + model_.name, diagnostics_);
    ExamplesDefinition& examples = model_.examples;
    const std::optional<std::string> source = reader.String("source");
    const YamlNode* path = reader.Node("path");
    if (source.has_value() == (path != nullptr)) {
      diagnostics_->Error(
          node.position, "Examples need either a source or a path: model " + model_.name + ".",
          "Write examples: {source: NAME, time: EXPR}, or examples: {path: FILE, columns: {…}, time: EXPR}.");
    }
    if (source) {
      examples.source = FindSource(*source, reader.Where("source"));
      if (examples.source != nullptr) examples.columns = examples.source->columns;
    } else {
      examples.paths = reader.Strings("path");
      if (const YamlNode* columns = reader.RequiredNode("columns")) ReadColumns(*columns);
    }
    if (examples.columns.size() > 0) ReadExampleExpressions(reader, node);
    reader.Node("time");
    reader.Node("where");
    reader.Finish();
  }

  void ReadExampleExpressions(YamlReader& reader, const YamlNode& node) {
    ExamplesDefinition& examples = model_.examples;
    const std::string of = examples.source != nullptr ? "source " + examples.source->name : "the example file";
    if (reader.Node("time") == nullptr) {
      diagnostics_->Error(node.position, "Examples have no time: model " + model_.name + ".",
                          "Say when each example is asked, such as time: scheduled - 1h.");
    } else if (auto time = ReadScalar(reader, "time", examples.columns, of, data::TypeKind::kTimestamp)) {
      examples.time = std::move(*time);
    }
    examples.where = ReadScalar(reader, "where", examples.columns, of, data::TypeKind::kBool);
  }

  void ReadColumns(const YamlNode& node) {
    if (!node.IsMap()) {
      diagnostics_->Error(node.position, "Columns of the example file are not a map of name: type.");
      return;
    }
    if (node.entries.empty()) diagnostics_->Error(node.position, "Example file has no columns.");
    for (const base::YamlEntry& entry : node.entries) {
      const base::Result<data::Type> type = data::ParseType(entry.value.scalar);
      if (type.ok()) {
        model_.examples.columns.Add(entry.key, *type);
      } else {
        diagnostics_->Error(entry.value.position, type.status().message(), type.status().suggestion());
      }
    }
  }

  void ReadLabel(const YamlNode& node) {
    YamlReader reader(node, "label of model " + model_.name, diagnostics_);
    LabelDefinition& label = model_.label;
    const std::optional<std::string> from = reader.String("from");
    const std::optional<std::string> by = reader.String("by");
    const data::Schema* columns = &model_.examples.columns;
    std::string of = "the examples";
    if (from) {
      label.from = FindSource(*from, reader.Where("from"));
      if (label.from == nullptr) {
        reader.Node("is");
        reader.Finish();
        return;
      }
      columns = &label.from->columns;
      of = "source " + *from;
      CheckBy(by, reader, node);
    } else if (by) {
      diagnostics_->Error(reader.Where("by"), "Label has `by` but no `from`: model " + model_.name + ".",
                          "Say which source the label is from, such as from: flights.");
    }
    reader.RequiredNode("is");
    const bool is_binary = model_.task == model::Task::kBinary;
    const auto wanted = is_binary ? std::optional<data::Type>(data::TypeKind::kBool) : std::nullopt;
    if (auto is = ReadScalar(reader, "is", *columns, of, wanted)) {
      CheckLabelType(is->type(), reader.Where("is"));
      label.is = std::move(*is);
    }
    reader.Finish();
  }

  void CheckLabelType(data::Type type, const base::Position& position) {
    const std::string got = ": objective " + model_.objective + ", label " + data::TypeName(type) + ".";
    if (model_.task == model::Task::kClasses && !model::ClassDictionary::CanBeClass(type)) {
      diagnostics_->Error(position, "Label has a type that has no classes" + got,
                          "Write a label that is a string, int64 or bool, or objective: reg:squarederror.");
    }
    if (model_.task == model::Task::kRegression && !type.IsNumeric() && !type.IsDecimal()) {
      diagnostics_->Error(position, "Label is not a number" + got,
                          type == data::TypeKind::kDuration ? "Divide it by a duration, such as / 1m."
                                                            : "Write a label that is a number.");
    }
  }

  void CheckBy(const std::optional<std::string>& by, YamlReader& reader, const YamlNode& node) {
    LabelDefinition& label = model_.label;
    if (!by) {
      diagnostics_->Error(node.position, "Label does not say how to find its event: model " + model_.name + ".",
                          "Name the column that examples and source " + label.from->name + " share, such as by: " +
                              (label.from->event_id.empty() ? "ID" : label.from->event_id) + ".");
      return;
    }
    label.by = *by;
    if (label.from->event_id != *by) {
      diagnostics_->Error(
          reader.Where("by"),
          "Label is not joined by the event_id of its source: source " + label.from->name + ", by " + *by + ".",
          label.from->event_id.empty() ? "Declare event_id: " + *by + " in source " + label.from->name + "."
                                       : "Write by: " + label.from->event_id + ".");
    }
    if (model_.examples.columns.size() == 0) return;
    const data::Field *here = model_.examples.columns.Find(*by), *there = label.from->columns.Find(*by);
    if (here == nullptr) {
      diagnostics_->Error(reader.Where("by"), "Examples have no such column: " + *by + ".",
                          base::DidYouMean(*by, model_.examples.columns.Names()));
    } else if (there != nullptr && here->type != there->type) {
      diagnostics_->Error(reader.Where("by"), "Column has another type in the examples than in source " +
                                                  label.from->name + ": " + *by + ", " + data::TypeName(here->type) +
                                                  " against " + data::TypeName(there->type) + ".");
    }
  }

  void ReadFeatures(YamlReader& reader, const YamlNode& node) {
    const size_t errors = diagnostics_->errors();
    model_.feature_patterns = reader.Strings("features");
    for (size_t i = 0; i < model_.feature_patterns.size(); i++) {
      const std::string& pattern = model_.feature_patterns[i];
      for (const features::FeatureId& id : definitions_->Select({pattern}, ItemPosition(node, i), diagnostics_)) {
        std::vector<features::FeatureId>& known = model_.features;
        if (std::find(known.begin(), known.end(), id) != known.end()) continue;
        known.push_back(id);
        const base::Status encodable =
            model::FeatureEncoder::CheckEncodable(data::Schema({{id.ToString(), id.feature().type}}));
        if (!encodable.ok()) {
          diagnostics_->Error(ItemPosition(node, i), encodable.message(), encodable.suggestion());
        }
      }
    }
    if (model_.features.empty() && diagnostics_->errors() == errors) {
      diagnostics_->Error(node.position, "Model has no features: " + model_.name + ".",
                          "List features such as VIEW.FEATURE, or VIEW.* for all of a view.");
    }
  }

  void ReadSplit(const YamlNode& node) {
    const size_t errors = diagnostics_->errors();
    YamlReader reader(node, "split of model " + model_.name, diagnostics_);
    SplitDefinition& split = model_.split;
    if (reader.Node("train_from") != nullptr) split.train_from = ReadTime(reader, "train_from");
    split.train_until = ReadTime(reader, "train_until");
    split.validate_until = ReadTime(reader, "validate_until");
    split.test_until = ReadTime(reader, "test_until");
    if (const std::optional<std::string> gap = reader.String("gap")) {
      const base::Result<base::Span> span = base::ParseSpan(*gap);
      if (!span.ok() || span->months != 0 || span->micros < 0) {
        diagnostics_->Error(reader.Where("gap"), "Gap is not a duration of fixed length: " + *gap + ".",
                            "Write it in days or hours, such as gap: 1d.");
      } else {
        split.gap = span->micros;
      }
    }
    reader.Finish();
    if (diagnostics_->errors() > errors) return;
    const auto before_gap = [&](base::Time until) { return base::Move(until, {0, split.gap}, -1); };
    if (split.train_from >= before_gap(split.train_until) || split.train_until >= before_gap(split.validate_until) ||
        split.validate_until >= split.test_until) {
      diagnostics_->Error(node.position, "Split leaves a part empty: model " + model_.name + ".",
                          "Order the times as train_until < validate_until < test_until, further apart than the gap.");
    }
  }

  base::Time ReadTime(YamlReader& reader, std::string_view key) {
    const std::string text = reader.RequiredString(key);
    if (text.empty()) return 0;
    const base::Result<base::Time> time = base::ParseTime(text);
    if (time.ok()) return *time;
    diagnostics_->Error(reader.Where(key), time.status().message(), "Write a date such as 2013-09-01.");
    return 0;
  }

  void ReadGate(const YamlNode& node) {
    const GatedModel gated{model_.name, model_.task, model_.metrics.front(), !model_.slices.empty(),
                           model_.examples.columns};
    model_.gate = ReadGateSection(node, gated, diagnostics_);
  }

  // Every entity key and request field that the features need must be a column of the examples.
  void CheckInputs() {
    for (const features::FeatureId& id : model_.features) {
      for (const data::Field& field : id.view->inputs().fields()) {
        const data::Field* column = model_.examples.columns.Find(field.name);
        if (column != nullptr && column->type == field.type) continue;
        if (!missing_.insert(field.name).second) continue;
        if (column == nullptr) {
          diagnostics_->Error(
              model_.position,
              "Examples lack a column that the features need: " + field.name + " (view " + id.view->name + ").",
              base::DidYouMean(field.name, model_.examples.columns.Names()));
        } else {
          diagnostics_->Error(model_.position, "Example column has the wrong type: " + field.name + ", want " +
                                                   data::TypeName(field.type) + ", got " +
                                                   data::TypeName(column->type) + ".");
        }
      }
    }
  }

  // A slice is a column of the examples or a feature of the model whose values can be told apart by their text.
  void CheckSlices(const YamlNode& node) {
    std::vector<std::string> known = model_.examples.columns.Names();
    for (const features::FeatureId& id : model_.features) known.push_back(id.ToString());
    for (size_t i = 0; i < model_.slices.size(); i++) {
      const std::string& slice = model_.slices[i];
      const data::Field* column = model_.examples.columns.Find(slice);
      const auto feature = std::find_if(model_.features.begin(), model_.features.end(),
                                        [&](const features::FeatureId& id) { return id.ToString() == slice; });
      if (column == nullptr && feature == model_.features.end()) {
        diagnostics_->Error(ItemPosition(node, i),
                            "Slice is neither a column of the examples nor a feature: " + slice + ".",
                            base::DidYouMean(slice, known));
        continue;
      }
      const data::Type type = column != nullptr ? column->type : feature->feature().type;
      if (model::ClassDictionary::CanBeClass(type)) continue;
      diagnostics_->Error(
          ItemPosition(node, i),
          "Slice has a type whose values are not told apart: " + slice + ", " + data::TypeName(type) + ".",
          "Slice by a string, int64 or bool.");
    }
  }

  const features::Source* FindSource(const std::string& name, const base::Position& position) {
    const features::Source* source = definitions_->FindSource(name);
    if (source != nullptr) return source;
    std::vector<std::string> names;
    for (const auto& candidate : definitions_->sources()) names.push_back(candidate->name);
    diagnostics_->Error(position, "Source is not known: " + name + ".", base::DidYouMean(name, names));
    return nullptr;
  }

  const base::YamlEntry& entry_;
  const features::DefinitionsPtr& definitions_;
  Diagnostics* diagnostics_;
  ModelDefinition model_;
  std::set<std::string> missing_;
};

}  // namespace

std::vector<std::string> MetricsOf(model::Task task) {
  switch (task) {
    case model::Task::kBinary:
      return {"roc_auc", "pr_auc", "log_loss", "brier", "ece"};
    case model::Task::kClasses:
      return {"log_loss", "accuracy", "macro_f1", "macro_roc_auc", "ece"};
    case model::Task::kRegression:
      return {"rmse", "mae", "bias", "r2"};
  }
  return {};
}

std::vector<ModelDefinition> LoadModels(const base::ProjectTree& tree, const features::DefinitionsPtr& definitions,
                                        Diagnostics* diagnostics) {
  std::vector<ModelDefinition> models;
  for (const base::YamlEntry& entry : tree.Section("models")) {
    if (auto model = ModelReader(entry, definitions, diagnostics).Read()) models.push_back(std::move(*model));
  }
  return models;
}

}  // namespace plumb::learn
