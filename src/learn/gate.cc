#include "learn/gate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "base/elementary.h"

namespace plumb::learn {
namespace {

using base::Json;
using base::Result;
using base::Status;
using stats::Verdict;

constexpr size_t kSliceValuesMax = 100;  // of one column, the most frequent
constexpr double kPlannedPower = 0.8;
constexpr double kSliceConfidenceMax = 0.9999;  // more needs more replicates than a gate should take

std::string Joined(const std::string& metric, const MetricDifference& difference) {
  return fmt::format("{} {:.5g} against {:.5g}", metric, difference.first, difference.second);
}

// "better by 0.004 [0.001, 0.007]": the bounds are those that the verdict is by.
std::string Improvement(const stats::NonInferiority& judgement) {
  const char* word = judgement.improvement < 0 ? "worse" : "better";
  return fmt::format("{} by {:.4g} [improvement {:.4g} to {:.4g}]", word, std::fabs(judgement.improvement),
                     judgement.lower_bound, judgement.upper_bound);
}

std::string Sentence(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWorse:
      return "worse by more than the margin";
    case Verdict::kInconclusive:
      return "the rows do not tell whether it is worse by the margin";
    case Verdict::kNotWorse:
      return "not worse by the margin";
    case Verdict::kBetter:
      return "better, with a margin";
  }
  return "";
}

class Judge {
 public:
  Judge(const GateDefinition& definition, const GateEvidence& evidence)
      : definition_(definition), evidence_(evidence) {}

  Result<GateReport> Run() {
    report_.challenger = evidence_.challenger;
    report_.definition = definition_;
    report_.notes = evidence_.notes;
    report_.rows = evidence_.rows;
    PLUMB_RETURN_IF_ERROR(Compare());
    CheckRows();
    if (definition_.slices && !evidence_.opponents.empty()) CheckSlices();
    if (definition_.calibration_margin && !evidence_.opponents.empty()) CheckCalibration();
    CheckBudgets();
    Conclude();
    return std::move(report_);
  }

 private:
  PairedMetricOptions Options() const { return {definition_.margin, definition_.confidence, definition_.replicates}; }

  // The worse of all comparisons counts; what cannot be compared is inconclusive.
  Status Compare() {
    verdict_ = Verdict::kBetter;
    if (evidence_.opponents.empty()) {
      report_.reasons.push_back(fmt::format("There is no {} to be worse than.", definition_.against));
    }
    for (const GateOpponent& opponent : evidence_.opponents) {
      const Verdict verdict = CompareOne(opponent);
      verdict_ = std::min(verdict_, verdict);
    }
    if (!report_.comparisons.empty()) PLUMB_RETURN_IF_ERROR(PlanRows(report_.comparisons.front().difference));
    return {};
  }

  Verdict CompareOne(const GateOpponent& opponent) {
    const std::string against = fmt::format("the {} {}", opponent.role, opponent.version);
    if (!opponent.is_comparable) {
      report_.reasons.push_back(fmt::format("It cannot be compared with {}: {}", against, opponent.why_not));
      return Verdict::kInconclusive;
    }
    report_.rows = std::min(report_.rows, static_cast<int64_t>(opponent.rows.rows()));
    const Result<MetricDifference> difference = CompareMetric(definition_.metric, opponent.rows, Options());
    if (!difference.ok()) {
      report_.reasons.push_back(
          fmt::format("It cannot be compared with {}: {}", against, difference.status().message()));
      return Verdict::kInconclusive;
    }
    report_.comparisons.push_back({opponent.role, opponent.version, opponent.rows_left_out, *difference});
    const stats::NonInferiority& judgement = difference->judgement;
    report_.reasons.push_back(
        fmt::format("Against {}: {} of {:.4g}: {}, {}, by {}.", against, Sentence(judgement.verdict), judgement.margin,
                    Joined(definition_.metric, *difference), Improvement(judgement), difference->method));
    return judgement.verdict;
  }

  // How many rows would tell; what is not known is left out.
  Status PlanRows(const MetricDifference& difference) {
    if (difference.judgement.verdict != Verdict::kInconclusive || definition_.margin <= 0) return {};
    const double deviation = difference.standard_error * base::Sqrt(static_cast<double>(difference.rows));
    const Result<int64_t> rows = stats::RowsForPower(
        deviation, 0, kPlannedPower, {.margin = definition_.margin, .confidence = definition_.confidence});
    if (rows.ok()) report_.rows_needed = *rows;
    return {};
  }

