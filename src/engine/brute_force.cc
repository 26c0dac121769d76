#include "engine/brute_force.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "engine/internal/plain_aggregate.h"
#include "engine/internal/plain_events.h"

namespace plumb::engine {

using data::Value;
using features::FeatureId;
using features::Source;
using features::View;
using internal::PlainEvents;

namespace {

// A row that carries an entity's keys, with its times at hand, since every walk asks for them.
struct EntityRow {
  int64_t row = 0;
  base::Time event_time = base::kTimeMax;  // of a row that has none: no window holds it
  base::Time known_at = 0;
  bool counts_once_known = false;  // at every cut after known_at, since nothing supersedes or withdraws it
};
using EntityRows = std::vector<EntityRow>;

}  // namespace

struct BruteForce::State {
  explicit State(FeaturePlan p) : plan(std::move(p)) {}
  FeaturePlan plan;
  std::map<const Source*, PlainEvents> events;
  // For each source view: canonical keys → the rows that carry them, in row order.
  std::map<const View*, std::unordered_map<std::string, EntityRows>> rows_of_entity;

  // Derived values that took a look-up, as found so far by row: they depend on their event alone, and are dear.
  std::mutex derived_mutex;
  std::map<const features::DerivedColumn*, std::unordered_map<int64_t, Value>> derived;
};

// One walk through the definitions. Holds nothing but the events.
class BruteForce::Evaluator {
 public:
  explicit Evaluator(State& state) : state_(state) {}

  // `inputs`: one value for each of view->inputs().
  BruteValue FeatureAt(const FeatureId& id, const std::vector<Value>& inputs, base::Time t, base::Time cut) const {
    return id.view->is_request() ? RequestFeatureAt(id, inputs, t, cut) : SourceFeatureAt(id, inputs, t, cut);
  }

  Value EventValue(const PlainEvents& events, int64_t row, const std::string& name) const {
    const Source& source = events.source();
    const auto at = static_cast<size_t>(row);
    if (const data::Column* declared = events.rows().Find(name)) return declared->At(at);
    for (const features::DerivedColumn& derived : source.derived) {
      if (derived.name == name) return DerivedValue(events, row, derived);
    }
    if (name == "event_time") return events.rows().Find("__event_time")->At(at);
    PLUMB_CHECK(name == "known_at", "A checked expression names a column of the source.");
    return events.rows().Find("__known_at")->At(at);
  }

  // Nothing when a key is null: the row belongs to nobody.
  std::optional<std::string> KeyOfRow(const PlainEvents& events, int64_t row, const View& view) const {
    std::vector<Value> keys;
    keys.reserve(view.entity->keys.size());
    for (const data::Field& key : view.entity->keys.fields()) keys.push_back(EventValue(events, row, key.name));
    return KeyOf(keys);
  }

  // All rows of the view's source, by the keys they carry.
  std::unordered_map<std::string, EntityRows> GroupByKey(const View& view) const {
    const PlainEvents& events = EventsOf(view);
    std::unordered_map<std::string, EntityRows> rows_of_entity;
    for (int64_t row = 0; row < events.size(); ++row) {
      const std::optional<std::string> key = KeyOfRow(events, row, view);
      if (!key) continue;
      const base::Time event_time = events.HasTime(row) ? events.EventTime(row) : base::kTimeMax;
      rows_of_entity[*key].push_back({row, event_time, events.KnownAt(row), events.CountsOnceKnown(row)});
    }
    return rows_of_entity;
  }

  std::vector<ExplainedAggregate> ExplainAggregates(const FeatureId& id, const std::vector<Value>& inputs, base::Time t,
                                                    base::Time cut) const {
    std::vector<ExplainedAggregate> all;
    for (const expr::Aggregate& aggregate : id.feature().checked.aggregates) {
      ExplainedAggregate explained{aggregate.canonical, {}, {}};
      bool error = false;
      explained.value = AggregateOf(aggregate, *id.view, RowsOf(aggregate, *id.view, inputs, t, cut), t, &error);
      for (const int64_t row : ConcernedRows(*id.view, inputs)) {
        explained.events.push_back({row, VerdictFor(aggregate, *id.view, inputs, row, t, cut)});
      }
      if (aggregate.window.last > 0) KeepLast(aggregate, *id.view, &explained.events);
      all.push_back(std::move(explained));
    }
    return all;
  }

 private:
  // What the names in a scalar expression stand for.
  struct Names {
    std::function<Value(const std::string&)> column;
    base::Time t = 0;
    std::vector<Value> aggregates;
    std::vector<uint8_t> aggregate_errors;  // whether each is null because of an overflow
    std::vector<Value> features;
  };

