// The drivers against the brute-force specification, on random projects, events and times, bit for bit.
//
// A case is one value of one feature at one (entity, t, cut), compared among brute force, the batch driver in several
// configurations and the request driver fed in random order. PLUMB_SEED=n repeats a run, PLUMB_TEST_LONG=1 compares
// 500,000 cases, PLUMB_CASES=n so many.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/environment.h"
#include "engine/batch_driver.h"
#include "engine/brute_force.h"
#include "engine/coverage_test.h"
#include "engine/random_world_test.h"
#include "engine/request_driver.h"

namespace plumb::engine {
namespace {

constexpr size_t kRowsPerWorld = 8, kRowsPerLargeWorld = 16;

struct Query {
  data::Batch inputs;
  FeatureQuery query;
};

std::unique_ptr<Query> MakeQuery(RandomWorld& world, const FeaturePlan& plan, size_t rows) {
  auto made = std::make_unique<Query>();
  made->inputs = world.Inputs(plan.inputs(), rows);
  made->query.inputs = &made->inputs;
  for (size_t row = 0; row < rows; ++row) {
    const bool repeats = row > 0 && world.random().Chance(0.2);
    const base::Time t = repeats ? made->query.times.back() : world.AskingTime();
    made->query.times.push_back(t);
    made->query.cuts.push_back(world.CutFor(t));
  }
  return made;
}

// The first difference, or "".
std::string Difference(const FeaturePlan& plan, const FeatureQuery& query, const FeatureAnswer& want,
                       const FeatureAnswer& got) {
  for (size_t i = 0; i < plan.outputs().size(); ++i) {
    if (got.values.columns[i].size() != query.times.size()) return plan.outputs()[i].ToString() + " has another length";
    for (size_t row = 0; row < query.times.size(); ++row) {
      const data::Value a = want.values.columns[i].At(row), b = got.values.columns[i].At(row);
      if (a == b && want.statuses[i][row] == got.statuses[i][row]) continue;
      std::string inputs;
      for (size_t k = 0; k < plan.inputs().size(); ++k) {
        inputs += plan.inputs().fields()[k].name + "=" + query.inputs->columns[k].At(row).ToString() + " ";
      }
      return fmt::format("{} ({}) at t {} cut {} {}: want {} {}, got {} {}", plan.outputs()[i].ToString(),
                         plan.outputs()[i].feature().text, base::FormatTime(query.times[row]),
                         base::FormatTime(query.cuts[row]), inputs, a.ToString(),
                         FeatureStatusName(want.statuses[i][row]), b.ToString(),
                         FeatureStatusName(got.statuses[i][row]));
    }
  }
  return "";
}

class WorldCheck {
 public:
  WorldCheck(RandomWorld& world, const FeaturePlan& plan, base::Executor& executor, size_t rows, Coverage* coverage)
      : world_(world), plan_(plan), executor_(executor), rows_(rows), coverage_(*coverage) {}

  // Empty when all agree.
  std::string Run() {
    data::MemoryEventLog log("all");
    for (const auto& [name, rows] : world_.events()) log.Put(name, rows);
    const std::unique_ptr<Query> query = MakeQuery(world_, plan_, rows_);
    const auto brute = BruteForce::Make(plan_, log);
    if (!brute.ok()) return "brute force: " + brute.status().ToString();
    const auto want = brute->EvaluateAll(query->query);
    if (!want.ok()) return "brute force: " + want.status().ToString();
    NoteCoverage(*brute, query->query);
    for (const int chunk_rows : {2, 128}) {
      const auto batch = BatchDriver::Make(plan_, log, executor_, {chunk_rows});
      if (!batch.ok()) return "batch driver: " + batch.status().ToString();
      const auto got = (*batch)->Compute(query->query);
      if (!got.ok()) return "batch driver: " + got.status().ToString();
      const std::string difference = Difference(plan_, query->query, *want, *got);
      if (!difference.empty()) return fmt::format("batch driver, chunks of {}: {}", chunk_rows, difference);
    }
    return RunRequest(query->query, *want);
  }

 private:
  struct Arrival {
    const features::Source* source;
    std::vector<int64_t> rows;
  };

  void NoteCoverage(const BruteForce& brute, const FeatureQuery& query) {
    for (const features::FeatureId& id : plan_.outputs()) {
      for (size_t row = 0; row < query.times.size(); ++row) {
        std::vector<data::Value> inputs;
        for (const data::Column& column : query.inputs->columns) inputs.push_back(column.At(row));
        coverage_.Note(brute, id, inputs, query.times[row], query.cuts[row]);
      }
    }
  }

  // All rows of all sources in batches of random size, shuffled.
  std::vector<Arrival> Arrivals() {
    base::Random& random = world_.random();
    std::vector<Arrival> arrivals;
    for (const features::Source* source : plan_.sources()) {
      std::vector<int64_t> rows(world_.events().at(source->name).rows);
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
      for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.Below(i)]);
      for (size_t begin = 0; begin < rows.size();) {
        const size_t count = std::min<size_t>(rows.size() - begin, 1 + random.Below(random.Chance(0.5) ? 3 : 40));
        arrivals.push_back(
            {source,
             {rows.begin() + static_cast<ptrdiff_t>(begin), rows.begin() + static_cast<ptrdiff_t>(begin + count)}});
        begin += count;
      }
    }
    for (size_t i = arrivals.size(); i > 1; --i) std::swap(arrivals[i - 1], arrivals[random.Below(i)]);
    return arrivals;
  }