  void Check(std::string name, bool passed, std::string text) {
    report_.checks.push_back({std::move(name), passed, std::move(text)});
  }

  void CheckRows() {
    const bool enough = report_.rows >= definition_.rows_min;
    Check("rows", enough,
          fmt::format("{} rows were judged, at least {} are wanted.", report_.rows, definition_.rows_min));
  }

  struct Group {
    std::string name;  // "carrier=UA"
    std::vector<int64_t> rows;
  };

  // The groups with enough rows, by column, then by rows.
  std::vector<Group> Groups() const {
    std::vector<Group> groups;
    for (const GateSlice& slice : evidence_.slices) {
      std::map<std::string, std::vector<int64_t>> by_value;
      for (size_t row = 0; row < slice.values.size(); row++) {
        by_value[slice.values[row]].push_back(static_cast<int64_t>(row));
      }
      std::vector<Group> of_slice;
      for (auto& [value, rows] : by_value) {
        if (static_cast<int64_t>(rows.size()) < definition_.slices->rows_min) continue;
        of_slice.push_back({slice.name + "=" + value, std::move(rows)});
      }
      std::stable_sort(of_slice.begin(), of_slice.end(),
                       [](const Group& a, const Group& b) { return a.rows.size() > b.rows.size(); });
      if (of_slice.size() > kSliceValuesMax) of_slice.resize(kSliceValuesMax);
      std::move(of_slice.begin(), of_slice.end(), std::back_inserter(groups));
    }
    return groups;
  }

  // A group fails when it is shown to be worse. So many groups are tested that one of them would be "shown" by chance:
  // each gets its share of the error.
  void CheckSlices() {
    const GateOpponent& champion = evidence_.opponents.front();
    if (!champion.is_comparable) return;
    const std::vector<Group> groups = Groups();
    PairedMetricOptions options = Options();
    options.margin = definition_.margin * definition_.slices->margins;
    const double share = (1 - definition_.confidence) / static_cast<double>(std::max<size_t>(1, groups.size()));
    options.confidence = std::min(1 - share, std::max(definition_.confidence, kSliceConfidenceMax));
    int64_t failed = 0, judged = 0;
    for (const Group& group : groups) {
      PairedRows rows = champion.rows.Take(group.rows);
      // A slice of one cluster has nothing to draw clusters from; its rows stand for themselves.
      const auto is_other = [&](const auto& cluster) { return cluster != rows.clusters.front(); };
      if (std::none_of(rows.clusters.begin(), rows.clusters.end(), is_other)) rows.clusters.clear();
      const Result<MetricDifference> difference = CompareMetric(definition_.metric, rows, options);
      if (!difference.ok()) continue;  // one class only: the metric does not exist there
      judged++;
      if (difference->judgement.verdict != Verdict::kWorse) continue;
      failed++;
      Check("slice " + group.name, false,
            fmt::format("Slice is worse by more than {:.4g} margins: {}, {}, {}, {} rows.", definition_.slices->margins,
                        group.name, Joined(definition_.metric, *difference), Improvement(difference->judgement),
                        group.rows.size()));
    }
    if (failed > 0) return;
    Check("slices", true,
          fmt::format("None of {} slices with at least {} rows is shown to be worse by more than {:.4g} margins.",
                      judged, definition_.slices->rows_min, definition_.slices->margins));
  }

  void CheckCalibration() {
    const GateOpponent& champion = evidence_.opponents.front();
    if (!champion.is_comparable) return;
    PairedMetricOptions options = Options();
    options.margin = *definition_.calibration_margin;
    const Result<MetricDifference> difference = CompareMetric("ece", champion.rows, options);
    if (!difference.ok()) return Check("calibration", false, difference.status().message());
    const bool passed = difference->judgement.verdict != Verdict::kWorse;
    Check(
        "calibration", passed,
        fmt::format("Calibration is {} worse by more than {:.4g}: {}, {}.", passed ? "not shown to be" : "shown to be",
                    options.margin, Joined("ece", *difference), Improvement(difference->judgement)));
  }

