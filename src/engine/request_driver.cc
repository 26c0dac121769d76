#include "engine/request_driver.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "engine/query_rows.h"
#include "engine/source_state.h"
#include "features/events.h"

namespace plumb::engine {
namespace {

// Answers from live state, each entity under its lock. Rows of one key, time and cut are fetched once.
class LiveFetcher : public AggregateFetcher {
 public:
  explicit LiveFetcher(const std::vector<std::unique_ptr<EntityTable>>& tables) : tables_(tables) {}

  void Fetch(const FetchRequest& request, FetchedRows* out) override {
    const EntityTable& table = *tables_[static_cast<size_t>(request.call->table)];
    const size_t rows = request.times.size();
    std::unordered_map<std::string, size_t, BytesHash, BytesEqual> row_of;
    std::string key;
    for (size_t row = 0; row < rows; ++row) {
      const bool is_known = EncodeKey(request.keys, row, &key);
      if (!is_known) out->is_null_key[row] = 1;
      const size_t key_bytes = key.size();
      if (rows > 1) {
        if (!is_known) key.assign("null");  // Shorter than any key.
        AppendTimes(request, row, &key);
        const auto [found, is_new] = row_of.emplace(key, row);
        if (!is_new) {
          out->CopyRow(found->second, row);
          continue;
        }
      }
      if (!is_known) {
        FetchRow(*request.call, nullptr, request.times[row], request.cuts[row], row, &scratch_, &cells_, out);
        continue;
      }
      table.Read(std::string_view(key).substr(0, key_bytes), [&](const EntityState* state) {
        FetchRow(*request.call, state, request.times[row], request.cuts[row], row, &scratch_, &cells_, out);
      });
    }
  }

 private:
  static void AppendTimes(const FetchRequest& request, size_t row, std::string* key) {
    key->append(reinterpret_cast<const char*>(&request.times[row]), sizeof(base::Time));
    key->append(reinterpret_cast<const char*>(&request.cuts[row]), sizeof(base::Time));
  }

  const std::vector<std::unique_ptr<EntityTable>>& tables_;
  QueryScratch scratch_;
  std::vector<Cell> cells_;
};

class RequestDriverImpl : public RequestDriver {
 public:
  explicit RequestDriverImpl(const EngineOptions& options) : options_(options) {}

  void Prepare(const std::vector<const FeaturePlan*>& plans) {
    for (const FeaturePlan* plan : plans) {
      if (programs_.contains(plan)) continue;
      plans_.push_back(std::make_unique<FeaturePlan>(*plan));
      programs_[plan] = {plans_.back().get(), ViewProgram::ForPlan(*plans_.back(), &catalog_)};
    }
    for (const auto& plan : plans_) AddSources(*plan);
    catalog_.Seal();
    for (const auto& layout : catalog_.layouts()) {
      tables_.push_back(std::make_unique<EntityTable>(layout.get(), options_.chunk_rows));
    }
    for (size_t i = 0; i < used_sources_.size(); ++i) {
      std::vector<EntityTable*> tables;
      for (const auto& table : tables_) {
        if (IsSameSource(table->layout().source(), *used_sources_[i])) tables.push_back(table.get());
      }
      sources_.push_back(std::make_unique<SourceState>(used_sources_[i], derived_[i].get(), std::move(tables)));
    }
  }

  base::Status Fill(data::EventLog& log) override {
    for (const auto& source : sources_) {
      PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, log.ReadEvents(source->source().name));
      PLUMB_RETURN_IF_ERROR(Apply(source->source(), rows));
    }
    return {};
  }

  base::Status Apply(const features::Source& source, const data::Batch& rows) override {
    const std::lock_guard lock(writer_);
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (!IsSameSource(sources_[i]->source(), source)) continue;
      PLUMB_RETURN_IF_ERROR(CheckEventRows(source, rows));
      if (rows.rows == 0) return {};
      LiveFetcher fetcher(tables_);
      sources_[i]->Apply(rows, fetcher);
      const data::Column& known_at = *rows.Find(features::kKnownAtColumn);
      PropagateFrom(i, *std::min_element(known_at.int_data(), known_at.int_data() + rows.rows), fetcher);
      return {};
    }
    return {};  // No plan asks for it.
  }

