#include "learn/version_gate.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "learn/version_dataset.h"

namespace plumb::learn {
namespace {

using base::Result;
using base::Status;

constexpr size_t kPastVersionsMax = 100;  // the newest
constexpr size_t kLatencyRows = 1000;

std::vector<int64_t> JudgedParts(const Dataset& dataset) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < dataset.parts.size(); row++) {
    if (dataset.parts[row] != Part::kTrain) rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

// Whether it is the version that cannot be judged, rather than the machine that fails.
bool IsOfTheVersion(const Status& status) {
  return status.code() == base::Code::kFailedPrecondition || status.code() == base::Code::kDataLoss ||
         status.code() == base::Code::kUnimplemented || status.code() == base::Code::kInvalidArgument;
}

class VersionGate {
 public:
  VersionGate(const registry::Version& challenger, const VersionGateInputs& inputs)
      : challenger_(challenger),
        inputs_(inputs),
        scorer_(inputs.dataset, inputs.plan, JudgedParts(inputs.dataset), inputs.log, inputs.executor) {}

  Result<GateReport> Run() {
    evidence_.challenger = Name(challenger_.number);
    test_ = scorer_.PositionsOf(Part::kTest);
    evidence_.rows = static_cast<int64_t>(test_.size());
    Note("scoring the challenger");
    PLUMB_ASSIGN_OR_RETURN(const predict::VersionBundlePtr bundle,
                           predict::LoadVersionBundle(inputs_.registry, challenger_));
    PLUMB_ASSIGN_OR_RETURN(own_, scorer_.Score(*bundle));
    PLUMB_RETURN_IF_ERROR(Measure(*bundle));
    PLUMB_RETURN_IF_ERROR(FindOpponents());
    Note("judging");
    return JudgeGate(inputs_.definition, evidence_);
  }

 private:
  void Note(const char* stage) const {
    if (inputs_.stage) inputs_.stage(stage);
  }
  std::string Name(int64_t number) const { return fmt::format("{}@v{}", challenger_.model, number); }

  Status Measure(const predict::VersionBundle& bundle) {
    evidence_.model_bytes = static_cast<int64_t>(bundle.model_bytes.size());
    if (!inputs_.definition.latency_p99 || inputs_.clock == nullptr || scorer_.rows().empty()) return {};
    PLUMB_ASSIGN_OR_RETURN(evidence_.row_seconds_p99, scorer_.MeasureRowSeconds(bundle, *inputs_.clock, kLatencyRows));
    return {};
  }

  // Versions that the alias has stood for, the current one first, without the challenger.
  Result<std::vector<int64_t>> PastVersions() {
    PLUMB_ASSIGN_OR_RETURN(const auto history,
                           inputs_.registry.AliasHistory(challenger_.model, inputs_.definition.against));
    std::vector<int64_t> numbers;
    std::set<int64_t> seen = {challenger_.number};
    for (const registry::AliasRecord& record : history) {
      if (seen.insert(record.version).second) numbers.push_back(record.version);
    }
    if (!history.empty() && history.front().version == challenger_.number) {
      is_champion_ = true;
      evidence_.notes.push_back(fmt::format("It is the {} itself.", inputs_.definition.against));
    }
    if (numbers.size() > kPastVersionsMax) {
      evidence_.notes.push_back(
          fmt::format("Only the newest {} of {} past versions were looked at.", kPastVersionsMax, numbers.size()));
      numbers.resize(kPastVersionsMax);
    }
    return numbers;
  }

  Status FindOpponents() {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, PastVersions());
    if (numbers.empty()) return {};
    Note("scoring past versions");
    for (const int64_t number : numbers) PLUMB_RETURN_IF_ERROR(ScorePast(number));
    const int64_t champion = is_champion_ ? 0 : numbers.front();
    if (champion != 0) PLUMB_RETURN_IF_ERROR(AddOpponent(inputs_.definition.against, champion));
    const std::optional<int64_t> best = BestPast();
    if (!best) return {};
    if (*best != champion) return AddOpponent("best past version", *best);
    if (past_.size() > 1) evidence_.notes.push_back(fmt::format("{} is also the best past version.", Name(champion)));
    return {};
  }

  Status ScorePast(int64_t number) {
    PLUMB_ASSIGN_OR_RETURN(const registry::Version version, inputs_.registry.GetVersion(challenger_.model, number));
    const Status scored = ScoreVersion(version);
    if (scored.ok() || !IsOfTheVersion(scored)) return scored;
    why_not_[number] = scored.message();
    evidence_.notes.push_back(fmt::format("{} cannot answer for these examples: {}", Name(number), scored.message()));
    return {};
  }

  Status ScoreVersion(const registry::Version& version) {
    PLUMB_ASSIGN_OR_RETURN(predict::VersionBundlePtr bundle, predict::LoadVersionBundle(inputs_.registry, version));
    PLUMB_ASSIGN_OR_RETURN(past_[version.number], scorer_.Score(*bundle));
    NoteOverlap(version.number, std::move(bundle));
    return {};
  }

  // A version that was trained on rows of the test part looks better than it is.
  void NoteOverlap(int64_t number, predict::VersionBundlePtr bundle) {
    const Result<VersionRecipe> recipe = RecipeOf(inputs_.registry, std::move(bundle));
    if (!recipe.ok()) return;
    const base::Time until = recipe->model.split.train_until;
    int64_t rows = 0;
    for (const int64_t position : test_) {
      const auto row = static_cast<size_t>(scorer_.rows()[static_cast<size_t>(position)]);
      rows += inputs_.dataset.times[row] < until;
    }
    if (rows == 0) return;
    evidence_.notes.push_back(
        fmt::format("{} was trained on the time of {} rows of the test part, so that it looks better than it is.",
                    Name(number), rows));
  }

  // By the gate's metric on the validation rows that all of them can be judged on.
  std::optional<int64_t> BestPast() {
    std::vector<int64_t> rows = scorer_.PositionsOf(Part::kValidate);
    for (const auto& [number, scores] : past_) {
      std::vector<int64_t> kept;
      int64_t left_out = 0;
      PairRows(scores.rows, scores.rows, rows, &kept, &left_out);
      rows = std::move(kept);
    }
    std::optional<int64_t> best;
    double best_value = 0;
    const bool higher = DirectionOf(inputs_.definition.metric) == stats::Direction::kHigherIsBetter;
    for (const auto& [number, scores] : past_) {
      const Result<double> value = MeasureMetric(inputs_.definition.metric, scores.rows.Take(rows));
      if (!value.ok()) {
        evidence_.notes.push_back(fmt::format("The best past version is not known: {}", value.status().message()));
        return std::nullopt;
      }
      const bool is_better = !best || (higher ? *value > best_value : *value < best_value);
      if (!is_better) continue;
      best = number;
      best_value = *value;
    }
    return best;
  }

  Status AddOpponent(const std::string& role, int64_t number) {
    GateOpponent opponent{role, Name(number), {}};
    const auto scores = past_.find(number);
    if (scores == past_.end()) {
      opponent.is_comparable = false;
      opponent.why_not = why_not_.at(number);
      evidence_.opponents.push_back(std::move(opponent));
      return {};
    }
    std::vector<int64_t> kept;
    opponent.rows = PairRows(own_.rows, scores->second.rows, test_, &kept, &opponent.rows_left_out);
    PLUMB_RETURN_IF_ERROR(AddClusters(kept, &opponent.rows));
    if (evidence_.opponents.empty()) AddSlices(kept);
    evidence_.opponents.push_back(std::move(opponent));
    return {};
  }

  // The texts of a column of the examples, or of a feature, at scored rows; none if there is no such column.
  std::optional<std::vector<std::string>> TextsOf(const std::string& name,
                                                  const std::vector<int64_t>& positions) const {
    const data::Column* column = inputs_.dataset.examples.Find(name);
    if (column == nullptr) column = inputs_.dataset.features.values.Find(name);
    if (column == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const int64_t position : positions) {
      texts.push_back(column->At(static_cast<size_t>(scorer_.rows()[static_cast<size_t>(position)])).ToString());
    }
    return texts;
  }

  // Numbered in the order of their texts, so that the order of rows says nothing.
  Status AddClusters(const std::vector<int64_t>& positions, PairedRows* rows) const {
    const std::string& name = inputs_.definition.clusters;
    if (name.empty()) return {};
    const auto texts = TextsOf(name, positions);
    if (!texts) return base::FailedPrecondition("Examples lack the column of the gate's clusters: {}.", name);
    std::map<std::string, int64_t> numbers;
    for (const std::string& text : *texts) numbers[text] = 0;
    int64_t next = 0;
    for (auto& [text, number] : numbers) number = next++;
    for (const std::string& text : *texts) rows->clusters.push_back(numbers.at(text));
    return {};
  }

  void AddSlices(const std::vector<int64_t>& positions) {
    for (const std::string& name : inputs_.slices) {
      auto texts = TextsOf(name, positions);
      if (texts) evidence_.slices.push_back({name, std::move(*texts)});
    }
  }

  const registry::Version& challenger_;
  const VersionGateInputs& inputs_;
  VersionScorer scorer_;
  std::vector<int64_t> test_;
  VersionScores own_;
  std::map<int64_t, VersionScores> past_;
  std::map<int64_t, std::string> why_not_;
  bool is_champion_ = false;
  GateEvidence evidence_;
};

}  // namespace

Result<GateReport> GateVersion(const registry::Version& challenger, const VersionGateInputs& inputs) {
  return VersionGate(challenger, inputs).Run();
}

Result<registry::VerdictRecord> KeepVerdict(registry::Registry& registry, const registry::Version& version,
                                            const GateReport& report) {
  return registry.AddVerdict(version.model, version.number, GateVerdictName(report.verdict), report.ToJson());
}

}  // namespace plumb::learn
