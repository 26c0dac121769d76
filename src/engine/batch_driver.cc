#include "engine/batch_driver.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "engine/bulk_driver.h"
#include "engine/bulk_table.h"
#include "engine/entity_table.h"
#include "engine/query_rows.h"
#include "engine/source_events.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

// Rows of one pass over a query: enough to keep all cores busy, few enough that the columns of all aggregates stay
// small.
constexpr size_t kRowsPerPass = size_t{1} << 16;
constexpr size_t kRowsPerTask = 512;

// Answers from trees that are complete.
class TreeFetcher : public AggregateFetcher {
 public:
  TreeFetcher(const std::vector<std::unique_ptr<EntityTable>>& tables, base::Executor& executor)
      : tables_(tables), executor_(executor) {}

  void Fetch(const FetchRequest& request, FetchedRows* out) override {
    const size_t rows = request.times.size();
    const EntityTable& table = *tables_[static_cast<size_t>(request.call->table)];
    std::vector<const EntityState*> states(rows, nullptr);
    executor_.ParallelFor(rows, kRowsPerTask * 8, [&](size_t begin, size_t end) {
      std::string key;
      for (size_t row = begin; row < end; ++row) {
        if (EncodeKey(request.keys, row, &key)) {
          states[row] = table.FindUnlocked(key);
        } else {
          out->is_null_key[row] = 1;
        }
      }
    });
    const std::vector<uint32_t> order = OrderOf(request, states);
    executor_.ParallelFor(rows, kRowsPerTask, [&](size_t begin, size_t end) {
      FetchRange(request, states, std::span(order).subspan(begin, end - begin), out);
    });
  }

 private:
  // By entity and time, so that neighbours read the same chunks. A row's place decides nothing about its answer.
  static std::vector<uint32_t> OrderOf(const FetchRequest& request, const std::vector<const EntityState*>& states) {
    std::vector<uint32_t> order(states.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return std::tuple(states[a], request.times[a], request.cuts[a]) <
             std::tuple(states[b], request.times[b], request.cuts[b]);
    });
    return order;
  }

  static void FetchRange(const FetchRequest& request, const std::vector<const EntityState*>& states,
                         std::span<const uint32_t> order, FetchedRows* out) {
    QueryScratch scratch;
    std::vector<Cell> cells;
    for (size_t i = 0; i < order.size(); ++i) {
      const uint32_t row = order[i];
      const uint32_t before = order[i > 0 ? i - 1 : 0];
      const bool is_same = i > 0 && states[row] == states[before] && request.times[row] == request.times[before] &&
                           request.cuts[row] == request.cuts[before];
      const uint8_t is_null_key = out->is_null_key[row];
      if (is_same) {
        out->CopyRow(before, row);
        out->is_null_key[row] = is_null_key;
      } else {
        FetchRow(*request.call, states[row], request.times[row], request.cuts[row], row, &scratch, &cells, out);
      }
    }
  }

  const std::vector<std::unique_ptr<EntityTable>>& tables_;
  base::Executor& executor_;
};

// For each row of a source with event_id: the known_at of the next version that counts, and whether the row counts at
// all.
struct Versions {
  std::vector<uint8_t> counts;
  std::vector<base::Time> hidden_from;
};

Versions ResolveVersions(const features::Source& source, const data::Batch& rows) {
  Versions versions{std::vector<uint8_t>(rows.rows, 1), std::vector<base::Time>(rows.rows, base::kTimeMax)};
  for (size_t row = 0; row < rows.rows; ++row) versions.counts[row] = IsLive(rows, row) ? 1 : 0;
  const data::Column* ids = rows.Find(features::kEventIdColumn);
  if (ids == nullptr) return versions;
  const int64_t* known_at = rows.Find(features::kKnownAtColumn)->int_data();
  std::unordered_map<std::string_view, std::vector<uint32_t>> rows_of;
  rows_of.reserve(rows.rows);
  for (size_t row = 0; row < rows.rows; ++row) rows_of[ids->String(row)].push_back(static_cast<uint32_t>(row));
  const auto encoding = [&](uint32_t row) {
    std::string bytes;
    AppendRowEncoding(source, rows, row, &bytes);
    return bytes;
  };
  for (auto& [id, list] : rows_of) {
    if (list.size() == 1) continue;
    std::sort(list.begin(), list.end(), [&](uint32_t a, uint32_t b) {
      return known_at[a] != known_at[b] ? known_at[a] < known_at[b] : encoding(a) < encoding(b);
    });
    uint32_t last = list[0];
    for (size_t i = 1; i < list.size(); ++i) {
      if (known_at[list[i]] == known_at[last]) {
        versions.counts[list[i]] = 0;
        continue;
      }
      versions.hidden_from[last] = known_at[list[i]];
      last = list[i];
    }
  }
  return versions;
}