  base::Result<FeatureAnswer> Compute(const FeaturePlan& plan, const FeatureQuery& query) override {
    const auto found = programs_.find(&plan);
    if (found == programs_.end()) return base::InvalidArgument("The driver was not made for this plan.");
    PLUMB_RETURN_IF_ERROR(CheckQuery(plan, query));
    LiveFetcher fetcher(tables_);
    Evaluation evaluation(
        *found->second.program, fetcher, [&](std::string_view name) { return query.inputs->Find(name); }, query.times,
        query.cuts);
    FeatureAnswer answer = EmptyAnswer(plan);
    AppendOutputs(*found->second.program, &evaluation, query.times.size(), &answer);
    return answer;
  }

  [[nodiscard]] int64_t entities() const override {
    int64_t count = 0;
    for (const auto& table : tables_) count += table->entities();
    return count;
  }

  [[nodiscard]] int64_t events() const override {
    const std::lock_guard lock(writer_);
    int64_t count = 0;
    for (const auto& source : sources_) count += source->events();
    return count;
  }

 private:
  struct PlanProgram {
    const FeaturePlan* plan = nullptr;
    std::unique_ptr<ViewProgram> program;
  };

  // Sources come in dependency order within a plan, so an earlier one never needs a later one.
  void AddSources(const FeaturePlan& plan) {
    for (const features::Source* source : plan.sources()) {
      const auto is_same = [&](const features::Source* used) { return IsSameSource(*used, *source); };
      if (std::any_of(used_sources_.begin(), used_sources_.end(), is_same)) continue;
      used_sources_.push_back(source);
      derived_.push_back(ViewProgram::ForDerived(*plan.definitions(), *source, &catalog_));
    }
  }

  [[nodiscard]] static bool LooksUp(const SourceState& state, const features::Source& source) {
    for (const auto& call : state.derived().calls()) {
      if (!call->view->is_request() && IsSameSource(*call->view->source, source)) return true;
    }
    return false;
  }

  // Rows whose derived columns looked at the source before it had these events look again, and so on up.
  void PropagateFrom(size_t changed, base::Time known_at, AggregateFetcher& fetcher) {
    std::vector<base::Time> changed_since(sources_.size(), base::kTimeMax);
    changed_since[changed] = known_at;
    for (size_t i = 0; i < sources_.size(); ++i) {
      base::Time since = base::kTimeMax;
      for (size_t j = 0; j < sources_.size(); ++j) {
        if (changed_since[j] != base::kTimeMax && LooksUp(*sources_[i], sources_[j]->source())) {
          since = std::min(since, changed_since[j]);
        }
      }
      if (since == base::kTimeMax) continue;
      changed_since[i] = std::min(changed_since[i], sources_[i]->Rederive(since, fetcher));
    }
  }

  const EngineOptions options_;
  std::vector<std::unique_ptr<FeaturePlan>> plans_;
  std::map<const FeaturePlan*, PlanProgram> programs_;
  TableCatalog catalog_;
  std::vector<const features::Source*> used_sources_;
  std::vector<std::unique_ptr<ViewProgram>> derived_;  // for each of used_sources_
  std::vector<std::unique_ptr<EntityTable>> tables_;   // for each layout of the catalog
  mutable std::mutex writer_;                          // guards sources_ and writing to tables_
  std::vector<std::unique_ptr<SourceState>> sources_;  // for each of used_sources_
};

}  // namespace

base::Result<std::unique_ptr<RequestDriver>> RequestDriver::Make(const std::vector<const FeaturePlan*>& plans,
                                                                 const EngineOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  auto driver = std::make_unique<RequestDriverImpl>(options);
  driver->Prepare(plans);
  return std::unique_ptr<RequestDriver>(std::move(driver));
}

}  // namespace plumb::engine
