#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/definitions.h"
#include "features/loaded_project_test.h"

namespace plumb::features {
namespace {

constexpr const char* kProject = R"(sources:
  s:
    event_time: at
    columns: {k: string, n: int64, at: timestamp}
entities:
  e: {key: {k: string}}
feature_views:
  ask:
    request: {n: int64}
    features: {share: n / all.total, same: n / all.total}
  all:
    entity: []
    source: s
    features: {total: sum(n) over 1d, mean: avg(n)}
  each:
    entity: e
    source: s
    features: {total: sum(n) over 1d, share: sum(n) over 1d / all.total}
)";

TEST(GlobalView, HasAnEntityWithoutKeys) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  const View& all = *definitions->FindView("all");
  EXPECT_TRUE(all.is_global());
  EXPECT_FALSE(all.is_request());
  ASSERT_NE(all.entity, nullptr);
  EXPECT_EQ(all.entity->name, "");
  EXPECT_EQ(all.inputs().size(), 0U);
  EXPECT_EQ(definitions->entities().size(), 1U);
  EXPECT_FALSE(definitions->FindView("each")->is_global());
  EXPECT_FALSE(definitions->FindView("ask")->is_global());
}

TEST(GlobalView, IsLookedUpWithoutKeys) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  for (const char* feature : {"share", "same"}) {
    const expr::Checked& checked = FeatureOf(*definitions, "ask", feature).checked;
    ASSERT_EQ(checked.features.size(), 1U);
    EXPECT_TRUE(checked.features[0].keys.empty());
    EXPECT_EQ(definitions->Resolve(checked.features[0]).ToString(), "all.total");
  }
  EXPECT_EQ(FeatureOf(*definitions, "ask", "share").identity, FeatureOf(*definitions, "ask", "same").identity);
}

TEST(GlobalView, MeansSomethingElseThanTheSameOfAnEntity) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  EXPECT_NE(FeatureOf(*definitions, "all", "total").identity, FeatureOf(*definitions, "each", "total").identity);
  EXPECT_NE(definitions->FindView("all")->identity, definitions->FindView("each")->identity);
}

TEST(GlobalView, MistakesAreReportedWithTheirPlace) {
  ExpectMistakes(kProject, {
                               {"all.total,", "all(k = 'a').total,", 10, "k"},
                               {"avg(n)}", "k}", 14, "k"},
                               {"avg(n)}", "m}", 14, "m"},
                               {"    entity: []\n", "", 11, "Key is missing: entity", "[] for all"},
                               {"entity: []\n    source: s\n", "entity: []\n", 11, "Key is missing: source"},
                               {"entity: []", "entity: null", 11, "Key is missing: entity"},
                           });
}

TEST(GlobalView, IsWhatAQueryWithoutAnEntityMakes) {
  const DefinitionsPtr definitions = LoadGood(kProject);
  ASSERT_NE(definitions, nullptr);
  base::Diagnostics diagnostics;
  const DefinitionsPtr more = WithQuery(definitions, "<query>", "sum(n) over 1d from s", &diagnostics);
  ASSERT_NE(more, nullptr) << diagnostics.Render(false);
  EXPECT_TRUE(more->FindView("query")->is_global());
  EXPECT_EQ(FeatureOf(*more, "query", "value").identity, FeatureOf(*definitions, "all", "total").identity);
}

TEST(GlobalView, IsOfTablesToo) {
  const DefinitionsPtr definitions = LoadGood(R"(sources:
  rates:
    kind: table
    key: pair
    valid_from: at
    columns: {pair: string, rate: float64, at: timestamp}
feature_views:
  rates: {entity: [], source: rates, features: {newest: rate, pair: pair}}
)");
  ASSERT_NE(definitions, nullptr);
  EXPECT_EQ(FeatureOf(*definitions, "rates", "pair").checked.aggregates[0].canonical, "last(pair)");
}

}  // namespace
}  // namespace plumb::features
