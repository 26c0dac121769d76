// The verdict on scores that are given: each demand, and by simulation that the gate keeps its word.
// PLUMB_TEST_LONG=1 simulates five times as many gates.
#include "learn/gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "base/diagnostics.h"
#include "base/elementary.h"
#include "base/environment.h"
#include "base/random.h"
#include "learn/internal/gate_section.h"
#include "stats/normal.h"

namespace plumb::learn {
namespace {

using model::Task;

constexpr double kMargin = 0.05;

GateDefinition Mae() {
  GateDefinition definition;
  definition.metric = "mae";
  definition.margin = kMargin;
  definition.replicates = 399;
  return definition;
}

// Errors of versions on rows of varying hardness: mean error larger by `worse`, with a row's own skewed noise.
class Rows {
 public:
  Rows(base::Random& random, int64_t count) {
    for (int64_t i = 0; i < count; i++) hardness_.push_back(3 - 5 * base::Ln(1 - random.Uniform()));
  }
  JudgedRows Version(base::Random& random, double worse) const {
    JudgedRows rows{Task::kRegression, 1, std::vector<double>(hardness_.size(), 0.0), {}};
    for (const double hardness : hardness_) {
      rows.scores.push_back(static_cast<float>(hardness - base::Ln(1 - random.Uniform()) - 1 + worse));
    }
    return rows;
  }