  void CheckBudgets() {
    if (definition_.latency_p99 && evidence_.row_seconds_p99) {
      const double budget = static_cast<double>(*definition_.latency_p99) / static_cast<double>(base::kSecond);
      Check("latency_p99", *evidence_.row_seconds_p99 <= budget,
            fmt::format("One row takes {:.1f} µs (p99 on this machine), the budget is {:.1f} µs.",
                        *evidence_.row_seconds_p99 * 1e6, budget * 1e6));
    }
    if (definition_.model_bytes_max && evidence_.model_bytes) {
      Check("model_bytes", *evidence_.model_bytes <= *definition_.model_bytes_max,
            fmt::format("The model file has {} bytes, the budget is {}.", *evidence_.model_bytes,
                        *definition_.model_bytes_max));
    }
  }

  // Too few rows decide nothing, not even a rejection; else what is shown to be bad rejects.
  void Conclude() {
    report_.verdict = stats::IsPromotable(verdict_) ? GateVerdict::kPromote
                      : verdict_ == Verdict::kWorse ? GateVerdict::kReject
                                                    : GateVerdict::kInconclusive;
    bool has_few_rows = false;
    for (const GateCheck& check : report_.checks) {
      if (check.passed) continue;
      report_.reasons.push_back(check.text);
      has_few_rows = has_few_rows || check.name == "rows";
      report_.verdict = GateVerdict::kReject;
    }
    if (has_few_rows) report_.verdict = GateVerdict::kInconclusive;
    if (report_.rows_needed) {
      report_.reasons.push_back(
          fmt::format("About {} rows would be needed for a version as good as the {} to pass four times in five.",
                      *report_.rows_needed, definition_.against));
    }
  }

  const GateDefinition& definition_;
  const GateEvidence& evidence_;
  Verdict verdict_ = Verdict::kInconclusive;
  GateReport report_;
};

Json TextsToJson(const std::vector<std::string>& texts) {
  Json list{base::JsonArray{}};
  for (const std::string& text : texts) list.Append(text);
  return list;
}

}  // namespace

const char* GateVerdictName(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kReject:
      return "reject";
    case GateVerdict::kInconclusive:
      return "inconclusive";
    case GateVerdict::kPromote:
      return "promote";
  }
  return "";
}

Json GateReport::ToJson() const {
  Json compared{base::JsonArray{}}, checked{base::JsonArray{}};
  for (const GateComparison& comparison : comparisons) {
    Json entry;
    entry.Set("role", comparison.role);
    entry.Set("version", comparison.version);
    entry.Set("rows_left_out", comparison.rows_left_out);
    const Json difference = comparison.difference.ToJson();
    for (const auto& [name, value] : difference.AsObject()) entry.Set(name, value);
    compared.Append(std::move(entry));
  }
  for (const GateCheck& check : checks) {
    Json entry;
    entry.Set("name", check.name);
    entry.Set("passed", check.passed);
    entry.Set("text", check.text);
    checked.Append(std::move(entry));
  }
  Json json;
  json.Set("verdict", GateVerdictName(verdict));
  json.Set("challenger", challenger);
  json.Set("against", definition.against);
  json.Set("metric", definition.metric);
  json.Set("margin", definition.margin);
  json.Set("confidence", definition.confidence);
  json.Set("rows", rows);
  json.Set("comparisons", std::move(compared));
  json.Set("checks", std::move(checked));
  json.Set("reasons", TextsToJson(reasons));
  json.Set("notes", TextsToJson(notes));
  json.Set("rows_needed", rows_needed ? Json(*rows_needed) : Json());
  return json;
}

Result<GateReport> JudgeGate(const GateDefinition& definition, const GateEvidence& evidence) {
  const bool has_margin = definition.margin >= 0 && definition.margin < 1e300;
  const bool has_confidence = definition.confidence > 0 && definition.confidence < 1;
  if (!has_margin || !has_confidence) {
    return base::InvalidArgument("Gate is out of bounds: margin {}, confidence {}.", definition.margin,
                                 definition.confidence);
  }
  return Judge(definition, evidence).Run();
}

}  // namespace plumb::learn
