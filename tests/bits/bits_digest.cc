// A digest of many values of features, expressions, sums and functions, for `./dev bits`: the program is built of the
// same sources for a plain processor, for AVX2 and for AVX-512, and the three must print the same.
//
// What it covers is whatever may depend on the instructions a compiler chooses: arithmetic of doubles in kernels, exact
// sums and moments, sketches, the functions of base/elementary.h, and all of it together in the drivers on random
// projects.
#include <fmt/format.h>

#include <bit>
#include <cstdio>
#include <string>

#include "base/elementary.h"
#include "base/hash.h"
#include "base/random.h"
#include "engine/batch_driver.h"
#include "engine/brute_force.h"
#include "engine/random_world_test.h"
#include "engine/request_driver.h"
#include "stats/distinct_sketch.h"
#include "stats/exact_moments.h"
#include "stats/exact_wide_sum.h"

namespace plumb {
namespace {

class Digest {
 public:
  void Add(double x) {
    const uint64_t bits = std::bit_cast<uint64_t>(data::CanonicalDouble(x));
    Add(std::string_view(reinterpret_cast<const char*>(&bits), sizeof(bits)));
  }
  void Add(std::string_view bytes) {
    text_.append(bytes);
    ++values_;
    if (text_.size() > (size_t{1} << 20)) text_ = base::Sha256Hex(text_);
  }
  void Print(const char* what) {
    std::printf("%-12s %8lld values  %s\n", what, static_cast<long long>(values_), base::Sha256Hex(text_).c_str());
  }

 private:
  std::string text_;
  int64_t values_ = 0;
};

// Of every size, subnormals and both signs included.
double AnyDouble(base::Random* random) {
  if (random->Chance(0.5)) return (random->Uniform() - 0.5) * 2000;
  const double x = std::bit_cast<double>(random->Next());
  return x == x ? x : 1.5;
}

void DigestFunctions() {
  base::Random random(1);
  Digest digest;
  for (int i = 0; i < 300000; ++i) {
    const double x = AnyDouble(&random), y = AnyDouble(&random);
    for (const double value :
         {base::Exp(x), base::Expm1(x), base::Ln(x), base::Log2(x), base::Log10(x), base::Log1p(x), base::Pow(x, y),
          base::Sigmoid(x), base::Sin(x), base::Cos(x), base::Tan(x), base::Atan(x), base::Sqrt(x)}) {
      digest.Add(value);
    }
  }
  digest.Print("functions");
}

void DigestSums() {
  base::Random random(2);
  Digest digest;
  for (int round = 0; round < 2000; ++round) {
    stats::ExactMoments moments;
    stats::ExactWideSum wide;
    stats::DistinctSketch distinct;
    for (int i = 0; i < 50; ++i) {
      moments.Add(round % 2 == 0 ? AnyDouble(&random) : random.Uniform());
      wide.Add(static_cast<__int128>(random.Next()) * static_cast<int64_t>(random.Next() >> 2));
      distinct.Add(stats::DistinctSketch::HashOfWord(random.Next()));
    }
    for (const double value :
         {moments.Mean(), moments.Variance(1), moments.StandardDeviation(1), wide.Mean(50, 7), distinct.Estimate()}) {
      digest.Add(value);
    }
  }
  digest.Print("sums");
}

void AddAnswer(const base::Result<engine::FeatureAnswer>& answer, Digest* digest) {
  PLUMB_CHECK(answer.ok(), "The drivers answer.");
  for (const data::Column& column : answer->values.columns) {
    for (size_t row = 0; row < column.size(); ++row) {
      std::string bytes;
      data::AppendCanonical(column.At(row), &bytes);
      digest->Add(bytes);
    }
  }
}

void DigestDrivers() {
  base::Random seeds(3);
  Digest brute_digest, batch_digest, request_digest;
  const auto executor = base::MakeExecutor(0);
  engine::Counters counters;
  for (int i = 0; i < 120; ++i) {
    engine::RandomWorld world(seeds.Next(), i % 3 == 0, {}, &counters);
    const auto plan = engine::FeaturePlan::Make(world.definitions(), world.AllFeatures());
    PLUMB_CHECK(plan.ok(), "A random world has a plan.");
    data::MemoryEventLog log("bits");
    for (const auto& [name, rows] : world.events()) log.Put(name, rows);
    const data::Batch inputs = world.Inputs(plan->inputs(), 12);
    engine::FeatureQuery query{&inputs, {}, {}};
    for (size_t row = 0; row < inputs.rows; ++row) {
      query.times.push_back(world.AskingTime());
      query.cuts.push_back(world.CutFor(query.times.back()));
    }
    AddAnswer(engine::BruteForce::Make(*plan, log)->EvaluateAll(query), &brute_digest);
    AddAnswer((*engine::BatchDriver::Make(*plan, log, *executor))->Compute(query), &batch_digest);
    const auto driver = engine::RequestDriver::Make({&*plan});
    for (const features::Source* source : plan->sources()) {
      PLUMB_CHECK((*driver)->Apply(*source, world.events().at(source->name)).ok(), "Events apply.");
    }
    AddAnswer((*driver)->Compute(*plan, query), &request_digest);
  }
  brute_digest.Print("brute force");
  batch_digest.Print("batch");
  request_digest.Print("request");
}

}  // namespace
}  // namespace plumb

int main() {
  plumb::DigestFunctions();
  plumb::DigestSums();
  plumb::DigestDrivers();
}
