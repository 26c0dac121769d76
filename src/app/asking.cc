#include "app/asking.h"

#include <algorithm>
#include <utility>

#include "app/state.h"
#include "base/diagnostics.h"
#include "engine/request_driver.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

bool IsPattern(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '*';
  });
}

Result<engine::FeaturePlan> PlanFor(const Project& project, const std::string& what) {
  base::Diagnostics diagnostics;
  if (IsPattern(what)) {
    std::vector<features::FeatureId> ids = project.definitions->Select({what}, {}, &diagnostics);
    if (diagnostics.has_errors()) {
      const base::Diagnostic& first = diagnostics.all().front();
      return base::NotFound("{}", first.message).WithSuggestion(first.suggestion);
    }
    return engine::FeaturePlan::Make(project.definitions, std::move(ids));
  }
  const features::DefinitionsPtr definitions = features::WithQuery(project.definitions, "<query>", what, &diagnostics);
  PLUMB_RETURN_IF_ERROR(diagnostics.ToStatus());
  return engine::FeaturePlan::Make(definitions, {{definitions->FindView("query"), 0}});
}

Status WithInputs(const Status& status, const data::Schema& inputs) {
  std::string wanted;
  for (const data::Field& field : inputs.fields()) {
    wanted += (wanted.empty() ? "" : " ") + field.name + "=" + data::TypeName(field.type);
  }
  return status.WithSuggestion("Wanted are: " + wanted + ".");
}

Result<data::Batch> ReadKeys(const std::vector<std::string>& pairs, const data::Schema& inputs) {
  std::vector<data::Value> values(inputs.size());
  std::vector<uint8_t> seen(inputs.size(), 0);
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    const int index = inputs.IndexOf(name);
    if (equals == std::string::npos || index < 0) {
      return WithInputs(base::InvalidArgument("Key is not known: {}.", pair), inputs);
    }
    const auto at = static_cast<size_t>(index);
    const data::Type type = inputs.fields()[at].type;
    const std::string text = pair.substr(equals + 1);
    if (text == "null") {
      values[at] = data::Value::Null(type);
    } else {
      const Result<data::Value> value = data::ParseValue(type, text);
      if (!value.ok()) return value.status().WithWhere(name);
      values[at] = *value;
    }
    seen[at] = 1;
  }
  data::Batch batch(inputs);
  for (size_t i = 0; i < inputs.size(); i++) {
    if (seen[i] == 0) return WithInputs(base::InvalidArgument("Key is missing: {}.", inputs.fields()[i].name), inputs);
    batch.columns[i].Append(values[i]);
  }
  batch.rows = 1;
  return batch;
}

}  // namespace

Result<base::Time> ReadTimeOption(const Invocation& invocation, const std::string& text) {
  if (text.empty()) return invocation.clock.Now();
  return base::ParseTime(text);
}

Result<Question> MakeQuestion(const Invocation& invocation, const Project& project, const AskOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(engine::FeaturePlan plan, PlanFor(project, options.what));
  PLUMB_ASSIGN_OR_RETURN(data::Batch inputs, ReadKeys(options.keys, plan.inputs()));
  PLUMB_ASSIGN_OR_RETURN(const base::Time t, ReadTimeOption(invocation, options.at));
  return Question{std::move(plan), std::move(inputs), t, std::min(t, invocation.clock.Now())};
}

Result<engine::FeatureAnswer> Answer(const Invocation& invocation, const Project& project, const Question& question) {
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, OpenEvents(*state.lake, question.plan.sources()));
  PLUMB_ASSIGN_OR_RETURN(const auto driver, engine::RequestDriver::Make({&question.plan}));
  PLUMB_RETURN_IF_ERROR(driver->Fill(events));
  engine::FeatureQuery query;
  query.inputs = &question.inputs;
  query.times = {question.t};
  query.cuts = {question.cut};
  return driver->Compute(question.plan, query);
}

std::string InputsText(const data::Batch& inputs) {
  std::string text;
  for (size_t i = 0; i < inputs.columns.size(); i++) {
    text += (text.empty() ? "" : ", ") + inputs.schema.fields()[i].name + "=" + inputs.columns[i].At(0).ToString();
  }
  return text;
}

}  // namespace plumb::app
