#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/model_data.h"
#include "app/prediction_client.h"
#include "app/verbs.h"
#include "base/random.h"
#include "predict/version_bundle.h"

namespace plumb::app {
namespace {

using base::Json;
using base::Result;

Result<learn::Part> ReadPart(const std::string& name) {
  for (const learn::Part part : {learn::Part::kTrain, learn::Part::kValidate, learn::Part::kTest}) {
    if (name == learn::PartName(part)) return part;
  }
  return base::InvalidArgument("Part is not known: {}.", name).WithSuggestion("Parts are train, validate and test.");
}

// `count` of the rows, one at random from each of as many equal stretches: spread evenly, repeatable by seed.
std::vector<int64_t> Spread(const std::vector<int64_t>& rows, int64_t count, uint64_t seed) {
  const auto size = static_cast<int64_t>(rows.size());
  if (count >= size) return rows;
  base::Random random(seed);
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; i++) {
    chosen.push_back(rows[static_cast<size_t>(random.Between(i * size / count, (i + 1) * size / count - 1))]);
  }
  return chosen;
}

// What the deployed version asks for, which may be less than the model does now.
Result<data::Schema> InputsOf(const State& state, const std::string& deployment, const ModelData& data) {
  const Result<registry::DeploymentRecord> current = state.registry->Current(deployment);
  if (!current.ok() || current->model != data.model->name) return data.plan.inputs();
  PLUMB_ASSIGN_OR_RETURN(const registry::Version version, state.registry->GetVersion(current->model, current->version));
  PLUMB_ASSIGN_OR_RETURN(const predict::VersionBundlePtr bundle, predict::LoadVersionBundle(*state.registry, version));
  for (const data::Field& field : bundle->plan.inputs().fields()) {
    const data::Field* column = data.dataset.examples.schema.Find(field.name);
    if (column != nullptr && column->type == field.type) continue;
    return base::FailedPrecondition("Examples lack a column that the deployed version needs: {}.", field.name);
  }
  return bundle->plan.inputs();
}

std::string BodyOf(const ModelData& data, const data::Schema& inputs, int64_t row) {
  Json fields;
  for (const data::Field& field : inputs.fields()) {
    fields.Set(field.name, data.dataset.examples.Find(field.name)->At(static_cast<size_t>(row)).ToJson());
  }
  Json request;
  request.Set("row", std::move(fields));
  request.Set("as_of", base::FormatTime(data.dataset.times[static_cast<size_t>(row)]));
  return request.Dump();
}

struct Figures {
  std::vector<int64_t> nanos;  // sorted, one a request
  double score_sum = 0;
  double seconds = 0;
  [[nodiscard]] double SecondsAt(double quantile) const {
    const auto last = static_cast<double>(nanos.size() - 1);
    return static_cast<double>(nanos[static_cast<size_t>(quantile * last)]) * 1e-9;
  }
  [[nodiscard]] double MeanScore() const { return score_sum / static_cast<double>(nanos.size()); }
};

// The probability or number that was predicted; of several classes the probability of the likeliest.
Result<double> ScoreOf(const Json& answer) {
  const Json* predictions = answer.Find("predictions");
  const bool is_one = predictions != nullptr && predictions->IsArray() && predictions->AsArray().size() == 1;
  const Json* score = is_one ? predictions->AsArray()[0].Find("score") : nullptr;
  if (is_one && score == nullptr) score = predictions->AsArray()[0].Find("prediction");
  const Json* probabilities = score == nullptr ? nullptr : score->Find("probabilities");
  if (probabilities != nullptr && probabilities->IsObject()) {
    double highest = 0;
    for (const auto& [name, value] : probabilities->AsObject()) {
      if (value.IsNumber()) highest = std::max(highest, value.AsDouble());
    }
    return highest;
  }
  if (score == nullptr || !score->IsNumber()) return base::DataLoss("Server's answer has no score.");
  return score->AsDouble();
}

Result<Figures> Send(Invocation& invocation, const ReplayOptions& options, const ModelData& data,
                     const data::Schema& inputs, const std::vector<int64_t>& rows) {
  PLUMB_ASSIGN_OR_RETURN(PredictionClient client, PredictionClient::Make(options.url));
  Figures figures;
  const int64_t begin = invocation.clock.SteadyNanos();
  for (const int64_t row : rows) {
    const std::string body = BodyOf(data, inputs, row);
    const int64_t sent = invocation.clock.SteadyNanos();
    PLUMB_ASSIGN_OR_RETURN(const Json answer, client.Predict(options.deployment, body));
    figures.nanos.push_back(invocation.clock.SteadyNanos() - sent);
    PLUMB_ASSIGN_OR_RETURN(const double score, ScoreOf(answer));
    figures.score_sum += score;
    invocation.terminal.Progress("replaying", static_cast<int64_t>(figures.nanos.size()),
                                 static_cast<int64_t>(rows.size()));
  }
  figures.seconds = static_cast<double>(invocation.clock.SteadyNanos() - begin) * 1e-9;
  std::sort(figures.nanos.begin(), figures.nanos.end());
  return figures;
}

void Show(Terminal& terminal, const Figures& figures) {
  terminal.Print(fmt::format("replayed {} requests in {}: p50 {}, p95 {}, p99 {}; mean score {:.4f}\n",
                             FormatCount(static_cast<int64_t>(figures.nanos.size())), FormatSeconds(figures.seconds),
                             FormatSeconds(figures.SecondsAt(0.5)), FormatSeconds(figures.SecondsAt(0.95)),
                             FormatSeconds(figures.SecondsAt(0.99)), figures.MeanScore()));
  Json json;
  json.Set("requests", static_cast<int64_t>(figures.nanos.size()));
  json.Set("seconds", figures.seconds);
  json.Set("p50_seconds", figures.SecondsAt(0.5));
  json.Set("p95_seconds", figures.SecondsAt(0.95));
  json.Set("p99_seconds", figures.SecondsAt(0.99));
  json.Set("mean_score", figures.MeanScore());
  terminal.PrintJson(json);
}

}  // namespace

Result<int> RunReplay(Invocation& invocation, const ReplayOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const learn::Part part, ReadPart(options.part));
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  std::string model = options.model;
  if (model.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const auto* deployment, project.FindDeployment(options.deployment));
    model = deployment->model;
  }
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  const auto executor = base::MakeExecutor(ComputeThreads(project.config));
  PLUMB_ASSIGN_OR_RETURN(
      const ModelData data,
      BuildModelData(invocation, project, state, *executor,
                     {.model = model, .features = {}, .load_sources = false, .compute_features = false}));
  const std::vector<int64_t> rows = Spread(data.dataset.RowsOf(part), options.count, options.seed);
  if (rows.empty()) return base::NotFound("Part has no examples: {}, model {}.", options.part, model);
  PLUMB_ASSIGN_OR_RETURN(const data::Schema inputs, InputsOf(state, options.deployment, data));
  PLUMB_ASSIGN_OR_RETURN(const Figures figures, Send(invocation, options, data, inputs, rows));
  Show(invocation.terminal, figures);
  return kExitOk;
}

}  // namespace plumb::app
