// bulk_fetcher.h: fetches aggregates for all rows of a question partition by partition.
//
// Why: a partition is read once, answers all that is asked of it and is left; so tables may lie in scratch files, and
// memory grows with the question, not with the tables. Answers are written in order of the examples and put in order of
// the rows at the end, column by column, which is kinder to caches than rows across forty columns.
//
// Thread safety: one user at a time; work runs on the executor.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/bulk_sweep.h"
#include "engine/bulk_table.h"

namespace plumb::engine {

class BulkFetcher : public AggregateFetcher {
 public:
  using Queries = std::unordered_map<const ViewCall*, std::unique_ptr<BulkQuery>>;

  BulkFetcher(const std::vector<std::unique_ptr<BulkTable>>& tables, const Queries& queries, const BulkMemory& memory,
              int chunk_rows, base::Executor& executor)
      : tables_(tables), queries_(queries), memory_(memory), chunk_rows_(chunk_rows), executor_(executor) {}

  void Fetch(const FetchRequest& request, FetchedRows* out) override;

  // Of all that was fetched: what is said after an error means nothing.
  [[nodiscard]] const base::Status& status() const { return status_; }

 private:
  struct HotEntity {
    size_t partition = 0;
    size_t begin = 0, end = 0;  // of its examples in the partition
  };

  const BulkExamples& ExamplesOf(const FetchRequest& request, const BulkTable& table);
  base::Status Answer(const BulkQuery& query, const BulkTable& table, const BulkExamples& examples, BulkAnswer* answer,
                      FetchedRows* out);
  void AnswerPartition(const BulkQuery& query, const BulkPartition& partition, size_t index,
                       const BulkExamples& examples, BulkAnswer* answer, FetchedRows* out,
                       std::vector<HotEntity>* hot) const;
  void AnswerHot(const BulkQuery& query, const BulkPartition& partition, const HotEntity& hot,
                 const BulkExamples& examples, BulkAnswer* answer, FetchedRows* out) const;
  void PutInOrder(const BulkQuery& query, const BulkExamples& examples, BulkAnswer* answer, FetchedRows* out) const;

  const std::vector<std::unique_ptr<BulkTable>>& tables_;
  const Queries& queries_;
  const BulkMemory& memory_;
  int chunk_rows_;
  base::Executor& executor_;
  base::Status status_;

  // Examples that were put in order last, and of what.
  struct ExamplesKey {
    std::vector<const data::Column*> columns;
    const base::Time *times = nullptr, *cuts = nullptr;
    size_t rows = 0;
    const BulkKeys* keys = nullptr;
    int partition_bits = 0;
    friend bool operator==(const ExamplesKey&, const ExamplesKey&) = default;
  };
  ExamplesKey examples_key_;
  BulkExamples examples_;
};

}  // namespace plumb::engine
