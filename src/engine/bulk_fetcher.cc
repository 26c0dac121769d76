#include "engine/bulk_fetcher.h"

#include <algorithm>
#include <mutex>

namespace plumb::engine {
namespace {

// Entities of which more is asked are answered on all cores.
constexpr size_t kHotExamples = 8192;
constexpr size_t kHotRows = size_t{1} << 18;

}  // namespace

const BulkExamples& BulkFetcher::ExamplesOf(const FetchRequest& request, const BulkTable& table) {
  ExamplesKey key{request.keys,         request.times.data(), request.cuts.data(),
                  request.times.size(), &table.keys(),        table.partition_bits()};
  if (!(key == examples_key_)) {
    examples_ =
        BulkExamples::Make(request.keys, request.times, request.cuts, table.partition_bits(), &table.keys(), executor_);
    examples_key_ = std::move(key);
  }
  return examples_;
}

void BulkFetcher::AnswerPartition(const BulkQuery& query, const BulkPartition& partition, size_t index,
                                  const BulkExamples& all, BulkAnswer* answer, FetchedRows* out,
                                  std::vector<HotEntity>* hot) const {
  const std::span<const Example> examples = all.InPartition(index);
  BulkEntity prepared;
  SweepScratch scratch;
  for (size_t begin = 0, end = 0; begin < examples.size(); begin = end) {
    for (end = begin + 1; end < examples.size() && examples[end].key == examples[begin].key;) ++end;
    const std::span<const Example> of_entity = examples.subspan(begin, end - begin);
    const SweepTarget target{answer, out, all.begin(index) + begin};
    const BulkPartition::Entity entity = partition.Find(examples[begin].key);
    if (entity.begin == entity.end) {
      AnswerNothing(query, of_entity, target, &scratch);
      continue;
    }
    const bool is_large = end - begin > kHotExamples || (entity.end - entity.begin > kHotRows && end - begin > 256);
    if (is_large && executor_.threads() > 0) {
      hot->push_back({index, begin, end});
      continue;
    }
    prepared.Prepare(query, partition, entity, of_entity);
    Sweep(query, prepared, chunk_rows_, of_entity, target, &scratch);
  }
}

void BulkFetcher::AnswerHot(const BulkQuery& query, const BulkPartition& partition, const HotEntity& hot,
                            const BulkExamples& all, BulkAnswer* answer, FetchedRows* out) const {
  const std::span<const Example> examples = all.InPartition(hot.partition).subspan(hot.begin, hot.end - hot.begin);
  BulkEntity prepared;
  prepared.Prepare(query, partition, partition.Find(examples.front().key), examples);
  const SweepTarget target{answer, out, all.begin(hot.partition) + hot.begin};
  SweepScratch scratch;
  Sweep(query, prepared, chunk_rows_, examples, target, &scratch, &executor_);
}

base::Status BulkFetcher::Answer(const BulkQuery& query, const BulkTable& table, const BulkExamples& examples,
                                 BulkAnswer* answer, FetchedRows* out) {
  size_t at_once = table.partitions();
  if (table.is_spilled()) {
    PLUMB_ASSIGN_OR_RETURN(at_once, memory_.AtOnce(table.largest_bytes()));
  }
  std::mutex mutex;  // guards hot and status
  std::vector<HotEntity> hot;
  base::Status status;
  for (size_t first = 0; first < table.partitions(); first += at_once) {
    executor_.ParallelFor(std::min(at_once, table.partitions() - first), 1, [&](size_t begin, size_t end) {
      for (size_t partition = first + begin; partition < first + end; ++partition) {
        if (examples.InPartition(partition).empty()) continue;
        const auto loaded = table.Load(partition);
        std::vector<HotEntity> found;
        if (loaded.ok()) AnswerPartition(query, **loaded, partition, examples, answer, out, &found);
        const std::lock_guard lock(mutex);
        if (!loaded.ok() && status.ok()) status = loaded.status();
        hot.insert(hot.end(), found.begin(), found.end());
      }
    });
  }
  PLUMB_RETURN_IF_ERROR(status);
  for (const HotEntity& entity : hot) {
    PLUMB_ASSIGN_OR_RETURN(const BulkTable::Loaded loaded, table.Load(entity.partition));
    AnswerHot(query, *loaded, entity, examples, answer, out);
  }
  return {};
}

namespace {

// By row: reads are random, in a column that fits a cache; writes are not.
template <typename T>
void Gather(const std::vector<uint32_t>& places, const std::vector<T>& from, T* to) {
  for (size_t row = 0; row < places.size(); ++row) {
    if (places[row] != BulkExamples::kNoPlace) to[row] = from[places[row]];
  }
}

}  // namespace

void BulkFetcher::PutInOrder(const BulkQuery& query, const BulkExamples& examples, BulkAnswer* answer,
                             FetchedRows* out) const {
  const std::vector<uint32_t>& places = examples.places();
  executor_.ParallelFor(query.outputs().size(), 1, [&](size_t begin, size_t end) {
    for (size_t output = begin; output < end; ++output) {
      Gather(places, answer->words[output], out->words.data() + out->At(output, 0));
      Gather(places, answer->states[output], out->states.data() + out->At(output, 0));
      if (query.outputs()[output].newest >= 0) {
        Gather(places, answer->newest[output], out->newest.data() + out->At(output, 0));
      }
      std::vector<uint64_t>().swap(answer->words[output]);
    }
  });
  Gather(places, answer->is_found, out->is_found.data());
  if (examples.null_rows().empty()) return;
  std::vector<Cell> cells(query.outputs().size());
  QueryScratch scratch;
  query.call().query->Run(nullptr, 0, 0, &scratch, cells.data());
  for (const uint32_t row : examples.null_rows()) {
    out->is_null_key[row] = 1;
    for (size_t output = 0; output < cells.size(); ++output) {
      out->words[out->At(output, row)] = cells[output].word;
      out->states[out->At(output, row)] = cells[output].state;
    }
  }
}

void BulkFetcher::Fetch(const FetchRequest& request, FetchedRows* out) {
  if (!status_.ok() || request.times.empty()) return;
  const BulkTable& table = *tables_[static_cast<size_t>(request.call->table)];
  const BulkQuery& query = *queries_.at(request.call);
  const BulkExamples& examples = ExamplesOf(request, table);
  BulkAnswer answer(query, examples.all().size());
  status_ = Answer(query, table, examples, &answer, out);
  if (status_.ok()) PutInOrder(query, examples, &answer, out);
}

}  // namespace plumb::engine