  // Sets *error after an overflow, and leaves it alone otherwise.
  static Value ScalarAt(const expr::Scalar& scalar, const Names& names, bool* error) {
    std::vector<Value> inputs;
    std::vector<uint8_t> input_errors(scalar.inputs().size(), 0);
    for (const expr::Input& input : scalar.inputs()) {
      switch (input.leaf) {
        case expr::Input::Leaf::kColumn:
          inputs.push_back(names.column(input.name));
          break;
        case expr::Input::Leaf::kTime:
          inputs.push_back(Value::Timestamp(names.t));
          break;
        case expr::Input::Leaf::kAggregate:
          input_errors[inputs.size()] = names.aggregate_errors[static_cast<size_t>(input.index)];
          inputs.push_back(names.aggregates[static_cast<size_t>(input.index)]);
          break;
        case expr::Input::Leaf::kFeature:
          inputs.push_back(names.features[static_cast<size_t>(input.index)]);
          break;
      }
    }
    bool is_error = false;
    Value value = scalar.EvaluateRow(inputs, &is_error, input_errors);
    if (is_error && error != nullptr) *error = true;
    return value;
  }

  // The features that an expression looks up, at the t and cut given.
  std::vector<Value> LookUps(const expr::Checked& checked, const Names& names, base::Time t, base::Time cut) const {
    std::vector<Value> values;
    for (const expr::FeatureRef& ref : checked.features) {
      std::vector<Value> keys;
      for (const auto& [name, key] : ref.keys) keys.push_back(ScalarAt(key, names, nullptr));
      values.push_back(FeatureAt(state_.plan.definitions()->Resolve(ref), keys, t, cut).value);
    }
    return values;
  }

  Names InputNames(const View& view, const std::vector<Value>& inputs, base::Time t) const {
    Names names;
    names.t = t;
    names.column = [&view, &inputs](const std::string& name) {
      return inputs[static_cast<size_t>(view.inputs().IndexOf(name))];
    };
    return names;
  }

  // ---- Features ----

  BruteValue RequestFeatureAt(const FeatureId& id, const std::vector<Value>& inputs, base::Time t,
                              base::Time cut) const {
    const expr::Checked& checked = id.feature().checked;
    Names names = InputNames(*id.view, inputs, t);
    names.features = LookUps(checked, names, t, cut);
    bool error = false;
    Value value = ScalarAt(checked.scalar, names, &error);
    const FeatureStatus status = StatusOf(value, error);
    return {std::move(value), status};
  }

  BruteValue SourceFeatureAt(const FeatureId& id, const std::vector<Value>& keys, base::Time t, base::Time cut) const {
    const features::Feature& feature = id.feature();
    if (!KeyOf(keys)) return {Value::Null(feature.type), FeatureStatus::kNullKey};
    std::vector<std::vector<int64_t>> rows;  // for each aggregate, those that count
    for (const expr::Aggregate& aggregate : feature.checked.aggregates) {
      rows.push_back(RowsOf(aggregate, *id.view, keys, t, cut));
    }
    if (IsHidden(id, rows, t)) return {Value::Null(feature.type), FeatureStatus::kOutsideMaxAge};
    const EntityRows& of_entity = RowsOfEntity(*id.view, keys);
    const bool is_found =
        std::any_of(of_entity.begin(), of_entity.end(), [&](const EntityRow& of) { return Counts(*id.view, of, cut); });
    Names names = InputNames(*id.view, keys, t);
    for (size_t i = 0; i < rows.size(); ++i) {
      bool is_error = false;
      names.aggregates.push_back(
          AggregateOf(feature.checked.aggregates[i], *id.view, std::move(rows[i]), t, &is_error));
      names.aggregate_errors.push_back(is_error ? 1 : 0);
    }
    bool error = false;
    names.features = LookUps(feature.checked, names, t, cut);
    Value value = ScalarAt(feature.checked.scalar, names, &error);
    const FeatureStatus status = is_found ? StatusOf(value, error) : FeatureStatus::kNotFound;
    return {std::move(value), status};
  }

  static FeatureStatus StatusOf(const Value& value, bool error) {
    if (error) return FeatureStatus::kError;
    return value.is_null() ? FeatureStatus::kNull : FeatureStatus::kPresent;
  }

