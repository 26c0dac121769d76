// The batch driver's sorted partitions against its trees, bit for bit, and both against brute force on some rows.
//
// PLUMB_SEED=n repeats a run.
#include "engine/bulk_driver.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>

#include "base/environment.h"
#include "base/memory_file_system.h"
#include "base/random.h"
#include "data/memory_event_log.h"
#include "engine/brute_force.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

constexpr base::Time kStart = 1'700'000'000 * base::kSecond;

constexpr const char* kViews = R"(
  plain:
    entity: user
    source: events
    max_age: 2h
    features:
      n1: count() over 30m
      n2: count(x) over 1h
      s1: sum(x) over 30m
      s2: sum(x where b) over 1h
      s3: sum(n) over 1d
      s4: sum(d) over 1h
      a1: avg(x) over 1h
      a2: avg(n) over 30m
      a3: avg(d) over 1d
      v1: stddev(x) over 1h
      v2: variance(n) over 1d
      v3: stddev(d) over 1h
      m1: min(x) over 1h
      m2: max(x) over lifetime
      m3: min(n) over 30m offset 10m
      m4: max(n where b) over 1h
      l1: last(x)
      l2: first(n) over 1h
      l3: last(s where b) over 1h
      l4: last(s) over 30m
      t1: count() over day to date
      t2: sum(x) over month to date
      t3: max(x) over 1mo
      c1: count() over 1h ahead
      c2: sum(x) over 1h ahead offset 20m
      e1: coalesce(sum(n), 0) + count() over lifetime
      e2: (t - last(event_time)) / 1h
  large:
    entity: user
    source: events
    features:
      q: approx_quantile(x, 0.5) over 1h
      k: top_k(s, 2) over 1h
      u: distinct(s) over 1d
      w: ewma(x, 1h) over 1d
      ms: min(s) over 1h
  listed:
    entity: pair
    source: events
    features:
      l: last(x, 3) over 1d
      f: first(s, 2) over 1h
      r: avg(x) over last 5
      c: count() over 1h
  named:
    entity: name
    source: events
    features: {c: count() over 1h, x: max(x) over 1d, t: last(n)}
  all:
    entity: []
    source: events
    features: {c: count() over 1h, s: sum(x) over 1h, l: last(x), q: "approx_quantile(n, 0.9) over 30m"}
)";

struct Shape {
  std::string name;
  std::string known;  // of the source's project text
  bool has_ids = false;
  bool is_late = false;       // known_at is a column
  bool is_very_late = false;  // thousands of rows are known long after
  int64_t users = 12;
  size_t events = 1500, examples = 120;
  bool is_sorted = true;
};

std::string Project(const Shape& shape) {
  std::string text = "sources:\n  events:\n    event_time: at\n" + shape.known;
  if (shape.has_ids) text += "    event_id: id\n    deleted: op = 'd'\n";
  text +=
      "    columns: {id: string, op: string, at: timestamp, seen: timestamp, user: int64, name: string, x: float64, n: "
      "int64, d: 'decimal(10, 2)', s: string, b: bool}\n";
  text += "entities:\n  user: {key: {user: int64}}\n  pair: {key: {user: int64, name: string}}\n";
  text += "  name: {key: {name: string}}\nfeature_views:";
  return text + kViews;
}

class World {
 public:
  World(const Shape& shape, uint64_t seed) : shape_(shape), random_(seed) {
    base::Diagnostics diagnostics;
    auto source = std::make_shared<const base::SourceText>(base::SourceText{"bulk.yaml", Project(shape)});
    definitions_ = features::LoadDefinitions(base::MergeProject({source}, &diagnostics), &diagnostics);
    EXPECT_TRUE(definitions_ != nullptr) << diagnostics.Render(false);
    rows_ = Events();
    log_.Put("events", rows_);
  }

  FeaturePlan Plan() {
    std::vector<features::FeatureId> ids;
    for (const auto& view : definitions_->views()) {
      for (size_t i = 0; i < view->features.size(); ++i) ids.push_back({view.get(), static_cast<int>(i)});
    }
    auto plan = FeaturePlan::Make(definitions_, ids);
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    return std::move(*plan);
  }

