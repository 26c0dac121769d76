// What exactness costs: adding to and merging exact sums, beside plain double additions over the same values.
//
// Values are lognormal-like amounts of either sign (products of uniforms), from a fixed seed.
#include "base/random.h"
#include "figure.h"
#include "stats/exact_sum.h"

namespace plumb {
namespace {

constexpr size_t kValues = 1'000'000;
constexpr size_t kChunk = 128;  // values to a partial, as in the engine

std::vector<double> MakeValues() {
  base::Random random(7);
  std::vector<double> values;
  for (size_t i = 0; i < kValues; i++) {
    const double amount = random.Uniform() * random.Uniform() * 1000;
    values.push_back(random.Chance(0.2) ? -amount : amount);
  }
  return values;
}

// Kept where the optimiser must not drop it.
volatile double kept;

void BenchAdd(const std::vector<double>& values) {
  const bench::Pair pair = bench::MedianNanos(
      [&] {
        stats::ExactSum sum;
        for (const double x : values) sum.Add(x);
        kept = sum.Value();
      },
      [&] {
        double sum = 0;
        for (const double x : values) sum += x;
        kept = sum;
      });
  bench::PrintFigure("exact_sum_add", "double addition", pair, static_cast<double>(kValues));
}

void BenchMerge(const std::vector<double>& values) {
  std::vector<stats::ExactSum> partials(kValues / kChunk);
  std::vector<double> plain(partials.size());
  for (size_t i = 0; i < partials.size() * kChunk; i++) {
    partials[i / kChunk].Add(values[i]);
    plain[i / kChunk] += values[i];
  }
  const bench::Pair pair = bench::MedianNanos(
      [&] {
        for (size_t round = 0; round < kChunk; round++) {
          stats::ExactSum sum;
          for (const stats::ExactSum& partial : partials) sum.Merge(partial);
          kept = sum.Value();
        }
      },
      [&] {
        for (size_t round = 0; round < kChunk; round++) {
          double sum = 0;
          for (const double partial : plain) sum += partial;
          kept = sum;
        }
      });
  bench::PrintFigure("exact_sum_merge", "double addition", pair, static_cast<double>(partials.size() * kChunk));
}

}  // namespace
}  // namespace plumb

int main() {
  const std::vector<double> values = plumb::MakeValues();
  plumb::BenchAdd(values);
  plumb::BenchMerge(values);
}
