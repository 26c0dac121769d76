#include "engine/bulk_driver.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "engine/bulk_fetcher.h"
#include "engine/query_rows.h"
#include "engine/source_events.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

// Rows of one pass over a question: partitions are swept once a pass.
constexpr size_t kRowsPerPass = size_t{1} << 22;
// Rows of a piece that one task spreads.
constexpr size_t kRowsPerTask = size_t{1} << 18;

void AddColumns(const expr::Scalar& scalar, std::set<std::string>* names) {
  for (const expr::Input& input : scalar.inputs()) {
    if (input.leaf == expr::Input::Leaf::kColumn) names->insert(input.name);
  }
}

// What of a source's columns its tables and derived columns read; names may also be derived or event_time and known_at.
std::vector<std::string> ColumnsOf(const features::Source& source, const std::vector<BulkTable*>& tables) {
  std::set<std::string> names = {features::kEventTimeColumn, features::kKnownAtColumn, features::kEventIdColumn,
                                 features::kDeletedColumn};
  for (const BulkTable* table : tables) {
    for (const data::Field& key : table->layout().entity().keys.fields()) names.insert(key.name);
    for (const ArgumentColumn& argument : table->layout().arguments()) AddColumns(*argument.scalar, &names);
    for (const ArgumentColumn& condition : table->layout().conditions()) AddColumns(*condition.scalar, &names);
  }
  for (const features::DerivedColumn& derived : source.derived) {
    AddColumns(derived.checked.scalar, &names);
    for (const expr::FeatureRef& feature : derived.checked.features) {
      for (const auto& [key, scalar] : feature.keys) AddColumns(scalar, &names);
    }
  }
  std::vector<std::string> columns;
  const data::Schema schema = features::EventSchema(source);
  for (const data::Field& field : schema.fields()) {
    if (names.contains(field.name)) columns.push_back(field.name);
  }
  return columns;
}

std::vector<std::string> AllColumns(const features::Source& source) {
  std::vector<std::string> columns;
  const data::Schema schema = features::EventSchema(source);
  for (const data::Field& field : schema.fields()) columns.push_back(field.name);
  return columns;
}

// As CheckEventRows, of the columns that were asked for.
base::Status CheckPiece(const features::Source& source, const std::vector<std::string>& columns,
                        const data::Batch& rows) {
  const data::Schema schema = features::EventSchema(source);
  for (const std::string& name : columns) {
    const data::Column* column = rows.Find(name);
    if (column == nullptr)
      return base::InvalidArgument("Event rows of source {} have no column {}.", source.name, name);
    const data::Type want = schema.Find(name)->type;
    if (column->type() != want) {
      return base::InvalidArgument("Column has the wrong type: {} of source {}, want {}, got {}.", name, source.name,
                                   data::TypeName(want), data::TypeName(column->type()));
    }
    const bool is_required = name == features::kKnownAtColumn || name == features::kEventIdColumn;
    for (size_t row = 0; is_required && column->has_nulls() && row < rows.rows; ++row) {
      if (!column->IsNull(row)) continue;
      return base::InvalidArgument("Event row has no {}: row {} of source {}.", name, row + 1, source.name);
    }
  }
  return {};
}

class BulkDriver : public BatchDriver {
 public:
  BulkDriver(const FeaturePlan& plan, base::Executor& executor, const EngineOptions& options)
      : plan_(plan),
        executor_(executor),
        options_(options),
        memory_(options.memory_bytes, options.files, options.scratch_folder) {}

  base::Status Load(data::EventLog& log) {
    program_ = ViewProgram::ForPlan(plan_, &catalog_);
    AddQueries(*program_);
    for (const features::Source* source : plan_.sources()) {
      derived_.push_back(ViewProgram::ForDerived(*plan_.definitions(), *source, &catalog_));
      AddQueries(*derived_.back());
    }
    catalog_.Seal();
    for (const auto& [call, query] : queries_) query->Seal();
    for (const auto& layout : catalog_.layouts()) {
      const std::string name = fmt::format("table-{}", tables_.size());
      tables_.push_back(std::make_unique<BulkTable>(name, layout.get(), KeysOf(layout->entity().keys), &memory_));
    }
    for (size_t i = 0; i < plan_.sources().size(); ++i) {
      PLUMB_RETURN_IF_ERROR(LoadSource(*plan_.sources()[i], *derived_[i], log));
    }
    return {};
  }

