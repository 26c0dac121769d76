#include "engine/feature_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/brute_force.h"
#include "engine/internal/case_file.h"
#include "engine/internal/case_world.h"
#include "engine/request_driver.h"

namespace plumb::engine {
namespace {

using internal::CaseWorld;

base::Result<FeatureAnswer> RunBruteForce(CaseWorld& world, const FeatureQuery& query) {
  PLUMB_ASSIGN_OR_RETURN(const BruteForce brute_force, BruteForce::Make(*world.plan, world.log));
  return brute_force.EvaluateAll(query);
}

base::Result<FeatureAnswer> RunBatch(CaseWorld& world, const FeatureQuery& query, int chunk_rows,
                                     base::Executor& executor) {
  PLUMB_ASSIGN_OR_RETURN(const auto driver, BatchDriver::Make(*world.plan, world.log, executor, {chunk_rows}));
  return driver->Compute(query);
}

// Event by event, sources and rows in order or the other way round.
base::Result<FeatureAnswer> RunRequest(CaseWorld& world, const FeatureQuery& query, bool is_reversed) {
  PLUMB_ASSIGN_OR_RETURN(const auto driver, RequestDriver::Make({&*world.plan}, {2}));
  std::vector<const features::Source*> sources = world.plan->sources();
  if (is_reversed) std::reverse(sources.begin(), sources.end());
  for (const features::Source* source : sources) {
    PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, world.log.ReadEvents(source->name));
    for (size_t i = 0; i < rows.rows; ++i) {
      const auto row = static_cast<int64_t>(is_reversed ? rows.rows - 1 - i : i);
      PLUMB_RETURN_IF_ERROR(driver->Apply(*source, rows.Take({row})));
    }
  }
  return driver->Compute(*world.plan, query);
}

class CaseRunner {
 public:
  CaseRunner(CaseWorld& world, const CaseOptions& options, CaseReport* report)
      : world_(world), options_(options), report_(*report) {
    query_.inputs = &world.inputs;
    query_.times = world.times;
    query_.cuts = world.cuts;
  }

  void Run(int line, base::Executor& executor) {
    report_.checks += static_cast<int>(world_.expectations.size());
    const base::Result<FeatureAnswer> brute = RunBruteForce(world_, query_);
    if (!brute.ok()) return Fail(line, brute.status().ToString());
    for (const internal::Expectation& expected : world_.expectations) Check(*brute, expected);
    Compare(line, *brute, "batch driver", RunBatch(world_, query_, 128, executor));
    Compare(line, *brute, "batch driver with chunks of 2", RunBatch(world_, query_, 2, executor));
    Compare(line, *brute, "request driver", RunRequest(world_, query_, false));
    Compare(line, *brute, "request driver, events in reverse", RunRequest(world_, query_, true));
  }

 private:
  void Fail(int line, std::string message) { report_.failures.push_back({options_.file, line, std::move(message)}); }

  static data::Value ValueAt(const FeatureAnswer& answer, const internal::Expectation& at) {
    return answer.values.columns[at.output].At(at.row);
  }
  static const char* StatusAt(const FeatureAnswer& answer, const internal::Expectation& at) {
    return FeatureStatusName(answer.statuses[at.output][at.row]);
  }
  [[nodiscard]] std::string NameOf(const internal::Expectation& at) const {
    const features::FeatureId& id = world_.plan->outputs()[at.output];
    return id.view->name == id.feature().name ? id.view->name : id.ToString();
  }

  void Check(const FeatureAnswer& answer, const internal::Expectation& expected) {
    const data::Value value = ValueAt(answer, expected);
    if (!(value == expected.value)) {
      Fail(expected.line,
           fmt::format("{} is {}, want {}.", NameOf(expected), value.ToString(), expected.value.ToString()));
    }
    const std::string status = StatusAt(answer, expected);
    if (!expected.status.empty() && status != expected.status) {
      Fail(expected.line, fmt::format("{} has status {}, want {}.", NameOf(expected), status, expected.status));
    }
  }

  void Compare(int line, const FeatureAnswer& brute, const char* engine, const base::Result<FeatureAnswer>& answer) {
    if (!answer.ok()) return Fail(line, fmt::format("The {} fails: {}", engine, answer.status().ToString()));
    for (const internal::Expectation& at : world_.expectations) {
      const data::Value value = ValueAt(*answer, at), want = ValueAt(brute, at);
      if (value == want && std::string_view(StatusAt(*answer, at)) == StatusAt(brute, at)) continue;
      Fail(at.line, fmt::format("{} is {} ({}) by the {}, {} ({}) by brute force.", NameOf(at), value.ToString(),
                                StatusAt(*answer, at), engine, want.ToString(), StatusAt(brute, at)));
    }
  }

  CaseWorld& world_;
  const CaseOptions& options_;
  CaseReport& report_;
  FeatureQuery query_;
};

}  // namespace

CaseReport RunFeatureCases(std::string_view text, const CaseOptions& options, base::Executor& executor) {
  CaseReport report;
  for (const internal::FeatureCase& feature_case : internal::ParseCaseFile(text, options.file, &report.failures)) {
    ++report.cases;
    CaseWorld world;
    if (!internal::BuildCaseWorld(feature_case, options, &world, &report.failures)) continue;
    CaseRunner(world, options, &report).Run(feature_case.line, executor);
  }
  return report;
}

}  // namespace plumb::engine
