#include "app/project_template.h"

#include <gtest/gtest.h>

#include "data/csv.h"
#include "features/definitions.h"

namespace plumb::app {
namespace {

features::DefinitionsPtr Load(const std::string& text) {
  base::Diagnostics diagnostics;
  const auto source = std::make_shared<base::SourceText>(base::SourceText{"project.yaml", text});
  features::DefinitionsPtr definitions =
      features::LoadDefinitions(base::MergeProject({source}, &diagnostics), &diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << text << diagnostics.Render(false);
  return definitions;
}

data::Batch Table(const std::string& csv) {
  const data::Schema schema = data::InferCsvSchema(csv, "t.csv", {}).value();
  return data::ParseCsv(csv, "t.csv", schema, {}).value();
}

TEST(ProjectTemplate, StarterIsFine) { ASSERT_NE(Load(StarterProject()), nullptr); }

TEST(ProjectTemplate, ProposesTimeIdEntityAndFeatures) {
  std::string csv = "flight_id,carrier,arrived_at,delay,1st\n";
  for (int i = 0; i < 8; i++) {
    csv += "F" + std::to_string(i) + "," + (i % 2 == 0 ? "UA" : "DL") + ",2013-01-0" + std::to_string(i + 1) +
           "T08:00:00Z," + std::to_string(i) + ".5,x\n";
  }
  const auto text = ProjectFromTable("data/late flights.csv", Table(csv));
  ASSERT_TRUE(text.ok()) << text.status().ToString();
  const auto definitions = Load(*text);
  ASSERT_NE(definitions, nullptr);
  const features::Source* source = definitions->FindSource("late_flights");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->event_time, "arrived_at");
  EXPECT_EQ(source->event_id, "flight_id");
  EXPECT_EQ(source->columns.Find("1st"), nullptr) << "a name that expressions could not use";
  ASSERT_NE(definitions->FindEntity("carrier"), nullptr);
  EXPECT_GE(definitions->FindView("late_flights_by_carrier")->IndexOf("delay_avg_7d"), 0);
}

TEST(ProjectTemplate, RefusesATableWithoutTimes) {
  const auto text = ProjectFromTable("t.csv", Table("a,b\n1,2\n"));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace plumb::app