  FeatureQuery Question(const FeaturePlan& plan) {
    inputs_ = data::Batch(plan.inputs());
    inputs_.rows = shape_.examples;
    FeatureQuery query;
    query.inputs = &inputs_;
    for (size_t row = 0; row < shape_.examples; ++row) {
      for (size_t i = 0; i < inputs_.columns.size(); ++i) inputs_.columns[i].Append(Key(plan.inputs().fields()[i]));
      const bool repeats = row > 0 && random_.Chance(0.1);
      query.times.push_back(repeats ? query.times.back() : AnyTime());
      query.cuts.push_back(random_.Chance(0.7) ? query.times.back() : AnyTime());
    }
    return query;
  }

  data::MemoryEventLog& log() { return log_; }
  [[nodiscard]] const data::Batch& rows() const { return rows_; }

 private:
  static constexpr int64_t kMinutes = 2000;

  base::Time AnyTime() {
    return kStart + base::kMinute * random_.Between(-10, kMinutes + 100) + random_.Between(-1, 1);
  }

  data::Value Key(const data::Field& field) {
    if (random_.Chance(0.03)) return data::Value::Null(field.type);
    if (field.type == data::TypeKind::kString) return data::Value::String(std::string(1, "abcdz"[random_.Below(5)]));
    return data::Value::Int64(User());
  }

  // Some have many more events than others.
  int64_t User() { return random_.Chance(0.5) ? 0 : random_.Between(0, shape_.users); }

  data::Value Double() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    switch (random_.Below(40)) {
      case 0:
        return data::Value::Null(data::TypeKind::kFloat64);
      case 1:
        return data::Value::Float64(std::numeric_limits<double>::quiet_NaN());
      case 2:
        return data::Value::Float64(random_.Chance(0.5) ? kInfinity : -kInfinity);
      case 3:
        return data::Value::Float64(random_.Chance(shape_.users > 5 ? 0.02 : 0) ? 1e300 : -0.0);
      case 4:
        return data::Value::Float64(random_.Uniform() * 1e12);
      default:
        return data::Value::Float64(static_cast<double>(random_.Between(-3000, 3000)) / 100);
    }
  }

  data::Value Cell(const data::Field& field, base::Time at) {
    using data::Value;
    if (field.name == "id") return Value::String("e" + std::to_string(random_.Below(shape_.events)));
    if (field.name == "op") return Value::String(random_.Chance(0.03) ? "d" : "i");
    if (field.name == "at") return Value::Timestamp(at);
    if (field.name == "seen") {
      if (shape_.is_very_late && random_.Chance(0.8)) return Value::Timestamp(kStart + kMinutes * base::kMinute);
      const int64_t late = random_.Chance(0.05) ? random_.Between(0, 600) : random_.Between(-2, 3);
      return Value::Timestamp(at + base::kMinute * late);
    }
    if (field.name == "user" || field.name == "name") return Key(field);
    if (field.name == "d") {
      if (random_.Chance(0.05)) return Value::Null(field.type);
      return Value::Decimal(field.type, random_.Between(-99999, 99999));
    }
    if (field.type == data::TypeKind::kFloat64) return Double();
    if (field.type == data::TypeKind::kInt64) {
      return random_.Chance(0.01) ? Value::Int64(std::numeric_limits<int64_t>::max())
                                  : Value::Int64(random_.Between(-5, 50));
    }
    if (field.type == data::TypeKind::kBool) {
      return random_.Chance(0.1) ? Value::Null(field.type) : Value::Bool(random_.Chance(0.3));
    }
    return random_.Chance(0.1) ? Value::Null(field.type) : Value::String("s" + std::to_string(random_.Below(30)));
  }

  data::Batch Events() {
    const features::Source& source = *definitions_->FindSource("events");
    data::Batch rows(source.columns);
    rows.rows = shape_.events;
    std::vector<int64_t> minutes(shape_.events);
    for (int64_t& minute : minutes) minute = random_.Between(0, kMinutes);
    if (shape_.is_sorted) std::sort(minutes.begin(), minutes.end());
    for (size_t row = 0; row < shape_.events; ++row) {
      for (size_t i = 0; i < source.columns.size(); ++i) {
        rows.columns[i].Append(Cell(source.columns.fields()[i], kStart + minutes[row] * base::kMinute));
      }
    }
    auto events = features::MakeEvents(source, rows, {});
    EXPECT_TRUE(events.ok()) << events.status().ToString();
    return std::move(events->rows);
  }

  Shape shape_;
  base::Random random_;
  features::DefinitionsPtr definitions_;
  data::Batch rows_, inputs_;
  data::MemoryEventLog log_{"test"};
};

