// checked.h: expressions after type checking: what the rest of plumb computes with.
//
// The checker splits an expression into a scalar part and the terms that need events: aggregates and features of other
// views become numbered inputs of the scalar part. So one evaluator does scalars, the engine does events, and both see
// only what is well-typed. A scalar expression is evaluated in two ways: EvaluateRow, the plain tree walk that is the
// specification, and Evaluate, compiled once to typed vectorised kernels; both give the same bits.
//
// Thread safety: immutable; Evaluate may run on any number of threads at once.
//
//   Scope scope;  scope.columns = &schema;                                              // from check_test.cc
//   std::optional<Checked> late = Check(Parse("arr_delay >= 15", at, &d), scope, &d);
//   late->scalar.EvaluateRow({{data::Value::Float64(20)}});                             // true
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "data/column.h"
#include "expr/expr.h"

namespace plumb::expr {

// A leaf of a scalar expression, in the order in which values are handed to the evaluators.
struct Input {
  enum class Leaf {
    kColumn,     // a column of the scope: `name`
    kTime,       // t, the asking time (timestamp)
    kAggregate,  // Checked::aggregates[index]
    kFeature,    // Checked::features[index]
  };
  Leaf leaf = Leaf::kColumn;
  std::string name;  // of an aggregate or feature its canonical text
  int index = -1;
  data::Type type;
};

class Program;  // compiled form; internal
struct Node;    // typed tree; internal

class Scalar {
 public:
  [[nodiscard]] data::Type type() const { return type_; }
  [[nodiscard]] const std::vector<Input>& inputs() const { return inputs_; }
  // The one text of all expressions that mean the same to the checker: columns by name, aggregates and features spelt
  // out, constants folded where folding keeps the bits, functions with their version. Identities are hashes of it.
  [[nodiscard]] const std::string& canonical() const { return canonical_; }

  // inputs: one value (or column of `rows` rows) for each of inputs(), of its type. An overflow gives null; Evaluate
  // then sets (*errors)[row] = 1, if `errors` is given (resized to rows), and EvaluateRow sets *error (else to false).
  //
  // An error is a null that remembers why: operators that make null of null pass it on; `and`, `or`, `in`, case, if,
  // coalesce and is null drop it with the operand that they do not choose. A condition of case that is an error makes
  // the result an error, since nobody knows which branch was meant.
  // Inputs may be such nulls themselves: input_errors is empty, or has for each input whether it is an error (null: no
  // row is; else one byte a row). Requires: an input that is an error is null.
  [[nodiscard]] data::Value EvaluateRow(std::span<const data::Value> inputs, bool* error = nullptr,
                                        std::span<const uint8_t> input_errors = {}) const;
  [[nodiscard]] data::Column Evaluate(std::span<const data::Column* const> inputs, size_t rows,
                                      std::vector<uint8_t>* errors = nullptr,
                                      std::span<const uint8_t* const> input_errors = {}) const;

