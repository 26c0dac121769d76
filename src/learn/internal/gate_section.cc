#include "learn/internal/gate_section.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/infer/class_dictionary.h"

namespace plumb::learn {
namespace {

using base::Diagnostics;
using base::YamlNode;
using base::YamlReader;

constexpr double kMarginMax = 1e12, kConfidenceMin = 0.5, kConfidenceMax = 0.9999;
constexpr base::Duration kLatencyMin = 1, kLatencyMax = base::kMinute;

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

class GateReader {
 public:
  GateReader(const YamlNode& node, const GatedModel& model, Diagnostics* diagnostics)
      : model_(model), reader_(node, "gate of model " + model.name, diagnostics), diagnostics_(diagnostics) {}

  std::optional<GateDefinition> Read() {
    const size_t errors = diagnostics_->errors();
    ReadMetric();
    ReadMargin();
    gate_.confidence = reader_.Double("confidence", kConfidenceMin, kConfidenceMax).value_or(gate_.confidence);
    gate_.replicates = static_cast<int>(reader_.Int("replicates", 200, 100'000).value_or(gate_.replicates));
    gate_.rows_min = reader_.Int("rows", 2, INT64_MAX).value_or(gate_.rows_min);
    gate_.promote = reader_.Bool("promote").value_or(gate_.promote);
    ReadAgainst();
    ReadClusters();
    if (const YamlNode* slices = reader_.Node("slices")) ReadSlices(*slices);
    ReadCalibration();
    ReadLatency();
    gate_.model_bytes_max = reader_.Int("model_bytes", 1, INT64_MAX);
    reader_.Finish();
    if (diagnostics_->errors() > errors) return std::nullopt;
    return std::move(gate_);
  }

 private:
  void Error(std::string_view key, std::string message, std::string suggestion = "") {
    diagnostics_->Error(reader_.Where(key), std::move(message), std::move(suggestion));
  }

  void ReadMetric() {
    const std::vector<std::string> known = PairedMetricsOf(model_.task);
    const bool deciding_is_paired = std::find(known.begin(), known.end(), model_.deciding_metric) != known.end();
    gate_.metric = reader_.String("metric").value_or(deciding_is_paired ? model_.deciding_metric : known.front());
    if (std::find(known.begin(), known.end(), gate_.metric) != known.end()) return;
    const std::string meant = base::DidYouMean(gate_.metric, known);
    Error("metric", "Gate cannot compare versions by this metric: " + gate_.metric + ".",
          meant.empty() ? "Write one of " + Joined(known) + "." : meant);
  }

  void ReadMargin() {
    if (reader_.RequiredNode("margin") == nullptr) return;
    const std::optional<double> margin = reader_.Double("margin", 0, kMarginMax);
    if (margin) gate_.margin = *margin;
  }

  // An alias is no version: it must move.
  void ReadAgainst() {
    const std::optional<std::string> alias = reader_.String("against");
    if (!alias) return;
    const auto is_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    };
    const bool is_number = alias->size() > 1 && alias->front() == 'v' &&
                           std::all_of(alias->begin() + 1, alias->end(),
                                       [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
    if (alias->empty() || is_number || !std::all_of(alias->begin(), alias->end(), is_name)) {
      Error("against", "Gate needs an alias to judge against: " + *alias + ".", "Write against: champion.");
    } else if (*alias == "latest" || *alias == "challenger") {
      Error("against", "Gate cannot judge against an alias that every new version takes: " + *alias + ".",
            "Write against: champion.");
    }
    gate_.against = *alias;
  }

  void ReadClusters() {
    gate_.clusters = reader_.String("clusters").value_or("");
    if (gate_.clusters.empty()) return;
    const data::Field* column = model_.columns.Find(gate_.clusters);
    if (column == nullptr) {
      Error("clusters", "Examples lack the column of the gate's clusters: " + gate_.clusters + ".",
            base::DidYouMean(gate_.clusters, model_.columns.Names()));
    } else if (!model::ClassDictionary::CanBeClass(column->type)) {
      Error("clusters",
            "Clusters have a type whose values are not told apart: " + gate_.clusters + ", " +
                data::TypeName(column->type) + ".",
            "Use a string, int64 or bool.");
    }
  }

  void ReadSlices(const YamlNode& node) {
    if (!model_.has_slices) {
      Error("slices", "Gate demands something of slices, but the model has none: " + model_.name + ".",
            "Say which, such as slices: [carrier] in the model.");
    }
    YamlReader reader(node, "slices of the gate of model " + model_.name, diagnostics_);
    SliceDemand demand;
    demand.rows_min = reader.Int("rows", 2, INT64_MAX).value_or(demand.rows_min);
    demand.margins = reader.Double("margins", 1, 1e6).value_or(demand.margins);
    reader.Finish();
    gate_.slices = demand;
  }

  void ReadCalibration() {
    gate_.calibration_margin = reader_.Double("calibration", 0, 1);
    if (!gate_.calibration_margin || model_.task != model::Task::kRegression) return;
    Error("calibration", "Only probabilities are calibrated: model " + model_.name + " predicts numbers.");
  }

  void ReadLatency() {
    const std::optional<std::string> text = reader_.String("latency_p99");
    if (!text) return;
    const base::Result<base::Span> span = base::ParseSpan(*text);
    if (span.ok() && span->months == 0 && span->micros >= kLatencyMin && span->micros <= kLatencyMax) {
      gate_.latency_p99 = span->micros;
      return;
    }
    Error("latency_p99", "Latency of the gate is not a duration in its bounds: " + *text + ".",
          "Write a duration up to " + base::FormatSpan({0, kLatencyMax}) + ", such as 5ms.");
  }

  const GatedModel& model_;
  YamlReader reader_;
  Diagnostics* diagnostics_;
  GateDefinition gate_;
};

}  // namespace

std::optional<GateDefinition> ReadGateSection(const YamlNode& node, const GatedModel& model, Diagnostics* diagnostics) {
  return GateReader(node, model, diagnostics).Read();
}

}  // namespace plumb::learn