// Gives the rows in pieces of uneven length.
class PiecesLog : public data::EventLog {
 public:
  explicit PiecesLog(const data::Batch& rows) : rows_(rows) {}
  [[nodiscard]] std::string DataVersion() const override { return "pieces"; }
  base::Result<data::Batch> ReadEvents(std::string_view) override { return rows_; }
  base::Result<std::unique_ptr<data::EventReader>> OpenEvents(std::string_view,
                                                              const std::vector<std::string>& columns) override {
    return std::unique_ptr<data::EventReader>(std::make_unique<Reader>(rows_, columns));
  }

 private:
  class Reader : public data::EventReader {
   public:
    Reader(const data::Batch& rows, std::vector<std::string> columns) : rows_(rows), columns_(std::move(columns)) {}
    [[nodiscard]] size_t pieces() const override { return 7; }
    [[nodiscard]] int64_t rows() const override { return static_cast<int64_t>(rows_.rows); }
    base::Result<data::Batch> ReadPiece(size_t piece) override {
      std::vector<int64_t> taken;
      for (size_t row = rows_.rows * piece * piece / 49; row < rows_.rows * (piece + 1) * (piece + 1) / 49; ++row) {
        taken.push_back(static_cast<int64_t>(row));
      }
      data::Batch batch;
      batch.rows = taken.size();
      for (const std::string& name : columns_) {
        if (const data::Column* column = rows_.Find(name)) batch.AddColumn(name, column->Take(taken));
      }
      return batch;
    }

   private:
    const data::Batch& rows_;
    std::vector<std::string> columns_;
  };

  const data::Batch& rows_;
};

std::string Difference(const FeaturePlan& plan, const FeatureAnswer& want, const FeatureAnswer& got) {
  if (want.values.rows != got.values.rows) return "other number of rows";
  for (size_t i = 0; i < plan.outputs().size(); ++i) {
    for (size_t row = 0; row < want.values.rows; ++row) {
      const data::Value a = want.values.columns[i].At(row), b = got.values.columns[i].At(row);
      std::string left, right;
      data::AppendCanonical(a, &left);
      data::AppendCanonical(b, &right);
      if (left == right && want.statuses[i][row] == got.statuses[i][row]) continue;
      return fmt::format("{} of row {}: want {} {}, got {} {}", plan.outputs()[i].ToString(), row, a.ToString(),
                         FeatureStatusName(want.statuses[i][row]), b.ToString(),
                         FeatureStatusName(got.statuses[i][row]));
    }
  }
  return "";
}

base::Result<FeatureAnswer> Answer(const FeaturePlan& plan, data::EventLog& log, base::Executor& executor,
                                   const EngineOptions& options, const FeatureQuery& query) {
  PLUMB_ASSIGN_OR_RETURN(const auto driver, BatchDriver::Make(plan, log, executor, options));
  return driver->Compute(query);
}

uint64_t Seed() {
  const auto given = base::GetEnvironment("PLUMB_SEED");
  return given ? std::strtoull(given->c_str(), nullptr, 10) : base::RandomSeed();
}

class BulkDriverShapes : public testing::TestWithParam<Shape> {};