 private:
  std::vector<double> hardness_;
};

GateEvidence Against(const JudgedRows& challenger, const std::vector<JudgedRows>& opponents) {
  GateEvidence evidence;
  evidence.challenger = "late@v9";
  evidence.rows = static_cast<int64_t>(challenger.rows());
  for (size_t i = 0; i < opponents.size(); i++) {
    evidence.opponents.push_back({i == 0 ? "champion" : "best past version", "late@v" + std::to_string(i + 1),
                                  PairedRows{challenger, opponents[i], {}}});
  }
  return evidence;
}

GateReport Judge(const GateDefinition& definition, const GateEvidence& evidence) {
  const auto report = JudgeGate(definition, evidence);
  EXPECT_TRUE(report.ok()) << report.status().ToString();
  return report.ok() ? *report : GateReport();
}

std::string Reasons(const GateReport& report) {
  std::string text;
  for (const std::string& reason : report.reasons) text += reason + "\n";
  return text;
}

TEST(Gate, PromotesWhatIsNotWorseAndRejectsWhatIs) {
  const struct {
    double worse;
    int64_t rows;
    GateVerdict verdict;
  } cases[] = {{-0.5, 500, GateVerdict::kPromote},
               {0, 20'000, GateVerdict::kPromote},
               {0, 150, GateVerdict::kInconclusive},
               {0.5, 1000, GateVerdict::kReject}};
  for (const auto& c : cases) {
    base::Random random(3);
    const Rows rows(random, c.rows);
    const JudgedRows champion = rows.Version(random, 0);
    const GateReport report = Judge(Mae(), Against(rows.Version(random, c.worse), {champion}));
    EXPECT_EQ(report.verdict, c.verdict) << c.worse << " " << c.rows << "\n" << Reasons(report);
    EXPECT_EQ(report.rows, c.rows);
    EXPECT_EQ(report.rows_needed.has_value(), c.verdict == GateVerdict::kInconclusive);
    EXPECT_EQ(report.comparisons.size(), 1U);
  }
}

TEST(Gate, PromotesTheFirstVersionIfItMeetsTheOtherDemands) {
  GateEvidence evidence;
  evidence.rows = 200;
  EXPECT_EQ(Judge(Mae(), evidence).verdict, GateVerdict::kPromote);
  evidence.rows = 20;
  EXPECT_EQ(Judge(Mae(), evidence).verdict, GateVerdict::kInconclusive);
}

TEST(Gate, TooFewRowsDecideNothing) {
  base::Random random(4);
  const Rows rows(random, 90);
  const GateReport report = Judge(Mae(), Against(rows.Version(random, 2), {rows.Version(random, 0)}));
  EXPECT_EQ(report.comparisons.front().difference.judgement.verdict, stats::Verdict::kWorse);
  EXPECT_EQ(report.verdict, GateVerdict::kInconclusive);
  EXPECT_NE(Reasons(report).find("90 rows were judged, at least 100 are wanted."), std::string::npos);
}

TEST(Gate, TheBestPastVersionCountsToo) {
  base::Random random(5);
  const Rows rows(random, 2000);
  const JudgedRows challenger = rows.Version(random, 0.5);
  EXPECT_EQ(Judge(Mae(), Against(challenger, {rows.Version(random, 0.7)})).verdict, GateVerdict::kPromote);
  const GateReport both = Judge(Mae(), Against(challenger, {rows.Version(random, 0.7), rows.Version(random, 0)}));
  EXPECT_EQ(both.verdict, GateVerdict::kReject);
  EXPECT_NE(Reasons(both).find("best past version late@v2"), std::string::npos);
}

TEST(Gate, AnOpponentThatCannotAnswerMakesItInconclusive) {
  base::Random random(6);
  const Rows rows(random, 200);
  GateEvidence evidence = Against(rows.Version(random, -1), {rows.Version(random, 0)});
  evidence.opponents.front().is_comparable = false;
  evidence.opponents.front().why_not = "It predicts something else.";
  const GateReport report = Judge(Mae(), evidence);
  EXPECT_EQ(report.verdict, GateVerdict::kInconclusive);
  EXPECT_NE(Reasons(report).find("It predicts something else."), std::string::npos);
}

TEST(Gate, RejectsAVersionThatFailsOneGroup) {
  base::Random random(7);
  const Rows rows(random, 4000);
  const JudgedRows champion = rows.Version(random, 0);
  JudgedRows challenger = rows.Version(random, -0.3);
  GateEvidence evidence = Against(challenger, {champion});
  GateSlice slice{"carrier", {}};
  for (size_t row = 0; row < 4000; row++) {
    const bool is_rare = row % 10 == 0;
    slice.values.push_back(is_rare ? "UA" : "DL");
    if (is_rare) evidence.opponents[0].rows.first.scores[row] += 1;
  }
  evidence.slices.push_back(slice);
  GateDefinition definition = Mae();
  EXPECT_EQ(Judge(definition, evidence).verdict, GateVerdict::kPromote);
  definition.slices = SliceDemand{.rows_min = 300, .margins = 2};
  const GateReport report = Judge(definition, evidence);
  EXPECT_EQ(report.verdict, GateVerdict::kReject);
  EXPECT_NE(Reasons(report).find("carrier=UA"), std::string::npos) << Reasons(report);
  definition.slices->rows_min = 500;  // too small to be judged
  EXPECT_EQ(Judge(definition, evidence).verdict, GateVerdict::kPromote);
}

TEST(Gate, RejectsWorseCalibration) {
  base::Random random(8);
  JudgedRows champion{Task::kBinary, 1, {}, {}}, challenger{Task::kBinary, 1, {}, {}};
  for (int i = 0; i < 3000; i++) {
    const double p = 0.2 + 0.6 * random.Uniform();
    for (JudgedRows* rows : {&champion, &challenger}) rows->labels.push_back(0);
    champion.labels.back() = challenger.labels.back() = random.Chance(p) ? 1 : 0;
    champion.scores.push_back(static_cast<float>(p));
    challenger.scores.push_back(static_cast<float>(p / 2));  // the same order, half the probability
  }
  GateDefinition definition;
  definition.metric = "roc_auc";
  definition.margin = 0.01;
  EXPECT_EQ(Judge(definition, Against(challenger, {champion})).verdict, GateVerdict::kPromote);
  definition.calibration_margin = 0.02;
  EXPECT_EQ(Judge(definition, Against(challenger, {champion})).verdict, GateVerdict::kReject);
  EXPECT_EQ(Judge(definition, Against(champion, {challenger})).verdict, GateVerdict::kPromote);
}

TEST(Gate, BudgetsAreKept) {
  GateEvidence evidence;
  evidence.rows = 1000;
  evidence.row_seconds_p99 = 0.002;
  evidence.model_bytes = 5000;
  const struct {
    base::Duration latency;
    int64_t bytes;
    GateVerdict verdict;
  } cases[] = {
      {5000, 5000, GateVerdict::kPromote}, {1000, 5000, GateVerdict::kReject}, {5000, 4999, GateVerdict::kReject}};
  for (const auto& c : cases) {
    GateDefinition definition = Mae();
    definition.latency_p99 = c.latency;
    definition.model_bytes_max = c.bytes;
    EXPECT_EQ(Judge(definition, evidence).verdict, c.verdict) << c.latency << " " << c.bytes;
  }
}

TEST(Gate, TheReportSaysTheNumbers) {
  base::Random random(9);
  const Rows rows(random, 300);
  const JudgedRows version = rows.Version(random, 0);
  const base::Json json = Judge(Mae(), Against(version, {version})).ToJson();
  EXPECT_EQ(json.Find("verdict")->AsString(), "promote");
  EXPECT_EQ(json.Find("challenger")->AsString(), "late@v9");
  EXPECT_EQ(json.Find("rows")->AsInt(), 300);
  const base::Json& comparison = json.Find("comparisons")->AsArray().at(0);
  EXPECT_EQ(comparison.Find("role")->AsString(), "champion");
  EXPECT_EQ(comparison.Find("difference")->AsDouble(), 0);
  EXPECT_EQ(comparison.Find("verdict")->AsString(), "not_worse");
  EXPECT_EQ(json.Find("checks")->AsArray().at(0).Find("name")->AsString(), "rows");
}

TEST(Gate, RefusesADefinitionOutOfBounds) {
  GateDefinition definition = Mae();
  definition.margin = -1;
  EXPECT_EQ(JudgeGate(definition, {}).status().code(), base::Code::kInvalidArgument);
  definition = Mae();
  definition.confidence = 1;
  EXPECT_EQ(JudgeGate(definition, {}).status().code(), base::Code::kInvalidArgument);
}

// Simulation.

constexpr uint64_t kSeed = 1988;
int Repetitions() { return base::GetEnvironment("PLUMB_TEST_LONG").has_value() ? 1000 : 200; }
// Four standard errors of a count.
double AtMost(double probability) {
  return Repetitions() * probability + 4 * std::sqrt(Repetitions() * probability * (1 - probability));
}

template <typename Draw>
int CountPromotions(const char* what, uint64_t seed, const GateDefinition& definition, const Draw& draw) {
  base::Random seeds(seed);
  int promoted = 0;
  for (int i = 0; i < Repetitions(); i++) {
    base::Random random(seeds.Next());
    promoted += Judge(definition, draw(random)).verdict == GateVerdict::kPromote;
  }
  std::printf("%s: %d of %d promoted, seed %llu\n", what, promoted, Repetitions(),
              static_cast<unsigned long long>(seed));
  return promoted;
}

// The champion is also the best past version.
GateEvidence DrawMeans(base::Random& random, double worse) {
  const Rows rows(random, 800);
  const JudgedRows champion = rows.Version(random, 0);
  return Against(rows.Version(random, worse), {champion});
}

TEST(GateSimulationOfVerdicts, FalsePromotionsStayWithinTheLevelAndBetterOnesPass) {
  EXPECT_LE(CountPromotions("worse by the margin", kSeed, Mae(), [](auto& r) { return DrawMeans(r, kMargin); }),
            AtMost(0.05));
  EXPECT_GE(CountPromotions("better by twice the margin", kSeed + 1, Mae(),
                            [](auto& r) { return DrawMeans(r, -2 * kMargin); }),
            0.8 * Repetitions());
}

GateEvidence DrawAreas(base::Random& random, double improvement) {
  const auto normal = [&] { return stats::NormalQuantile(random.Uniform() + 0x1p-54); };
  const double champion_shift = std::sqrt(2.0) * stats::NormalQuantile(0.8);
  const double challenger_shift = std::sqrt(2.0) * stats::NormalQuantile(0.8 + improvement);
  JudgedRows champion{Task::kBinary, 1, {}, {}}, challenger = champion;
  for (int i = 0; i < 250; i++) {
    const double label = random.Chance(0.3) ? 1 : 0, score = normal(), other = 0.8 * score + 0.6 * normal();
    champion.labels.push_back(label);
    challenger.labels.push_back(label);
    champion.scores.push_back(static_cast<float>(score + label * champion_shift));
    challenger.scores.push_back(static_cast<float>(other + label * challenger_shift));
  }
  return Against(challenger, {champion});
}

TEST(GateSimulationOfVerdicts, AreasKeepTheLevelAndThePower) {
  GateDefinition definition;
  definition.metric = "roc_auc";
  definition.margin = 0.02;
  EXPECT_LE(
      CountPromotions("area worse by the margin", kSeed + 2, definition, [](auto& r) { return DrawAreas(r, -0.02); }),
      AtMost(0.05));
  EXPECT_GE(CountPromotions("area better by twice the margin", kSeed + 3, definition,
                            [](auto& r) { return DrawAreas(r, 0.04); }),
            0.8 * Repetitions());
}

// Forty challengers, each a third of a margin worse than the version it would replace. Against that version alone most
// pass, and the losses add up; against the best past version too they end where the margin says.
TEST(GateSimulationOfVerdicts, ASeriesOfSlightlyWorseVersionsCannotCreepDownward) {
  const auto drift = [](bool against_best) {
    base::Random random(kSeed + 4);
    double champion = 0;
    for (int i = 0; i < 40; i++) {
      const Rows rows(random, 6000);
      const double challenger = champion + kMargin / 3;
      const JudgedRows scores = rows.Version(random, challenger);
      std::vector<JudgedRows> opponents = {rows.Version(random, champion)};
      if (against_best) opponents.push_back(rows.Version(random, 0));
      if (Judge(Mae(), Against(scores, opponents)).verdict == GateVerdict::kPromote) champion = challenger;
    }
    return champion;
  };
  const double alone = drift(false), both = drift(true);
  std::printf("drift: %.3f against the champion alone, %.3f against the best too, margin %.3f\n", alone, both, kMargin);
  EXPECT_GT(alone, 4 * kMargin);
  EXPECT_LE(both, 1.5 * kMargin);
}

// The section of the project.

struct Parsed {
  std::optional<GateDefinition> gate;
  std::string errors;
};

Parsed Parse(const std::string& text, Task task = Task::kBinary) {
  base::Diagnostics diagnostics;
  const auto source = std::make_shared<const base::SourceText>(base::SourceText{"gate.yaml", text});
  const base::YamlNode node = base::ParseYaml(source, &diagnostics);
  GatedModel model{"late", task, PairedMetricsOf(task).front(), true, {}};
  model.columns.Add("carrier", data::TypeKind::kString);
  model.columns.Add("distance", data::TypeKind::kFloat64);
  Parsed parsed{ReadGateSection(node, model, &diagnostics), {}};
  parsed.errors = diagnostics.Render(false);
  return parsed;
}

TEST(GateSection, ReadsEverything) {
  const Parsed parsed = Parse(
      "{metric: pr_auc, against: production, margin: 0.002, confidence: 0.9, replicates: 500, clusters: carrier, "
      "rows: 50, promote: false, slices: {rows: 200, margins: 4}, calibration: 0.01, latency_p99: 5ms, "
      "model_bytes: 1000000}");
  ASSERT_TRUE(parsed.gate.has_value()) << parsed.errors;
  const GateDefinition& gate = *parsed.gate;
  EXPECT_EQ(gate.metric, "pr_auc");
  EXPECT_EQ(gate.against, "production");
  EXPECT_EQ(gate.margin, 0.002);
  EXPECT_EQ(gate.confidence, 0.9);
  EXPECT_EQ(gate.replicates, 500);
  EXPECT_EQ(gate.clusters, "carrier");
  EXPECT_EQ(gate.rows_min, 50);
  EXPECT_FALSE(gate.promote);
  EXPECT_EQ(gate.slices->rows_min, 200);
  EXPECT_EQ(gate.slices->margins, 4);
  EXPECT_EQ(gate.calibration_margin, 0.01);
  EXPECT_EQ(gate.latency_p99, 5 * base::kMillisecond);
  EXPECT_EQ(gate.model_bytes_max, 1'000'000);
}

TEST(GateSection, HasDefaults) {
  const Parsed parsed = Parse("{margin: 0.5}", Task::kRegression);
  ASSERT_TRUE(parsed.gate.has_value()) << parsed.errors;
  EXPECT_EQ(parsed.gate->metric, "rmse");
  EXPECT_EQ(parsed.gate->against, "champion");
  EXPECT_TRUE(parsed.gate->promote);
  EXPECT_FALSE(parsed.gate->slices || parsed.gate->calibration_margin || parsed.gate->latency_p99);
}

TEST(GateSection, RefusesWhatMakesNoSense) {
  const struct {
    const char* text;
    Task task;
    const char* message;
  } cases[] = {{"{metric: roc_auc}", Task::kBinary, "margin"},
               {"{margin: -0.1}", Task::kBinary, "margin"},
               {"{margin: 0.1, metric: roc_acu}", Task::kBinary, "Did you mean roc_auc?"},
               {"{margin: 0.1, metric: r2}", Task::kRegression, "Write one of rmse, mae."},
               {"{margin: 0.1, confidence: 1}", Task::kBinary, "confidence"},
               {"{margin: 0.1, against: v3}", Task::kBinary, "Gate needs an alias to judge against: v3."},
               {"{margin: 0.1, against: latest}", Task::kBinary, "every new version takes"},
               {"{margin: 0.1, clusters: carier}", Task::kBinary, "Did you mean carrier?"},
               {"{margin: 0.1, clusters: distance}", Task::kBinary, "Use a string, int64 or bool."},
               {"{margin: 0.1, calibration: 0.1}", Task::kRegression, "Only probabilities are calibrated"},
               {"{margin: 0.1, latency_p99: 2h}", Task::kBinary, "Write a duration up to 1m"},
               {"{margin: 0.1, rows: 1}", Task::kBinary, "rows"},
               {"{margin: 0.1, slices: {rows: 5, margin: 3}}", Task::kBinary, "margins"},
               {"{margin: 0.1, marign: 0.1}", Task::kBinary, "marign"}};
  for (const auto& c : cases) {
    const Parsed parsed = Parse(c.text, c.task);
    EXPECT_FALSE(parsed.gate.has_value()) << c.text;
    EXPECT_NE(parsed.errors.find(c.message), std::string::npos) << c.text << "\n" << parsed.errors;
  }
}

}  // namespace
}  // namespace plumb::learn
