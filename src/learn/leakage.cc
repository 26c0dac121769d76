#include "learn/leakage.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "learn/internal/feature_signal.h"

namespace plumb::learn {
namespace {

using base::Json;

constexpr double kCertain = 0.95;  // nothing that is known in time predicts so well
constexpr double kStrong = 0.75, kFarAbove = 0.15;
constexpr size_t kSignalsToCompare = 3;

// Requires: strongest first.
void MarkSuspicious(std::vector<FeatureSignal>* signals) {
  for (FeatureSignal& signal : *signals) signal.suspicious = signal.strength > kCertain;
  if (signals->size() < kSignalsToCompare) return;
  FeatureSignal& first = signals->front();
  if (first.strength >= kStrong && first.strength - (*signals)[1].strength >= kFarAbove) first.suspicious = true;
}

std::vector<FeatureSignal> SignalsOf(const engine::FeaturePlan& plan, const Dataset& dataset) {
  const SignalMeter meter(dataset);
  std::vector<FeatureSignal> signals;
  for (const data::Field& field : plan.output_schema().fields()) {
    signals.push_back({field.name, meter.Strength(*dataset.features.values.Find(field.name))});
  }
  std::stable_sort(signals.begin(), signals.end(),
                   [](const FeatureSignal& a, const FeatureSignal& b) { return a.strength > b.strength; });
  MarkSuspicious(&signals);
  return signals;
}

std::string KeyOf(const Dataset& dataset, const features::Entity& entity, int64_t row) {
  std::string key;
  for (const data::Field& field : entity.keys.fields()) {
    data::AppendCanonical(dataset.inputs.Find(field.name)->At(static_cast<size_t>(row)), &key);
  }
  return key;
}

EntityOverlap OverlapOf(const Dataset& dataset, const features::Entity& entity) {
  std::unordered_set<std::string> trained, tested;
  for (const int64_t row : dataset.RowsOf(Part::kTrain)) trained.insert(KeyOf(dataset, entity, row));
  for (const int64_t row : dataset.RowsOf(Part::kTest)) tested.insert(KeyOf(dataset, entity, row));
  EntityOverlap overlap;
  overlap.entity = entity.name;
  overlap.test_keys = static_cast<int64_t>(tested.size());
  for (const std::string& key : tested) overlap.seen_in_training += trained.contains(key) ? 1 : 0;
  return overlap;
}

// Entities whose keys stand in the examples; those of look-ups are made of expressions.
std::vector<EntityOverlap> OverlapsOf(const engine::FeaturePlan& plan, const Dataset& dataset) {
  std::vector<const features::Entity*> seen;
  std::vector<EntityOverlap> overlaps;
  for (const features::FeatureId& id : plan.outputs()) {
    const features::Entity* entity = id.view->entity;
    if (id.view->is_request() || entity->keys.size() == 0) continue;
    if (std::find(seen.begin(), seen.end(), entity) != seen.end()) continue;
    seen.push_back(entity);
    overlaps.push_back(OverlapOf(dataset, *entity));
  }
  return overlaps;
}

Json SignalsToJson(const std::vector<FeatureSignal>& signals) {
  Json list{base::JsonArray{}};
  for (const FeatureSignal& signal : signals) {
    Json entry;
    entry.Set("feature", signal.feature);
    entry.Set("strength", signal.strength);
    entry.Set("suspicious", signal.suspicious);
    list.Append(std::move(entry));
  }
  return list;
}

Json EntitiesToJson(const std::vector<EntityOverlap>& entities) {
  Json list{base::JsonArray{}};
  for (const EntityOverlap& overlap : entities) {
    Json entry;
    entry.Set("entity", overlap.entity);
    entry.Set("test_keys", overlap.test_keys);
    entry.Set("seen_in_training", overlap.seen_in_training);
    list.Append(std::move(entry));
  }
  return list;
}

Json KnowledgeToJson(const KnowledgeCheck& knowledge) {
  Json mismatches{base::JsonArray{}};
  for (const KnowledgeMismatch& mismatch : knowledge.mismatches) {
    Json entry;
    entry.Set("feature", mismatch.feature);
    entry.Set("count", mismatch.count);
    entry.Set("example", mismatch.example);
    mismatches.Append(std::move(entry));
  }
  Json json;
  json.Set("rows", knowledge.rows);
  json.Set("values", knowledge.values);
  json.Set("mismatched", knowledge.mismatched);
  json.Set("mismatches", std::move(mismatches));
  return json;
}

}  // namespace

LeakageReport InspectLeakage(const engine::FeaturePlan& plan, const Dataset& dataset) {
  LeakageReport report;
  report.measure = dataset.task == model::Task::kRegression ? "spearman" : "roc_auc";
  report.signals = SignalsOf(plan, dataset);
  const auto early = dataset.left_out.find(kLabelKnownEarly);
  if (early != dataset.left_out.end()) report.labels_known_early = early->second;
  for (const features::Source* source : plan.sources()) {
    if (source->is_static) report.static_tables.push_back(source->name);
  }
  report.entities = OverlapsOf(plan, dataset);
  return report;
}

Json LeakageReport::ToJson() const {
  Json tables{base::JsonArray{}};
  for (const std::string& table : static_tables) tables.Append(table);
  Json json;
  json.Set("measure", measure);
  json.Set("signals", SignalsToJson(signals));
  json.Set("labels_known_early", labels_known_early);
  json.Set("static_tables", std::move(tables));
  json.Set("entities", EntitiesToJson(entities));
  json.Set("knowledge", KnowledgeToJson(knowledge));
  return json;
}

}  // namespace plumb::learn