  // max_age: a lifetime aggregate speaks of its newest event; when that is too old, it says nothing.
  bool IsHidden(const FeatureId& id, const std::vector<std::vector<int64_t>>& rows, base::Time t) const {
    if (!id.view->max_age) return false;
    const PlainEvents& events = EventsOf(*id.view);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!id.feature().checked.aggregates[i].window.lifetime || rows[i].empty()) continue;
      base::Time newest = base::kTimeMin;
      for (const int64_t row : rows[i]) newest = std::max(newest, events.EventTime(row));
      if (newest < base::Move(t, *id.view->max_age, -1)) return true;
    }
    return false;
  }

  // ---- Events ----

  const PlainEvents& EventsOf(const View& view) const { return state_.events.at(view.source); }

  static std::optional<std::string> KeyOf(const std::vector<Value>& keys) {
    std::string encoding;
    for (const Value& key : keys) {
      if (key.is_null()) return std::nullopt;
      data::AppendCanonical(key, &encoding);
    }
    return encoding;
  }

  // All rows with these keys, whether they count or not.
  const EntityRows& RowsOfEntity(const View& view, const std::vector<Value>& keys) const {
    static const auto& none = *new EntityRows;
    const std::optional<std::string> key = KeyOf(keys);
    const auto& rows = state_.rows_of_entity.at(&view);
    const auto found = key ? rows.find(*key) : rows.end();
    return found == rows.end() ? none : found->second;
  }

  // Whether the row is an event at the cut, whatever its event_time.
  bool Counts(const View& view, const EntityRow& of, base::Time cut) const {
    if (of.known_at >= cut) return false;
    return of.counts_once_known || EventsOf(view).VersionVerdict(of.row, cut) == EventVerdict::kUsed;
  }

  Names EventNames(const PlainEvents& events, int64_t row) const {
    Names names;
    names.column = [this, &events, row](const std::string& name) { return EventValue(events, row, name); };
    return names;
  }

  bool IsWhereTrue(const expr::Scalar& condition, const PlainEvents& events, int64_t row) const {
    const Value where = ScalarAt(condition, EventNames(events, row), nullptr);
    return !where.is_null() && where.AsBool();
  }

  // Of the rows of an entity, those that count for the aggregate at (t, cut): in the window, an event, and not
  // filtered.
  std::vector<int64_t> RowsOf(const expr::Aggregate& aggregate, const View& view, const std::vector<Value>& keys,
                              base::Time t, base::Time cut) const {
    const PlainEvents& events = EventsOf(view);
    const internal::WindowBounds bounds = internal::BoundsOf(aggregate.window, t);
    std::vector<int64_t> rows;
    for (const EntityRow& of : RowsOfEntity(view, keys)) {
      if (bounds.Holds(of.event_time) && Counts(view, of, cut)) rows.push_back(of.row);
    }
    if (aggregate.where) std::erase_if(rows, [&](int64_t row) { return !IsWhereTrue(*aggregate.where, events, row); });
    return rows;
  }

  // Only events at the earliest (latest) event_time can be the first (last): of the others no value is needed.
  static void KeepExtremes(const expr::Aggregate& aggregate, const PlainEvents& events, std::vector<int64_t>* rows) {
    const bool is_last = aggregate.function == expr::AggregateFunction::kLast;
    if (rows->empty() || (!is_last && aggregate.function != expr::AggregateFunction::kFirst)) return;
    if (aggregate.n > 0 || aggregate.window.last > 0) return;
    base::Time extreme = events.EventTime(rows->front());
    for (const int64_t row : *rows) {
      extreme = is_last ? std::max(extreme, events.EventTime(row)) : std::min(extreme, events.EventTime(row));
    }
    std::erase_if(*rows, [&](int64_t row) { return events.EventTime(row) != extreme; });
  }

  std::vector<internal::PlainEvent> PlainEventsOf(const expr::Aggregate& aggregate, const View& view,
                                                  const std::vector<int64_t>& rows) const {
    const PlainEvents& events = EventsOf(view);
    std::vector<internal::PlainEvent> used;
    for (const int64_t row : rows) {
      internal::PlainEvent event{events.EventTime(row), events.KnownAt(row), events.EventId(row), {}, row};
      if (aggregate.argument) event.argument = ScalarAt(*aggregate.argument, EventNames(events, row), nullptr);
      used.push_back(std::move(event));
    }
    return used;
  }

  // The fold of the rows that count.
  Value AggregateOf(const expr::Aggregate& aggregate, const View& view, std::vector<int64_t> rows, base::Time t,
                    bool* error) const {
    KeepExtremes(aggregate, EventsOf(view), &rows);
    return internal::FoldAggregate(aggregate, t, PlainEventsOf(aggregate, view, rows), error);
  }

  // A derived column sees what was known when its event had happened and was known, whichever came first.
  Value DerivedValue(const PlainEvents& events, int64_t row, const features::DerivedColumn& derived) const {
    Names names = EventNames(events, row);
    if (derived.checked.features.empty()) return ScalarAt(derived.checked.scalar, names, nullptr);
    {
      const std::lock_guard lock(state_.derived_mutex);
      const auto& values = state_.derived[&derived];
      if (const auto found = values.find(row); found != values.end()) return found->second;
    }
    const base::Time known_at = events.KnownAt(row);
    const base::Time at = events.HasTime(row) ? std::min(events.EventTime(row), known_at) : known_at;
    names.features = LookUps(derived.checked, names, at, at);
    Value value = ScalarAt(derived.checked.scalar, names, nullptr);
    const std::lock_guard lock(state_.derived_mutex);
    return state_.derived[&derived].emplace(row, std::move(value)).first->second;
  }

  // ---- Why ----

  std::vector<int64_t> ConcernedRows(const View& view, const std::vector<Value>& keys) const {
    const PlainEvents& events = EventsOf(view);
    std::set<int64_t> concerned;
    for (const EntityRow& of : RowsOfEntity(view, keys)) {
      for (const int64_t version : events.Versions(of.row)) concerned.insert(version);
    }
    std::vector<int64_t> rows(concerned.begin(), concerned.end());
    const auto time = [&](int64_t row) { return events.HasTime(row) ? events.EventTime(row) : base::kTimeMax; };
    std::sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) {
      return std::tuple(time(a), events.KnownAt(a), a) < std::tuple(time(b), events.KnownAt(b), b);
    });
    return rows;
  }

  // Of a window of the last n events, those before them are outside.
  void KeepLast(const expr::Aggregate& aggregate, const View& view, std::vector<ExplainedEvent>* events) const {
    std::vector<int64_t> rows;
    for (const ExplainedEvent& event : *events) {
      if (event.verdict == EventVerdict::kUsed) rows.push_back(event.row);
    }
    std::vector<internal::PlainEvent> used = PlainEventsOf(aggregate, view, rows);
    internal::OrderEvents(aggregate, &used);
    std::set<int64_t> kept;
    for (const internal::PlainEvent& event : used) kept.insert(event.row);
    for (ExplainedEvent& event : *events) {
      if (event.verdict == EventVerdict::kUsed && !kept.contains(event.row))
        event.verdict = EventVerdict::kOutsideWindow;
    }
  }

  EventVerdict VerdictFor(const expr::Aggregate& aggregate, const View& view, const std::vector<Value>& keys,
                          int64_t row, base::Time t, base::Time cut) const {
    const PlainEvents& events = EventsOf(view);
    const EventVerdict version = events.VersionVerdict(row, cut);
    if (version != EventVerdict::kUsed) return version;
    if (KeyOfRow(events, row, view) != KeyOf(keys)) return EventVerdict::kOtherEntity;
    if (!internal::BoundsOf(aggregate.window, t).Holds(events.EventTime(row))) return EventVerdict::kOutsideWindow;
    const bool is_used = !aggregate.where || IsWhereTrue(*aggregate.where, events, row);
    return is_used ? EventVerdict::kUsed : EventVerdict::kFiltered;
  }

  State& state_;  // only its cache changes
};

