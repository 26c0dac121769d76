#include "learn/model_definition.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace plumb::learn {
namespace {

using base::Diagnostics;
using base::YamlNode;
using base::YamlReader;

constexpr std::array kMetrics = {"roc_auc", "pr_auc", "log_loss", "brier", "ece"};

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
    if (const YamlNode* node = reader.RequiredNode("examples")) ReadExamples(*node);
    if (const YamlNode* node = reader.RequiredNode("label")) ReadLabel(*node);
    if (const YamlNode* node = reader.RequiredNode("features")) ReadFeatures(reader, *node);
    if (const YamlNode* node = reader.RequiredNode("split")) ReadSplit(*node);
    if (const YamlNode* node = reader.Node("train")) ReadTrain(*node);
    ReadMetrics(reader);
    reader.Finish();
    if (diagnostics_->errors() > errors) return std::nullopt;
    CheckInputs();
    if (diagnostics_->errors() > errors) return std::nullopt;
    return std::move(model_);
  }

 private:
  std::optional<expr::Scalar> ReadScalar(YamlReader& reader, std::string_view key, const data::Schema& columns,
                                         const std::string& columns_are_of, data::Type wanted) {
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
    if (auto is = ReadScalar(reader, "is", *columns, of, data::TypeKind::kBool)) label.is = std::move(*is);
    reader.Finish();
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
        if (std::find(known.begin(), known.end(), id) == known.end()) known.push_back(id);
      }
    }
    if (model_.features.empty() && diagnostics_->errors() == errors) {
      diagnostics_->Error(node.position, "Model has no features: " + model_.name + ".",
                          "List features such as VIEW.FEATURE, or VIEW.* for all of a view.");
    }
  }

  // Of a sequence the item, of a lone scalar the scalar.
  static base::Position ItemPosition(const YamlNode& node, size_t item) {
    return node.IsSequence() && item < node.items.size() ? node.items[item].position : node.position;
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

  void ReadTrain(const YamlNode& node) {
    YamlReader reader(node, "train of model " + model_.name, diagnostics_);
    const std::string with = reader.String("with").value_or("xgboost");
    if (with != "xgboost") {
      diagnostics_->Error(reader.Where("with"), "Trainer is not known: " + with + ".", "Write with: xgboost.");
    }
    const std::string objective = reader.String("objective").value_or("binary:logistic");
    if (objective != "binary:logistic") {
      diagnostics_->Error(reader.Where("objective"), "Objective is not supported: " + objective + ".",
                          "Write objective: binary:logistic.");
    }
    model_.rounds_max = static_cast<int>(reader.Int("rounds", 1, 100'000).value_or(500));
    model_.early_stopping_rounds = static_cast<int>(reader.Int("early_stopping", 0, 10'000).value_or(20));
    model_.seed = static_cast<uint64_t>(reader.Int("seed", 0, INT64_MAX).value_or(1));
    // The library's own parameters, passed on as they are; it refuses what it does not know.
    for (const char* key : {"max_depth",
                            "eta",
                            "learning_rate",
                            "subsample",
                            "colsample_bytree",
                            "colsample_bylevel",
                            "colsample_bynode",
                            "min_child_weight",
                            "gamma",
                            "lambda",
                            "alpha",
                            "reg_lambda",
                            "reg_alpha",
                            "tree_method",
                            "max_leaves",
                            "max_bin",
                            "grow_policy",
                            "scale_pos_weight",
                            "max_delta_step",
                            "max_cat_to_onehot",
                            "max_cat_threshold"}) {
      if (std::optional<std::string> value = reader.String(key)) model_.train_parameters[key] = std::move(*value);
    }
    reader.Finish();
  }

  void ReadMetrics(YamlReader& reader) {
    model_.metrics = reader.Strings("metrics");
    const std::vector<std::string> known(kMetrics.begin(), kMetrics.end());
    const YamlNode* node = reader.Node("metrics");
    for (size_t i = 0; i < model_.metrics.size(); i++) {
      const std::string& metric = model_.metrics[i];
      if (std::find(known.begin(), known.end(), metric) != known.end()) continue;
      diagnostics_->Error(ItemPosition(*node, i), "Metric is not known: " + metric + ".",
                          base::DidYouMean(metric, known));
    }
    if (model_.metrics.empty()) model_.metrics = known;
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

std::vector<ModelDefinition> LoadModels(const base::ProjectTree& tree, const features::DefinitionsPtr& definitions,
                                        Diagnostics* diagnostics) {
  std::vector<ModelDefinition> models;
  for (const base::YamlEntry& entry : tree.Section("models")) {
    if (auto model = ModelReader(entry, definitions, diagnostics).Read()) models.push_back(std::move(*model));
  }
  return models;
}

}  // namespace plumb::learn