// Fills a table from all rows of its source.
void BuildTable(const data::Batch& rows, const Versions& versions, EntityTable* table) {
  const TableLayout& layout = table->layout();
  EncodedRows encoded = EncodeRows(layout, rows, &table->strings());
  const std::vector<const data::Column*> keys = KeyColumns(layout.entity(), rows);
  const data::Column* ids = layout.has_identity() ? rows.Find(features::kEventIdColumn) : nullptr;
  std::unordered_map<const std::string*, std::vector<const uint64_t*>> rows_of;
  std::string key;
  for (size_t row = 0; row < rows.rows; ++row) {
    if (versions.counts[row] == 0 || !EncodeKey(keys, row, &key)) continue;
    uint64_t* words = encoded.Row(row);
    if (ids != nullptr) {
      words[TableLayout::kHiddenFrom] = static_cast<uint64_t>(versions.hidden_from[row]);
      words[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(table->strings().Intern(ids->String(row)));
    }
    rows_of[table->Touch(key)].push_back(words);
  }
  for (auto& [touched, list] : rows_of) {
    std::sort(list.begin(), list.end(),
              [&](const uint64_t* a, const uint64_t* b) { return layout.CompareRows(a, b) < 0; });
    table->StateOf(touched)->Build(list);
  }
}

// The plain way: a tree for every entity.
class TreeDriver : public BatchDriver {
 public:
  TreeDriver(const FeaturePlan& plan, base::Executor& executor, const EngineOptions& options)
      : plan_(plan), executor_(executor), options_(options) {}

  base::Status Load(data::EventLog& log) {
    program_ = ViewProgram::ForPlan(plan_, &catalog_);
    for (const features::Source* source : plan_.sources()) {
      derived_.push_back(ViewProgram::ForDerived(*plan_.definitions(), *source, &catalog_));
    }
    catalog_.Seal();
    for (const auto& layout : catalog_.layouts()) {
      tables_.push_back(std::make_unique<EntityTable>(layout.get(), options_.chunk_rows));
    }
    for (size_t i = 0; i < plan_.sources().size(); ++i)
      PLUMB_RETURN_IF_ERROR(LoadSource(*plan_.sources()[i], *derived_[i], log));
    return {};
  }

  base::Result<FeatureAnswer> Compute(const FeatureQuery& query) override {
    PLUMB_RETURN_IF_ERROR(CheckQuery(plan_, query));
    FeatureAnswer answer = EmptyAnswer(plan_);
    const size_t rows = query.times.size();
    size_t begin = 0;
    do {
      const size_t count = std::min(kRowsPerPass, rows - begin);
      ComputePass(query, begin, count, &answer);
      begin += count;
    } while (begin < rows);
    return answer;
  }

 private:
  base::Status LoadSource(const features::Source& source, const ViewProgram& derived, data::EventLog& log) {
    PLUMB_ASSIGN_OR_RETURN(data::Batch rows, log.ReadEvents(source.name));
    PLUMB_RETURN_IF_ERROR(CheckEventRows(source, rows));
    TreeFetcher fetcher(tables_, executor_);
    AddDerivedColumns(source, derived, fetcher, &rows, &executor_);
    const Versions versions = ResolveVersions(source, rows);
    std::vector<EntityTable*> tables;
    for (const auto& table : tables_) {
      if (&table->layout().source() == &source) tables.push_back(table.get());
    }
    executor_.ParallelFor(tables.size(), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) BuildTable(rows, versions, tables[i]);
    });
    return {};
  }

  void ComputePass(const FeatureQuery& query, size_t begin, size_t count, FeatureAnswer* answer) {
    const data::Batch inputs = RowsOf(plan_, query, begin, count);
    TreeFetcher fetcher(tables_, executor_);
    const std::span<const base::Time> times(query.times.data() + begin, count), cuts(query.cuts.data() + begin, count);
    Evaluation evaluation(
        *program_, fetcher, [&](std::string_view name) { return inputs.Find(name); }, times, cuts, &executor_);
    AppendOutputs(*program_, &evaluation, count, answer);
  }

  const FeaturePlan plan_;
  base::Executor& executor_;
  const EngineOptions options_;
  TableCatalog catalog_;
  std::unique_ptr<ViewProgram> program_;
  std::vector<std::unique_ptr<ViewProgram>> derived_;  // one for each of the plan's sources
  std::vector<std::unique_ptr<EntityTable>> tables_;   // one for each layout of the catalog
};

base::Status CheckMemory(const EngineOptions& options) {
  if (options.memory_bytes == 0) return {};
  if (options.memory_bytes < BulkMemory::kLeastBytes) {
    return base::InvalidArgument("Memory limit is too small: {} bytes, at least {}.", options.memory_bytes,
                                 BulkMemory::kLeastBytes);
  }
  if (options.files != nullptr && !options.scratch_folder.empty()) return {};
  return base::InvalidArgument("Memory limit needs a scratch folder: none is given.");
}

}  // namespace

base::Result<std::unique_ptr<BatchDriver>> BatchDriver::Make(const FeaturePlan& plan, data::EventLog& log,
                                                             base::Executor& executor, const EngineOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  PLUMB_RETURN_IF_ERROR(CheckMemory(options));
  if (!options.use_trees) return MakeBulkDriver(plan, log, executor, options);
  auto driver = std::make_unique<TreeDriver>(plan, executor, options);
  PLUMB_RETURN_IF_ERROR(driver->Load(log));
  return std::unique_ptr<BatchDriver>(std::move(driver));
}

}  // namespace plumb::engine