namespace {

// The inputs of a view out of those of a plan.
base::Result<std::vector<Value>> ViewInputs(const FeaturePlan& plan, const FeatureId& feature,
                                            const std::vector<Value>& inputs) {
  const auto& views = plan.views();
  if (std::find(views.begin(), views.end(), feature.view) == views.end()) {
    return base::InvalidArgument("Feature is not in the plan: {}.",
                                 feature.view == nullptr ? "none" : feature.ToString());
  }
  if (inputs.size() != plan.inputs().size()) {
    return base::InvalidArgument("Inputs are not those of the plan: want {}, got {}.", plan.inputs().size(),
                                 inputs.size());
  }
  std::vector<Value> values;
  for (const data::Field& field : feature.view->inputs().fields()) {
    const int index = plan.inputs().IndexOf(field.name);
    if (index < 0) return base::InvalidArgument("Plan has no input {} for feature {}.", field.name, feature.ToString());
    const Value& value = inputs[static_cast<size_t>(index)];
    if (!value.is_null() && value.type() != field.type) {
      return base::InvalidArgument("Input has the wrong type: {}, want {}, got {}.", field.name,
                                   data::TypeName(field.type), data::TypeName(value.type()));
    }
    values.push_back(value.is_null() ? Value::Null(field.type) : value);
  }
  return values;
}

base::Status CheckQuery(const FeaturePlan& plan, const FeatureQuery& query) {
  const size_t rows = query.inputs == nullptr ? 0 : query.inputs->rows;
  if (query.inputs == nullptr || query.times.size() != rows || query.cuts.size() != rows) {
    return base::InvalidArgument("Query has not one time and one cut for each row: {} rows, {} times, {} cuts.", rows,
                                 query.times.size(), query.cuts.size());
  }
  for (const data::Field& field : plan.inputs().fields()) {
    const data::Column* column = query.inputs->Find(field.name);
    if (column == nullptr) return base::InvalidArgument("Input is missing: {}.", field.name);
    if (column->type() != field.type) {
      return base::InvalidArgument("Input has the wrong type: {}, want {}, got {}.", field.name,
                                   data::TypeName(field.type), data::TypeName(column->type()));
    }
  }
  return base::Status();
}

}  // namespace

