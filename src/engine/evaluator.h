// evaluator.h: runs a view program over a batch of rows: keys, aggregates, look-ups, outer expressions, statuses.
//
// Why: the drivers differ only in how they get at aggregates (all events at once, in parallel; or live state under
// locks). Everything else is this one evaluator, so training and serving cannot differ.
//
// Thread safety: an Evaluation has one user; programs and states may be shared.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "engine/view_program.h"

namespace plumb::engine {

// What a driver found for the rows of one call; all rows of the first aggregate, then all of the second, and so on.
struct FetchedRows {
  size_t rows = 0;
  std::vector<uint64_t> words;  // of types that are bytes: addresses, in the tables or in `bytes`
  std::vector<CellState> states;
  std::vector<std::vector<std::string>> bytes;  // [aggregate][row]; empty but for those that make bytes of their own
  std::vector<base::Time> newest;               // of lifetime aggregates of views with max_age; otherwise empty
  std::vector<uint8_t> is_found;                // some event of the entity counts at the cut
  std::vector<uint8_t> is_null_key;

  FetchedRows(const ViewCall& call, size_t row_count);
  [[nodiscard]] size_t At(size_t aggregate, size_t row) const { return aggregate * rows + row; }
  void CopyRow(size_t from, size_t to);
};

// The rows of a call to fetch aggregates for.
struct FetchRequest {
  const ViewCall* call = nullptr;
  std::vector<const data::Column*> keys;
  std::span<const base::Time> times, cuts;
};

class AggregateFetcher {
 public:
  virtual ~AggregateFetcher() = default;
  virtual void Fetch(const FetchRequest& request, FetchedRows* out) = 0;
};

// Fills one row of `out` from a state, which may be null. `cells` is a buffer.
void FetchRow(const ViewCall& call, const EntityState* state, base::Time t, base::Time cut, size_t row,
              QueryScratch* scratch, std::vector<Cell>* cells, FetchedRows* out);

struct FeatureColumn {
  data::Column values;
  std::vector<FeatureStatus> statuses;
};

class Evaluation {
 public:
  using ColumnFinder = std::function<const data::Column*(std::string_view name)>;

  // `frame` finds the columns of frame 0. With an executor the expressions of a call run in parallel.
  Evaluation(const ViewProgram& program, AggregateFetcher& fetcher, ColumnFinder frame,
             std::span<const base::Time> times, std::span<const base::Time> cuts, base::Executor* executor = nullptr);

  // Runs all that the feature needs.
  void Run(const CallFeature& feature) { Run(feature.call); }
  // Requires: Run, and nothing is run after the first is taken, nor taken twice.
  FeatureColumn Take(const CallFeature& feature);
  // An expression over frame 0: a derived column.
  FeatureColumn Derive(const CompiledExpression& expression);

 private:
  struct CallState {
    bool is_done = false;
    std::vector<std::optional<data::Column>> inputs;  // of its frame, when they are made
    std::optional<FetchedRows> fetched;
    std::vector<std::optional<data::Column>> aggregates;  // those that an outer expression reads
    std::vector<std::vector<uint8_t>> aggregate_errors;   // of the same, where there are any
    std::vector<FeatureColumn> features;
  };

  void Run(int call);
  const data::Column* FrameColumn(FrameIndex frame, std::string_view name);
  const data::Column* KeyColumn(const KeyExpression& key);
  const data::Column* InputOf(int call, size_t input);
  const data::Column* TimeColumn();
  void FetchAggregates(int call);
  // Makes everything that the expression reads, so that Compute only reads.
  void Prepare(const CompiledExpression& expression, FrameIndex frame, int call);
  FeatureColumn Compute(const CompiledExpression& expression, FrameIndex frame, int call);
  [[nodiscard]] data::Column AggregateColumn(int call, int aggregate) const;
  void NoteErrors(int call, int aggregate);
  [[nodiscard]] std::vector<const uint8_t*> InputErrorsOf(const CompiledExpression& expression, int call) const;
  std::vector<const data::Column*> InputsOf(const CompiledExpression& expression, FrameIndex frame, int call);
  void SetStatuses(const CompiledExpression& expression, int call, const std::vector<uint8_t>& errors,
                   FeatureColumn* column);
  void SetEntityStatuses(const CompiledExpression& expression, const ViewCall& call, const FetchedRows& fetched,
                         FeatureColumn* column);

  const ViewProgram& program_;
  AggregateFetcher& fetcher_;
  ColumnFinder frame_;
  std::span<const base::Time> times_, cuts_;
  base::Executor* executor_;
  std::vector<CallState> calls_;
  std::optional<data::Column> time_column_;
};

}  // namespace plumb::engine
