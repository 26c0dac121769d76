#include <fmt/core.h>

#include <utility>

#include "api/catalog_json.h"
#include "api/features_json.h"
#include "app/asking.h"
#include "app/exit_code.h"
#include "app/text_table.h"
#include "app/verbs.h"

namespace plumb::app {
namespace {

using base::Result;

std::string SchemaText(const data::Schema& schema) {
  std::string text;
  for (const data::Field& field : schema.fields()) {
    text += (text.empty() ? "" : ", ") + field.name + " " + data::TypeName(field.type);
  }
  return text;
}

std::string ShowText(const features::FeatureId& id) {
  const features::View& view = *id.view;
  const features::Feature& feature = id.feature();
  std::string text = id.ToString() + "\n";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<12} {}\n", name, value);
  };
  add("expression", feature.text);
  add("type", data::TypeName(feature.type));
  add("description", feature.description.empty() ? view.description : feature.description);
  add("owner", view.owner);
  if (!view.is_request()) {
    add("entity", view.entity->name);
    add("source", view.source->name);
  }
  add("inputs", SchemaText(view.inputs()));
  if (view.max_age) add("max age", base::FormatSpan(*view.max_age));
  for (const expr::Aggregate& aggregate : feature.checked.aggregates) add("aggregate", aggregate.canonical);
  for (const expr::FeatureRef& ref : feature.checked.features) add("looks up", ref.view + "." + ref.feature);
  add("defined at", feature.position.ToString());
  add("identity", feature.identity);
  return text;
}

std::string AnswerText(const engine::FeatureAnswer& answer) {
  TextTable table({"feature", "value", "status"});
  for (size_t i = 0; i < answer.values.columns.size(); i++) {
    table.AddRow({answer.values.schema.fields()[i].name, answer.values.columns[i].At(0).ToString(),
                  engine::FeatureStatusName(answer.statuses[i][0])});
  }
  return table.Render();
}

}  // namespace

Result<int> RunFeaturesList(Invocation& invocation) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  TextTable table({"feature", "type", "of", "expression"});
  for (const auto& view : project.definitions->views()) {
    for (const features::Feature& feature : view->features) {
      table.AddRow({view->name + "." + feature.name, data::TypeName(feature.type),
                    view->is_request() ? "request" : view->entity->name, feature.text});
    }
  }
  invocation.terminal.Print(table.Render());
  invocation.terminal.PrintJson(api::ViewsToJson(*project.definitions));
  return kExitOk;
}

Result<int> RunFeaturesShow(Invocation& invocation, const std::string& name) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  base::Diagnostics diagnostics;
  const std::vector<features::FeatureId> ids = project.definitions->Select({name}, {}, &diagnostics);
  if (diagnostics.has_errors()) {
    const base::Diagnostic& first = diagnostics.all().front();
    return base::NotFound("{}", first.message).WithSuggestion(first.suggestion);
  }
  base::Json list{base::JsonArray{}};
  std::string text;
  for (const features::FeatureId& id : ids) {
    text += (text.empty() ? "" : "\n") + ShowText(id);
    list.Append(api::FeatureToJson(id));
  }
  base::Json json;
  json.Set("features", std::move(list));
  invocation.terminal.Print(text);
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

Result<int> RunFeaturesGet(Invocation& invocation, const AskOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const Question question, MakeQuestion(invocation, project, options));
  PLUMB_ASSIGN_OR_RETURN(const engine::FeatureAnswer answer, Answer(invocation, project, question));
  invocation.terminal.Print(AnswerText(answer));
  invocation.terminal.PrintJson(api::FeatureAnswerToJson(answer, question.t, question.cut));
  return kExitOk;
}

Result<int> RunQuery(Invocation& invocation, const AskOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const Question question, MakeQuestion(invocation, project, options));
  if (question.plan.outputs().size() != 1) {
    return base::InvalidArgument("A query asks for one value: {}.", options.what)
        .WithSuggestion("For several features use plumb features get.");
  }
  PLUMB_ASSIGN_OR_RETURN(const engine::FeatureAnswer answer, Answer(invocation, project, question));
  const data::Value value = answer.values.columns[0].At(0);
  const char* status = engine::FeatureStatusName(answer.statuses[0][0]);
  invocation.terminal.Print(fmt::format("{}  {}\n", value.ToString(), status));
  base::Json json;
  json.Set("value", value.ToJson());
  json.Set("type", data::TypeName(question.plan.output_schema().fields()[0].type));
  json.Set("status", status);
  json.Set("t", base::FormatTime(question.t));
  json.Set("cut", base::FormatTime(question.cut));
  invocation.terminal.PrintJson(json);
  return kExitOk;
}

}  // namespace plumb::app