const char* EventVerdictName(EventVerdict verdict) {
  switch (verdict) {
    case EventVerdict::kUsed:
      return "used";
    case EventVerdict::kOutsideWindow:
      return "outside window";
    case EventVerdict::kNotYetKnown:
      return "not yet known";
    case EventVerdict::kFiltered:
      return "filtered";
    case EventVerdict::kSuperseded:
      return "superseded";
    case EventVerdict::kDeleted:
      return "deleted";
    case EventVerdict::kConflicting:
      return "conflicting";
    case EventVerdict::kNoTime:
      return "no event_time";
    case EventVerdict::kOtherEntity:
      return "other entity";
  }
  return "unknown";
}

base::Result<BruteForce> BruteForce::Make(const FeaturePlan& plan, data::EventLog& log) {
  auto state = std::make_shared<State>(plan);
  for (const Source* source : plan.sources()) {
    PLUMB_ASSIGN_OR_RETURN(const data::Batch rows, log.ReadEvents(source->name));
    PLUMB_ASSIGN_OR_RETURN(PlainEvents events, PlainEvents::Make(*source, rows));
    state->events.emplace(source, std::move(events));
  }
  // A key may be a derived column that looks into an earlier view: views come in dependency order.
  for (const View* view : state->plan.views()) {
    if (view->is_request()) continue;
    state->rows_of_entity[view] = Evaluator(*state).GroupByKey(*view);
  }
  BruteForce brute_force;
  brute_force.state_ = std::move(state);
  return brute_force;
}

base::Result<BruteValue> BruteForce::Evaluate(FeatureId feature, const std::vector<Value>& inputs, base::Time t,
                                              base::Time cut) const {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Value> own, ViewInputs(state_->plan, feature, inputs));
  return Evaluator(*state_).FeatureAt(feature, own, t, cut);
}

base::Result<FeatureAnswer> BruteForce::EvaluateAll(const FeatureQuery& query) const {
  const FeaturePlan& plan = state_->plan;
  PLUMB_RETURN_IF_ERROR(CheckQuery(plan, query));
  FeatureAnswer answer;
  answer.values = data::Batch(plan.output_schema());
  answer.values.rows = query.inputs->rows;
  answer.statuses.resize(plan.outputs().size());
  for (size_t row = 0; row < query.inputs->rows; ++row) {
    std::vector<Value> inputs;
    for (const data::Field& field : plan.inputs().fields()) inputs.push_back(query.inputs->Find(field.name)->At(row));
    for (size_t i = 0; i < plan.outputs().size(); ++i) {
      PLUMB_ASSIGN_OR_RETURN(const BruteValue value,
                             Evaluate(plan.outputs()[i], inputs, query.times[row], query.cuts[row]));
      answer.values.columns[i].Append(value.value);
      answer.statuses[i].push_back(value.status);
    }
  }
  return answer;
}

base::Result<Explanation> BruteForce::Explain(FeatureId feature, const std::vector<Value>& inputs, base::Time t,
                                              base::Time cut) const {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Value> own, ViewInputs(state_->plan, feature, inputs));
  const Evaluator evaluator(*state_);
  const BruteValue value = evaluator.FeatureAt(feature, own, t, cut);
  Explanation explanation{value.value, value.status, {}};
  if (value.status != FeatureStatus::kNullKey)
    explanation.aggregates = evaluator.ExplainAggregates(feature, own, t, cut);
  return explanation;
}

const data::Batch& BruteForce::EventRows(const Source& source) const { return state_->events.at(&source).rows(); }

data::Value BruteForce::EventValue(const Source& source, int64_t row, const std::string& column) const {
  return Evaluator(*state_).EventValue(state_->events.at(&source), row, column);
}

}  // namespace plumb::engine