TEST_P(BulkDriverShapes, GivesTheBitsOfTreesAndOfBruteForce) {
  const uint64_t seed = Seed();
  std::printf("PLUMB_SEED=%llu\n", static_cast<unsigned long long>(seed));
  World world(GetParam(), seed);
  const FeaturePlan plan = world.Plan();
  const FeatureQuery query = world.Question(plan);
  const auto serial = base::MakeExecutor(0), threads = base::MakeExecutor(2);
  EngineOptions trees;
  trees.use_trees = true;
  const auto want = Answer(plan, world.log(), *serial, trees, query);
  ASSERT_TRUE(want.ok()) << want.status().ToString();
  PiecesLog pieces(world.rows());
  for (data::EventLog* log : {static_cast<data::EventLog*>(&world.log()), static_cast<data::EventLog*>(&pieces)}) {
    for (base::Executor* executor : {serial.get(), threads.get()}) {
      for (const int chunk_rows : {2, 128}) {
        const auto got = Answer(plan, *log, *executor, {chunk_rows}, query);
        ASSERT_TRUE(got.ok()) << got.status().ToString();
        ASSERT_EQ(Difference(plan, *want, *got), "") << "PLUMB_SEED=" << seed << ", chunks of " << chunk_rows;
      }
    }
  }
  FeatureQuery few = query;
  const data::Batch inputs = query.inputs->Take({0, 1, 2, 3});
  few.inputs = &inputs;
  few.times.resize(4);
  few.cuts.resize(4);
  const auto brute = BruteForce::Make(plan, world.log());
  ASSERT_TRUE(brute.ok());
  const auto plainest = brute->EvaluateAll(few), got = Answer(plan, world.log(), *serial, {}, few);
  ASSERT_TRUE(plainest.ok() && got.ok());
  EXPECT_EQ(Difference(plan, *plainest, *got), "") << "PLUMB_SEED=" << seed;
}

constexpr const char* kSeen = "    known_at: seen\n";

INSTANTIATE_TEST_SUITE_P(
    Worlds, BulkDriverShapes,
    testing::Values(
        Shape{.name = "AtOnce", .known = "    available_after: 0s\n"},
        Shape{.name = "Delayed", .known = "    available_after: 10m\n", .is_sorted = false},
        Shape{.name = "KnownAhead", .known = "    available_after: -20m\n"},
        Shape{.name = "Late", .known = kSeen, .is_late = true},
        Shape{.name = "LateShuffled", .known = kSeen, .is_late = true, .is_sorted = false},
        Shape{.name = "Corrected", .known = kSeen, .has_ids = true, .is_late = true},
        Shape{.name = "CorrectedShuffled", .known = kSeen, .has_ids = true, .is_late = true, .is_sorted = false},
        Shape{.name = "FewEvents", .known = kSeen, .has_ids = true, .events = 40},
        Shape{.name = "OneEvent", .known = kSeen, .events = 1, .examples = 20},
        Shape{.name = "NoEvents", .known = kSeen, .events = 0, .examples = 10},
        Shape{.name = "ManyUsers", .known = kSeen, .users = 3000, .events = 3000},
        Shape{.name = "VeryLate", .known = kSeen, .is_very_late = true, .users = 1, .events = 8000, .examples = 60},
        Shape{.name = "ManyQuestions",
              .known = "    available_after: 1m\n",
              .users = 1,
              .events = 300,
              .examples = 20000}),
    [](const auto& test) { return test.param.name; });

// ---- Memory ----

// Enough events of integers to need more than the least memory.
class BulkMemoryTest : public testing::Test {
 protected:
  static constexpr size_t kEvents = 700'000;

  void SetUp() override {
    const std::string text =
        "sources:\n  events:\n    event_time: at\n    available_after: 0s\n    columns: {at: timestamp, user: int64, "
        "x: "
        "int64}\nentities: {user: {key: {user: int64}}}\nfeature_views:\n  v:\n    entity: user\n    source: events\n"
        "    features: {c: count() over 1h, s: sum(x) over 1d, l: last(x)}\n";
    base::Diagnostics diagnostics;
    auto source = std::make_shared<const base::SourceText>(base::SourceText{"memory.yaml", text});
    definitions_ = features::LoadDefinitions(base::MergeProject({source}, &diagnostics), &diagnostics);
    ASSERT_TRUE(definitions_ != nullptr) << diagnostics.Render(false);
    data::Batch rows;
    data::Column at(data::TypeKind::kTimestamp), user(data::TypeKind::kInt64), x(data::TypeKind::kInt64);
    base::Random random(3);
    for (data::Column* column : {&at, &user, &x}) column->ResizeUninitialised(kEvents);
    for (size_t row = 0; row < kEvents; ++row) {
      at.mutable_int_data()[row] = kStart + static_cast<int64_t>(row) * base::kSecond;
      user.mutable_int_data()[row] = random.Between(0, users_ - 1);
      x.mutable_int_data()[row] = random.Between(-100, 100);
    }
    rows.AddColumn("at", at);
    rows.AddColumn("user", std::move(user));
    rows.AddColumn("x", std::move(x));
    rows.AddColumn("__event_time", at);
    rows.AddColumn("__known_at", std::move(at));
    inputs_ = rows.Take({0, 1, 2, 3, 5, 8, 13, 21, 34, 55});
    log_.Put("events", std::move(rows));
    query_.inputs = &inputs_;
    for (size_t row = 0; row < inputs_.rows; ++row) {
      query_.times.push_back(kStart + static_cast<int64_t>(row * kEvents / 10) * base::kSecond);
    }
    query_.cuts = query_.times;
    const features::View* view = definitions_->FindView("v");
    plan_ = *FeaturePlan::Make(definitions_, {{view, 0}, {view, 1}, {view, 2}});
  }