  std::string RunRequest(const FeatureQuery& query, const FeatureAnswer& want) {
    const int chunk_rows = world_.random().Chance(0.7) ? 2 : 128;
    const auto driver = RequestDriver::Make({&plan_}, {chunk_rows});
    if (!driver.ok()) return "request driver: " + driver.status().ToString();
    const std::vector<Arrival> arrivals = Arrivals();
    const size_t stop = arrivals.empty() ? 0 : world_.random().Below(arrivals.size());
    std::map<std::string, data::Batch> applied;
    for (const auto& [name, rows] : world_.events()) applied[name] = rows.Take({});
    for (size_t i = 0; i < arrivals.size(); ++i) {
      const data::Batch rows = world_.events().at(arrivals[i].source->name).Take(arrivals[i].rows);
      const base::Status status = (*driver)->Apply(*arrivals[i].source, rows);
      if (!status.ok()) return "request driver: " + status.ToString();
      applied[arrivals[i].source->name].AppendAll(rows);
      if (i != stop) continue;
      const std::string difference = CheckHalfway(**driver, applied);
      if (!difference.empty()) return fmt::format("request driver halfway, chunks of {}: {}", chunk_rows, difference);
    }
    const auto got = (*driver)->Compute(plan_, query);
    if (!got.ok()) return "request driver: " + got.status().ToString();
    const std::string difference = Difference(plan_, query, want, *got);
    return difference.empty() ? "" : fmt::format("request driver, chunks of {}: {}", chunk_rows, difference);
  }

  std::string CheckHalfway(RequestDriver& driver, const std::map<std::string, data::Batch>& applied) {
    data::MemoryEventLog log("half");
    for (const auto& [name, rows] : applied) log.Put(name, rows);
    const std::unique_ptr<Query> query = MakeQuery(world_, plan_, 4);
    const auto want = BruteForce::Make(plan_, log)->EvaluateAll(query->query);
    const auto got = driver.Compute(plan_, query->query);
    if (!want.ok() || !got.ok()) return "fails";
    return Difference(plan_, query->query, *want, *got);
  }

  RandomWorld& world_;
  const FeaturePlan& plan_;
  base::Executor& executor_;
  const size_t rows_;
  Coverage& coverage_;
};

uint64_t Seed() {
  const auto given = base::GetEnvironment("PLUMB_SEED");
  return given ? std::strtoull(given->c_str(), nullptr, 10) : base::RandomSeed();
}

constexpr size_t kCasesMin = 20000;

size_t CasesWanted() {
  if (const auto given = base::GetEnvironment("PLUMB_CASES")) return std::strtoull(given->c_str(), nullptr, 10);
  return base::GetEnvironment("PLUMB_TEST_LONG") ? 500000 : kCasesMin;
}

// Once much is covered, features are drawn of what is not yet.
std::vector<RandomWorld::Wish> WishesOf(const std::vector<Coverage::RarePair>& rare) {
  std::vector<RandomWorld::Wish> wishes;
  for (const Coverage::RarePair& pair : rare) wishes.push_back({pair.function, pair.property});
  return wishes;
}

TEST(Drivers, GiveTheBitsOfBruteForce) {
  const size_t wanted = CasesWanted();
  const uint64_t seed = Seed();
  std::printf("PLUMB_SEED=%llu\n", static_cast<unsigned long long>(seed));
  const auto inline_executor = base::MakeExecutor(0), threads = base::MakeExecutor(2);
  base::Random seeds(seed);
  Counters counters;
  Coverage coverage;
  size_t cases = 0;
  std::vector<Coverage::RarePair> rare;
  // Goes on beyond the cases wanted until every pair was met, but not for ever.
  for (size_t i = 0; cases < wanted || (wanted >= kCasesMin && !rare.empty() && cases < 3 * wanted); ++i) {
    const bool is_large = i % 4 != 0;
    RandomWorld world(seeds.Next(), is_large, WishesOf(rare), &counters);
    ASSERT_EQ(world.errors(), "") << "PLUMB_SEED=" << seed << "\n" << world.text();
    const auto plan = FeaturePlan::Make(world.definitions(), world.AllFeatures());
    ASSERT_TRUE(plan.ok()) << plan.status().ToString() << world.text();
    const size_t rows = is_large ? kRowsPerLargeWorld : kRowsPerWorld;
    base::Executor& executor = i % 8 == 0 ? *threads : *inline_executor;
    const std::string difference = WorldCheck(world, *plan, executor, rows, &coverage).Run();
    ASSERT_EQ(difference, "") << "PLUMB_SEED=" << seed << ", world " << i << "\n" << world.text();
    cases += rows * plan->outputs().size();
    rare = coverage.Rare(100, 50);
  }
  std::printf("%zu cases\n", cases);
  if (wanted < kCasesMin) return;  // a short run for a debugger is not asked for coverage
  for (const char* what : {"conflicting", "null time", "where"}) {
    EXPECT_GE(counters[what], 100) << what << " did not happen often enough";
  }
  for (const Coverage::RarePair& pair : rare) ADD_FAILURE() << pair.text;
}

}  // namespace
}  // namespace plumb::engine
