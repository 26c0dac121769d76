#include "predict/audit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "base/time.h"
#include "engine/brute_force.h"

namespace plumb::predict {
namespace {

using base::Result;
using base::Status;

constexpr size_t kRequestsAtOnce = 256;

bool SameScore(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

// Requests that were answered by the same version from the same data are recomputed together: events are read once.
struct Group {
  VersionBundlePtr bundle;
  std::map<std::string, std::string> data;
  std::vector<LoggedPrediction> requests;
};

std::string Shown(const data::Value& value, engine::FeatureStatus status) {
  return value.ToString() + " (" + engine::FeatureStatusName(status) + ")";
}

// "0.25", or of several classes "0.25, 0.75".
std::string ShownScores(std::span<const float> scores) {
  std::string text;
  for (const float score : scores) {
    text += (text.empty() ? "" : ", ") + data::Value::Float64(static_cast<double>(score)).ToString();
  }
  return text;
}

std::string InputsOf(const LoggedPrediction& request, size_t row) {
  std::string text;
  for (size_t i = 0; i < request.inputs.columns.size(); i++) {
    if (!text.empty()) text += ", ";
    text += request.inputs.schema.fields()[i].name + "=" + request.inputs.columns[i].At(row).ToString();
  }
  return text;
}

class Auditor {
 public:
  Auditor(registry::Registry& registry, store::Lake& lake, base::Executor& executor, const AuditOptions& options)
      : registry_(registry), lake_(lake), executor_(executor), options_(options) {}

  Status Read(base::FileSystem& files, const std::string& directory) {
    return store::ReadRecordLog(files, directory, [this](std::string_view record) { return Take(record); });
  }

  Result<AuditReport> Run() {
    Sample();
    int64_t total = 0;
    for (const auto& [key, group] : groups_) {
      for (const LoggedPrediction& request : group.requests) total += static_cast<int64_t>(request.inputs.rows);
    }
    report_.predictions = total;
    for (auto& [key, group] : groups_) {
      if (!group.requests.empty()) PLUMB_RETURN_IF_ERROR(Recompute(group, total));
    }
    for (auto& [feature, mismatch] : mismatches_) report_.mismatches.push_back(std::move(mismatch));
    std::stable_sort(report_.mismatches.begin(), report_.mismatches.end(),
                     [](const AuditMismatch& a, const AuditMismatch& b) { return a.count > b.count; });
    return report_;
  }

 private:
  Status Take(std::string_view record) {
    const Result<base::Json> parsed = base::ParseJson(record);
    if (!parsed.ok()) return base::DataLoss("Prediction record is malformed: {}", parsed.status().message());
    const base::Json& json = *parsed;
    PLUMB_ASSIGN_OR_RETURN(const LogKey key, ReadLogKey(json));
    if (!options_.deployment.empty() && key.deployment != options_.deployment) return {};
    PLUMB_ASSIGN_OR_RETURN(const VersionBundlePtr bundle, BundleOf(key));
    PLUMB_ASSIGN_OR_RETURN(LoggedPrediction request,
                           FromJson(json, bundle->plan.inputs(), bundle->plan.output_schema()));
    std::string name = key.model + "@" + std::to_string(key.version);
    for (const auto& [source, version] : request.data) name += ";" + source + "=" + version;
    Group& group = groups_[name];
    group.bundle = bundle;
    group.data = request.data;
    group.requests.push_back(std::move(request));
    return {};
  }

  Result<VersionBundlePtr> BundleOf(const LogKey& key) {
    VersionBundlePtr& bundle = bundles_[key.model + "@" + std::to_string(key.version)];
    if (bundle == nullptr) {
      PLUMB_ASSIGN_OR_RETURN(const registry::Version version, registry_.GetVersion(key.model, key.version));
      PLUMB_ASSIGN_OR_RETURN(bundle, LoadVersionBundle(registry_, version));
    }
    return bundle;
  }

  // Keeps `sample` requests, evenly over the log.
  void Sample() {
    int64_t total = 0;
    for (const auto& [key, group] : groups_) total += static_cast<int64_t>(group.requests.size());
    if (options_.sample <= 0 || options_.sample >= total) return;
    int64_t seen = 0;
    for (auto& [key, group] : groups_) {
      std::vector<LoggedPrediction> kept;
      for (LoggedPrediction& request : group.requests) {
        // The i-th of n is kept where i·s/n steps up: s of them, evenly spread.
        if ((seen + 1) * options_.sample / total > seen * options_.sample / total) kept.push_back(std::move(request));
        seen++;
      }
      group.requests = std::move(kept);
    }
  }

  Status Recompute(const Group& group, int64_t total) {
    std::map<std::string, std::string> versions;
    if (!options_.newest_data) versions = group.data;
    PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, store::LakeEventLog::Open(lake_, versions));
    PLUMB_ASSIGN_OR_RETURN(const engine::BruteForce brute, engine::BruteForce::Make(group.bundle->plan, events));
    for (size_t begin = 0; begin < group.requests.size(); begin += kRequestsAtOnce) {
      const size_t count = std::min(kRequestsAtOnce, group.requests.size() - begin);
      std::vector<std::optional<Result<engine::FeatureAnswer>>> answers(count);
      executor_.ParallelFor(count, 1, [&](size_t from, size_t until) {
        for (size_t i = from; i < until; i++) answers[i] = Evaluate(brute, group.requests[begin + i]);
      });
      // Compared in the order of the log, so that a report does not depend on threads.
      for (size_t i = 0; i < count; i++) {
        PLUMB_RETURN_IF_ERROR(answers[i]->status());
        Compare(*group.bundle, group.requests[begin + i], **answers[i]);
        done_ += static_cast<int64_t>(group.requests[begin + i].inputs.rows);
      }
      if (options_.progress) options_.progress(done_, total);
    }
    return {};
  }

  static Result<engine::FeatureAnswer> Evaluate(const engine::BruteForce& brute, const LoggedPrediction& request) {
    engine::FeatureQuery query;
    query.inputs = &request.inputs;
    query.times.assign(request.inputs.rows, request.t);
    query.cuts.assign(request.inputs.rows, request.cut);
    return brute.EvaluateAll(query);
  }

  void Compare(const VersionBundle& bundle, const LoggedPrediction& request, const engine::FeatureAnswer& again) {
    for (size_t feature = 0; feature < again.values.columns.size(); feature++) {
      for (size_t row = 0; row < request.inputs.rows; row++) {
        const data::Value served = request.features.values.columns[feature].At(row);
        const data::Value recomputed = again.values.columns[feature].At(row);
        const engine::FeatureStatus was = request.features.statuses[feature][row], is = again.statuses[feature][row];
        report_.compared++;
        if (served == recomputed && was == is) continue;
        Mismatch(again.values.schema.fields()[feature].name, request, row, Shown(served, was), Shown(recomputed, is));
      }
    }
    CompareScores(bundle, request, again);
  }

  // The score of what was recomputed, not of what was logged: a changed feature that changes the answer is seen here
  // too.
  void CompareScores(const VersionBundle& bundle, const LoggedPrediction& request, const engine::FeatureAnswer& again) {
    const size_t outputs = bundle.predictor->outputs();
    const Result<model::EncodedBatch> encoded = bundle.encoder.Encode(again.values);
    const bool has_scores = encoded.ok() && request.outputs == outputs;
    std::vector<float> scores(request.inputs.rows * outputs);
    if (has_scores) bundle.predictor->Scores(encoded->values, scores);
    for (size_t row = 0; row < request.inputs.rows; row++) {
      report_.compared++;
      const std::span<const float> served(request.scores.data() + row * request.outputs, request.outputs);
      const std::span<const float> recomputed(scores.data() + row * outputs, outputs);
      if (has_scores && std::equal(served.begin(), served.end(), recomputed.begin(), SameScore)) continue;
      Mismatch("score", request, row, ShownScores(served),
               encoded.ok() ? ShownScores(recomputed) : encoded.status().message());
    }
  }

  void Mismatch(const std::string& feature, const LoggedPrediction& request, size_t row, std::string served,
                std::string recomputed) {
    report_.mismatched++;
    AuditMismatch& mismatch = mismatches_[feature];
    if (mismatch.count++ > 0) return;
    mismatch.feature = feature;
    mismatch.example = {request.request_id, static_cast<int64_t>(row), request.t, request.cut, InputsOf(request, row),
                        std::move(served),  std::move(recomputed)};
  }

  registry::Registry& registry_;
  store::Lake& lake_;
  base::Executor& executor_;
  const AuditOptions& options_;
  std::map<std::string, VersionBundlePtr> bundles_;
  std::map<std::string, Group> groups_;
  std::map<std::string, AuditMismatch> mismatches_;
  AuditReport report_;
  int64_t done_ = 0;
};

}  // namespace

std::string AuditReport::Summary() const {
  return "audit: " + std::to_string(compared) + " compared, " + std::to_string(mismatched) + " mismatches";
}

Result<AuditReport> Audit(base::FileSystem& files, const std::string& log_directory, registry::Registry& registry,
                          store::Lake& lake, base::Executor& executor, const AuditOptions& options) {
  Auditor auditor(registry, lake, executor, options);
  PLUMB_RETURN_IF_ERROR(auditor.Read(files, log_directory));
  return auditor.Run();
}

}  // namespace plumb::predict