  EngineOptions Limited() {
    EngineOptions options;
    options.memory_bytes = 16 << 20;
    options.files = &files_;
    options.scratch_folder = "scratch";
    return options;
  }

  int64_t users_ = 1000;
  base::MemoryFileSystem files_;
  features::DefinitionsPtr definitions_;
  data::MemoryEventLog log_{"test"};
  data::Batch inputs_;
  FeatureQuery query_;
  std::optional<FeaturePlan> plan_;
  std::unique_ptr<base::Executor> executor_ = base::MakeExecutor(2);
};

TEST_F(BulkMemoryTest, AnswersFromScratchFilesAndRemovesThem) {
  const auto want = Answer(*plan_, log_, *executor_, {}, query_);
  ASSERT_TRUE(want.ok()) << want.status().ToString();
  const int64_t before = files_.operations();
  {
    const auto driver = BatchDriver::Make(*plan_, log_, *executor_, Limited());
    ASSERT_TRUE(driver.ok()) << driver.status().ToString();
    for (int round = 0; round < 2; ++round) {
      const auto got = (*driver)->Compute(query_);
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      EXPECT_EQ(Difference(*plan_, *want, *got), "");
    }
    EXPECT_GT(files_.operations(), before);
    EXPECT_EQ(files_.List("scratch")->size(), 1U);
  }
  EXPECT_TRUE(files_.List("scratch")->empty());
}

TEST_F(BulkMemoryTest, LeavesNothingWhenTheDiskIsFull) {
  files_.SetCapacity(3 << 20);
  const auto driver = BatchDriver::Make(*plan_, log_, *executor_, Limited());
  ASSERT_FALSE(driver.ok());
  EXPECT_EQ(driver.status().code(), base::Code::kResourceExhausted) << driver.status().ToString();
  EXPECT_TRUE(files_.List("scratch")->empty());
}

TEST_F(BulkMemoryTest, SaysThatAScratchFileIsDamaged) {
  const auto driver = BatchDriver::Make(*plan_, log_, *executor_, Limited());
  ASSERT_TRUE(driver.ok());
  const std::string folder = "scratch/" + files_.List("scratch")->front().name;
  const auto scratch = files_.List(folder);
  ASSERT_TRUE(scratch.ok());
  for (const base::FileInfo& file : *scratch) files_.Corrupt(folder + "/" + file.name, file.bytes / 2);
  const auto answer = (*driver)->Compute(query_);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.status().code(), base::Code::kDataLoss) << answer.status().ToString();
}

TEST_F(BulkMemoryTest, RefusesLimitsThatCannotDo) {
  EngineOptions small = Limited(), homeless = Limited();
  small.memory_bytes = 1 << 20;
  homeless.files = nullptr;
  for (const EngineOptions& options : {small, homeless}) {
    const auto driver = BatchDriver::Make(*plan_, log_, *executor_, options);
    ASSERT_FALSE(driver.ok());
    EXPECT_EQ(driver.status().code(), base::Code::kInvalidArgument);
  }
}

class BulkHotKeyTest : public BulkMemoryTest {
 protected:
  BulkHotKeyTest() { users_ = 1; }
};

TEST_F(BulkHotKeyTest, SaysWhatAPartitionNeeds) {
  const auto driver = BatchDriver::Make(*plan_, log_, *executor_, Limited());
  ASSERT_FALSE(driver.ok());
  EXPECT_EQ(driver.status().code(), base::Code::kResourceExhausted);
  EXPECT_NE(driver.status().message().find("need"), std::string::npos) << driver.status().message();
}

}  // namespace
}  // namespace plumb::engine