 private:
  friend class Checker;
  data::Type type_;
  std::vector<Input> inputs_;
  std::string canonical_;
  std::shared_ptr<const Node> root_;
  std::shared_ptr<const Program> program_;
};

enum class AggregateFunction {
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kFirst,
  kLast,
  kVariance,
  kStdDev,
  kDistinct,
  kApproxDistinct,
  kApproxQuantile,
  kTopK,
  kEwma
};
const char* AggregateName(AggregateFunction function);

// One aggregate over the events of one entity. Of nothing, counts are 0 and all else is null. first and last respect
// nulls; the others skip them (min and max also NaN, unless there is nothing else). bool counts as 0/1 in sum, avg,
// variance, stddev, ewma and approx_quantile.
//
//   sum          int64 of bool and int64, duration of durations (outside 64 bits: null with error), float64 of float64,
//                exact and rounded once; decimal(38, s) of decimal(p, s) (beyond 38 digits: null with error)
//   avg          float64, the exact sum divided once; timestamps have none
//   variance, stddev   of a sample (n - 1), float64, exact and rounded once; null of fewer than two values; NaN where
//                NaN or an infinity is among them
//   first(x, n), last(x, n)   list of the type: the first (newest) n events' values, oldest first
//   distinct, approx_distinct   int64; exact up to kDistinctExactMax (kApproxDistinctExactMax) different values, then
//                the estimate of a HyperLogLog, which depends on the set of values only. NaN is one value
//   approx_quantile(x, q)   float64; relative error at most 1/128 (stats/quantile_sketch.h); NaN sorts last
//   top_k(x, k)  list of the k most frequent values, ties by value; null with error beyond kTopKValuesMax different
//                ones
//   ewma(x, half_life)   float64: Σ xᵢ·2^(−(t−tᵢ)/h) / Σ 2^(−(t−tᵢ)/h), summed exactly within tiles of length h aligned
//                to the epoch, the tiles folded oldest first; events more than kEwmaTilesMax tiles before t's are left
//                out (engine/README.md)
struct Aggregate {
  static constexpr int64_t kValuesMax = 1000;  // n and k
  static constexpr int64_t kDistinctExactMax = 65536, kApproxDistinctExactMax = 256, kTopKValuesMax = 65536;
  static constexpr int64_t kEwmaTilesMax = 128;

  AggregateFunction function = AggregateFunction::kCount;
  std::optional<Scalar> argument;  // over event columns; none for count()
  std::optional<Scalar> where;     // bool over event columns; only rows where it is true count
  Window window;
  data::Type type;
  int64_t n = 0;                 // first(x, n), last(x, n), top_k(x, n): 1 to kValuesMax; 0: the plain first and last
  double quantile = 0;           // approx_quantile: 0 to 1
  base::Duration half_life = 0;  // ewma: > 0
  std::string canonical;         // "sum(arr_delay where late) over 2h offset 1d"
};

// A feature of another view, asked at the same t and cut (at min(event_time, known_at) inside `derive`).
struct FeatureRef {
  std::string view, feature;
  std::vector<std::pair<std::string, Scalar>> keys;  // every key (source view) or request field (request view) of the
                                                     // target, in its order; expressions over the scope's columns
  data::Type type;
  base::Position position;
};

struct Checked {
  Scalar scalar;
  std::vector<Aggregate> aggregates;
  std::vector<FeatureRef> features;
};

// What a view offers to others.
struct ViewSignature {
  std::string name;
  data::Schema keys;      // entity keys of a source view; request fields of a request view
  data::Schema features;  // name → type
};

// Names that an expression may use. Pointers outlive the check.
struct Scope {
  const data::Schema* columns = nullptr;  // usable outside aggregates
  // Usable inside aggregates, with event_time and known_at (timestamp); null: no aggregates here.
  const data::Schema* event_columns = nullptr;
  std::string event_columns_are_of;                   // "source flights", for sentences
  std::string columns_are_of;                         // "the request", "entity carrier", "source flights"
  bool time = false;                                  // whether `t` may be used
  const std::vector<ViewSignature>* views = nullptr;  // null: no features of other views here
};

// Type-checks; several mistakes are reported together; nothing is returned after an error. `wanted` is a type that the
// result must have (int64 widens to float64).
std::optional<Checked> Check(const ExprPtr& expr, const Scope& scope, base::Diagnostics* diagnostics,
                             std::optional<data::Type> wanted = std::nullopt);

// The features that an expression names, before checking: to order views (cycles are the caller's to find).
struct NamedFeature {
  std::string view, feature;
  base::Position position;
};
std::vector<NamedFeature> NamedFeatures(const ExprPtr& expr);

// Every function, operator and aggregate with signatures, null rule and an example, in Markdown: docs/expressions.md is
// made of it.
std::string ExpressionReference();

}  // namespace plumb::expr
