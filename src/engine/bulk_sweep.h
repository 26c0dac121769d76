// bulk_sweep.h: answers all questions about one entity in one sweep over its rows, in order of their cuts.
//
// Why: where visibility is decided by time alone the rows of a window are a range, and a range of a facet is answered
// in constant time. What is not, is corrected row by row: clean rows that are not known at the cut yet are taken out,
// rows that a later version replaces are added while they are visible. Both lists change little from cut to cut. Where
// they grow long, a question is answered by the entity's tree (entity_state.h), which is slower and never wrong.
//
// Thread safety: a BulkEntity is prepared by one thread and then shared; each sweep has a SweepScratch of its own, and
// different examples go to different places of the answer.
#pragma once

#include <span>
#include <vector>

#include "engine/bulk_examples.h"
#include "engine/bulk_query.h"
#include "engine/evaluator.h"

namespace plumb::engine {

// Answers in the order of the examples: all of the first aggregate, then all of the second.
struct BulkAnswer {
  explicit BulkAnswer(const BulkQuery& query, size_t example_count);
  size_t examples = 0;
  std::vector<std::vector<uint64_t>> words;
  std::vector<std::vector<CellState>> states;
  std::vector<std::vector<base::Time>> newest;  // empty for aggregates without age
  std::vector<uint8_t> is_found;
};

// Where a sweep puts its answers.
struct SweepTarget {
  BulkAnswer* answer = nullptr;
  FetchedRows* fetched = nullptr;  // bytes only, by row
  size_t first = 0;                // place of the first example of the entity in the answer
};

// The rows of one entity with everything that questions share. Memory is reused from entity to entity.
class BulkEntity {
 public:
  // Examples are of this entity, sorted by cut and time.
  void Prepare(const BulkQuery& query, const BulkPartition& partition, BulkPartition::Entity entity,
               std::span<const Example> examples);

 private:
  friend class EntitySweep;
  void TakeRows(const BulkPartition& partition, BulkPartition::Entity entity);
  void TakeDelays();
  void FindRanges(const BulkQuery& query, std::span<const Example> examples);
  void BuildFacets(const BulkQuery& query, size_t examples);
  void CountCandidates(const BulkQuery& query, size_t examples);

  struct Range {
    uint32_t low = 0, high = 0;
  };
  BulkRows rows_;
  std::vector<base::Time> hidden_from_;
  std::vector<uint32_t> hidden_rows_;  // by known_at
  base::Duration delay_min_ = 0;       // of any row; nothing is visible sooner
  base::Time clean_known_min_ = base::kTimeMax;
  bool is_plain_ = true;                   // a range of rows is what a window sees
  std::vector<Range> ranges_;              // [window][example]
  std::vector<uint64_t> rows_in_windows_;  // [window] over all examples
  std::vector<BulkFacet> facets_;
  std::vector<uint8_t> has_facet_;                 // else rows are folded
  std::vector<std::vector<uint32_t>> candidates_;  // [position] prefixes of rows that pass; empty: look at rows
};

// Buffers of one thread.
struct SweepScratch {
  std::vector<uint32_t> unknown, visible_hidden;
  QueryScratch query;
  std::vector<Cell> cells;
  std::vector<size_t> left;  // examples for the tree
  PartialAggregate partial;
  std::string bytes;
  struct Found {
    int64_t row = -1;                     // −1: none
    uint32_t tie_begin = 0, tie_end = 0;  // rows of equal event_time and known_at
  };
  std::vector<Found> found;  // [position]
  struct Sums {
    size_t window = 0;
    bool is_valid = false;
    uint32_t count = 0;
    FacetSums sums;
  };
  std::vector<Sums> sums;  // [facet], of the window asked last
  std::vector<uint64_t> tree_words;
  std::vector<const uint64_t*> tree_rows;
};

// Answers all examples that the entity was prepared for. With an executor, in parallel: for entities of which very much
// is asked.
void Sweep(const BulkQuery& query, const BulkEntity& entity, int chunk_rows, std::span<const Example> examples,
           const SweepTarget& target, SweepScratch* scratch, base::Executor* executor = nullptr);

// What is said of an entity that has no rows.
void AnswerNothing(const BulkQuery& query, std::span<const Example> examples, const SweepTarget& target,
                   SweepScratch* scratch);

}  // namespace plumb::engine