  base::Result<FeatureAnswer> Compute(const FeatureQuery& query) override {
    PLUMB_RETURN_IF_ERROR(CheckQuery(plan_, query));
    FeatureAnswer answer = EmptyAnswer(plan_);
    const size_t rows = query.times.size();
    size_t begin = 0;
    do {
      const size_t count = std::min(kRowsPerPass, rows - begin);
      PLUMB_RETURN_IF_ERROR(ComputePass(query, begin, count, &answer));
      begin += count;
    } while (begin < rows);
    return answer;
  }

 private:
  void AddQueries(const ViewProgram& program) {
    for (const auto& call : program.calls()) {
      if (call->view->is_request()) continue;
      TableLayout* layout = catalog_.layouts()[static_cast<size_t>(call->table)].get();
      queries_[call.get()] = std::make_unique<BulkQuery>(call.get(), layout);
    }
  }

  // Tables with the same types of keys share their words, so that one order of examples serves all.
  BulkKeys* KeysOf(const data::Schema& schema) {
    const auto has_types = [&](const auto& keys) {
      const auto &a = keys->schema().fields(), &b = schema.fields();
      return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                        [](const data::Field& x, const data::Field& y) { return x.type == y.type; });
    };
    const auto found = std::find_if(keys_.begin(), keys_.end(), has_types);
    if (found != keys_.end()) return found->get();
    keys_.push_back(std::make_unique<BulkKeys>(schema));
    return keys_.back().get();
  }

  // One source on its way into its tables.
  struct Loading {
    const features::Source& source;
    const ViewProgram& derived;
    std::vector<BulkTable*> tables;
    std::vector<std::string> columns;
    std::unique_ptr<data::EventReader> reader;
    std::unique_ptr<BulkVersions> versions;  // of sources with ids
  };

  base::Status LoadSource(const features::Source& source, const ViewProgram& derived, data::EventLog& log) {
    Loading loading{source, derived, {}, {}, nullptr, nullptr};
    for (const auto& table : tables_) {
      if (&table->layout().source() == &source) loading.tables.push_back(table.get());
    }
    loading.columns = ColumnsOf(source, loading.tables);
    PLUMB_ASSIGN_OR_RETURN(loading.reader, log.OpenEvents(source.name, loading.columns));
    if (source.has_event_id()) loading.versions = std::make_unique<BulkVersions>();
    for (BulkTable* table : loading.tables) table->Expect(loading.reader->rows());
    PLUMB_RETURN_IF_ERROR(LoadPieces(&loading));
    loading.reader.reset();
    if (loading.versions) PLUMB_RETURN_IF_ERROR(ResolveVersions(&loading, log));
    for (BulkTable* table : loading.tables) {
      PLUMB_RETURN_IF_ERROR(table->Finish(loading.versions.get(), executor_));
    }
    return MakeRoom();
  }

  base::Status ResolveVersions(Loading* loading, data::EventLog& log) {
    std::unique_ptr<data::EventReader> again;
    const auto reread = [&](size_t piece) -> base::Result<data::Batch> {
      if (!again) {
        PLUMB_ASSIGN_OR_RETURN(again, log.OpenEvents(loading->source.name, AllColumns(loading->source)));
      }
      if (piece >= again->pieces()) {
        return base::DataLoss("Events changed while they were read: source {}.", loading->source.name);
      }
      return again->ReadPiece(piece);
    };
    const int64_t bytes = loading->versions->bytes();
    if (memory_.limit() > 0 && bytes > memory_.limit() / 2) {
      constexpr int64_t kMiB = 1 << 20;
      return base::ResourceExhausted("Memory limit is too small: {} MiB, the event ids of source {} need {} MiB.",
                                     memory_.limit() / kMiB, loading->source.name, (2 * bytes + kMiB - 1) / kMiB);
    }
    return loading->versions->Resolve(loading->source, reread, executor_);
  }

  // Tables that are done make way for those to come.
  base::Status MakeRoom() {
    if (!memory_.IsFull()) return {};
    for (const auto& table : tables_) PLUMB_RETURN_IF_ERROR(table->Spill());
    return {};
  }

  // Pieces in parallel; one after the other where derived columns ask tables, which works in parallel itself.
  base::Status LoadPieces(Loading* loading) {
    const size_t pieces = loading->reader->pieces();
    const bool is_serial = loading->derived.has_lookups() || pieces == 1;
    if (is_serial) {
      for (size_t piece = 0; piece < pieces; ++piece) PLUMB_RETURN_IF_ERROR(LoadPiece(loading, piece, executor_));
      return {};
    }
    std::mutex mutex;  // guards status
    base::Status status;
    executor_.ParallelFor(pieces, 1, [&](size_t begin, size_t end) {
      for (size_t piece = begin; piece < end; ++piece) {
        const base::Status loaded = LoadPiece(loading, piece, *serial_);
        const std::lock_guard lock(mutex);
        if (status.ok()) status = loaded;
      }
    });
    return status;
  }

  base::Status LoadPiece(Loading* loading, size_t piece, base::Executor& executor) {
    const features::Source& source = loading->source;
    PLUMB_ASSIGN_OR_RETURN(data::Batch rows, loading->reader->ReadPiece(piece));
    PLUMB_RETURN_IF_ERROR(CheckPiece(source, loading->columns, rows));
    BulkFetcher fetcher(tables_, queries_, memory_, options_.chunk_rows, executor);
    AddDerivedColumns(source, loading->derived, fetcher, &rows, &executor);
    PLUMB_RETURN_IF_ERROR(fetcher.status());
    const uint64_t first_number = RowNumber(piece, 0);
    if (loading->versions) {
      loading->versions->Add(*rows.Find(features::kEventIdColumn), *rows.Find(features::kKnownAtColumn), first_number);
    }
    for (BulkTable* table : loading->tables) {
      PLUMB_RETURN_IF_ERROR(AddRows(rows, first_number, table, executor));
    }
    return {};
  }

  static base::Status AddRows(const data::Batch& rows, uint64_t first_number, BulkTable* table,
                              base::Executor& executor) {
    const EncodedPiece encoded = EncodePiece(table->layout(), rows, first_number, &table->strings());
    const size_t tasks = (rows.rows + kRowsPerTask - 1) / kRowsPerTask;
    std::vector<std::vector<SpreadSegment>> spread(tasks);
    executor.ParallelFor(tasks, 1, [&](size_t begin, size_t end) {
      for (size_t task = begin; task < end; ++task) {
        spread[task] = Spread(table->layout(), encoded, task * kRowsPerTask,
                              std::min(rows.rows, (task + 1) * kRowsPerTask), table->partition_bits(), &table->keys());
      }
    });
    for (auto& segments : spread) PLUMB_RETURN_IF_ERROR(table->Add(std::move(segments)));
    return {};
  }

  base::Status ComputePass(const FeatureQuery& query, size_t begin, size_t count, FeatureAnswer* answer) {
    const data::Batch inputs = RowsOf(plan_, query, begin, count);
    BulkFetcher fetcher(tables_, queries_, memory_, options_.chunk_rows, executor_);
    const std::span<const base::Time> times(query.times.data() + begin, count), cuts(query.cuts.data() + begin, count);
    Evaluation evaluation(
        *program_, fetcher, [&](std::string_view name) { return inputs.Find(name); }, times, cuts, &executor_);
    AppendOutputs(*program_, &evaluation, count, answer);
    return fetcher.status();
  }

  const FeaturePlan plan_;
  base::Executor& executor_;
  const std::unique_ptr<base::Executor> serial_ = base::MakeExecutor(0);
  const EngineOptions options_;
  BulkMemory memory_;
  TableCatalog catalog_;
  std::unique_ptr<ViewProgram> program_;
  std::vector<std::unique_ptr<ViewProgram>> derived_;  // one for each of the plan's sources
  BulkFetcher::Queries queries_;
  std::vector<std::unique_ptr<BulkKeys>> keys_;
  std::vector<std::unique_ptr<BulkTable>> tables_;  // one for each layout of the catalog
};

}  // namespace

base::Result<std::unique_ptr<BatchDriver>> MakeBulkDriver(const FeaturePlan& plan, data::EventLog& log,
                                                          base::Executor& executor, const EngineOptions& options) {
  auto driver = std::make_unique<BulkDriver>(plan, executor, options);
  PLUMB_RETURN_IF_ERROR(driver->Load(log));
  return std::unique_ptr<BatchDriver>(std::move(driver));
}

}  // namespace plumb::engine
