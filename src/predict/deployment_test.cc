#include "predict/deployment.h"

#include <gtest/gtest.h>

namespace plumb::predict {
namespace {

struct Loaded {
  std::vector<DeploymentDefinition> deployments;
  std::vector<base::Diagnostic> diagnostics;
};

Loaded Load(const std::string& yaml) {
  base::Diagnostics diagnostics;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", yaml});
  const base::ProjectTree tree = base::MergeProject({text}, &diagnostics);
  Loaded loaded;
  loaded.deployments = LoadDeployments(tree, {"late_arrival", "no_show"}, &diagnostics);
  loaded.diagnostics = diagnostics.all();
  return loaded;
}

TEST(Deployment, ReadsWhatIsWritten) {
  const Loaded loaded = Load(
      "deployments:\n"
      "  eta:\n"
      "    model: late_arrival@champion\n"
      "    limits: {rows: 50}\n"
      "    log: durable\n"
      "  plain: {model: no_show}\n");
  ASSERT_TRUE(loaded.diagnostics.empty());
  ASSERT_EQ(loaded.deployments.size(), 2U);
  const DeploymentDefinition& eta = loaded.deployments[0];
  EXPECT_EQ(eta.name, "eta");
  EXPECT_EQ(eta.model, "late_arrival");
  EXPECT_EQ(eta.reference, "late_arrival@champion");
  EXPECT_EQ(eta.rows_max, 50);
  EXPECT_TRUE(eta.durable_log);
  EXPECT_EQ(eta.position.ToString(), "project.yaml:2:3");
  EXPECT_EQ(loaded.deployments[1].model, "no_show");
  EXPECT_EQ(loaded.deployments[1].rows_max, 1000);
  EXPECT_FALSE(loaded.deployments[1].durable_log);
}

TEST(Deployment, ReadsNothingFromNothing) { EXPECT_TRUE(Load("models: {}\n").deployments.empty()); }

TEST(Deployment, SaysWhatIsWrongAndWhere) {
  const struct {
    const char* entry;  // after "deployments:\n  eta: "
    const char* where;
    const char* message;
    const char* suggestion;
  } cases[] = {
      {"{model: late_arival@champion}", "2:16", "Model is not known: late_arival.", "Did you mean late_arrival?"},
      {"{model: '@champion'}", "2:17", "Model is not known: .", ""},
      {"{log: async}", "2:8", "model", ""},
      {"{model: no_show, log: sync}", "2:30", "Log mode is not known: sync.", "Write log: async or log: durable."},
      {"{model: no_show, limits: {rows: 0}}", "2:40", "rows", ""},
      {"{model: no_show, limits: {rows: many}}", "2:40", "rows", ""},
      {"{model: no_show, limits: {row: 5}}", "2:34", "row", "Did you mean rows?"},
      {"{model: no_show, limit: {rows: 5}}", "2:25", "limit", "Did you mean limits?"},
      {"late_arrival", "2:8", "deployment eta", ""},
  };
  for (const auto& c : cases) {
    const Loaded loaded = Load(std::string("deployments:\n  eta: ") + c.entry + "\n");
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << c.entry;
    const base::Diagnostic& diagnostic = loaded.diagnostics[0];
    EXPECT_EQ(diagnostic.position.ToString(), std::string("project.yaml:") + c.where) << c.entry;
    EXPECT_NE(diagnostic.message.find(c.message), std::string::npos) << diagnostic.message;
    EXPECT_EQ(diagnostic.suggestion, c.suggestion) << c.entry;
  }
}

}  // namespace
}  // namespace plumb::predict
