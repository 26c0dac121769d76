// definitions.h: what the features of a project mean: sources, entities and views, checked and linked.
//
// Loaded once from the project's text; everything that could be wrong is found here, before anything runs. Later code
// works with pointers and numbers that cannot dangle: a Definitions is immutable and shared.
//
// Two kinds of source. Of `kind: events` every row is an event. Of `kind: table` every row is a version of the row of
// its key, from `valid_from` on; a column named outside an aggregate then means the value in the row valid at t, which
// is the aggregate last(column) over lifetime and nothing else from here on.
//
// Identity: an aggregate's identity is the SHA-256 of what it means (source meaning and row checks, entity mapping,
// canonical text with its window, function version, upstream identities): it names stored state. A feature's identity
// is made of its expression and those of its aggregates. Owner, description, tags and sla change nothing.
//
// Thread safety: immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/project_tree.h"
#include "base/time.h"
#include "data/table_file.h"
#include "data/type.h"
#include "expr/checked.h"

namespace plumb::features {

struct DerivedColumn {
  std::string name;
  base::Position position;
  expr::Checked
      checked;  // over declared columns and earlier derived ones; features of other views at min(event_time, known_at)
};

enum class CheckSeverity {
  kWarn,   // counted and reported
  kError,  // of a row: removed; of a set: the ingest or pipeline step that checks it fails
};

// What has to hold of every row. A row fails only where it is false; null passes, a delete is exempt.
struct RowCheck {
  std::string name;  // as given, or the text
  base::Position position;
  std::string text;  // as written
  CheckSeverity severity = CheckSeverity::kError;
  expr::Scalar expect;  // bool over declared columns
};

// What has to hold of a source as a whole. It alerts or gates, and never removes rows.
struct SetCheck {
  enum class Kind {
    kFreshness,  // the newest known event is at most `age` old
    kRows,       // an ingest brings at least rows_min and at most rows_max rows
    kUnique,     // no two events share the values of `columns`
    kDrift,      // the population stability index of columns[0] is at most `limit`
    kNullShare,  // at most the share `limit` of columns[0] is null
  };
  Kind kind = Kind::kFreshness;
  std::string name;  // as given, or the canonical text
  base::Position position;
  CheckSeverity severity = CheckSeverity::kError;
  base::Span age;
  int64_t rows_min = 0;
  std::optional<int64_t> rows_max;
  std::vector<std::string> columns;  // declared
  double limit = 0;
  std::string canonical;  // "freshness 2h", "rows 1 to 1000", "unique a, b", "drift x psi 0.2", "null_share x max 0.1"
};

// What is said about a declared column and changes no value.
struct ColumnNote {
  std::string description;
  bool pii = false;  // about a person
  std::vector<std::string> tags;
};

// Rows with times. known_at = the column, or event_time + available_after, or event_time. Rows of a static table have
// no times: they are known always (kStaticTime in events.h).
struct Source {
  enum class Kind { kEvents, kTable };
  std::string name;
  base::Position position;
  Kind kind = Kind::kEvents;
  std::vector<std::string> paths;           // relative to the project; may hold patterns; empty: fed by push only
  data::TableFormat format;                 // null tokens, timestamp formats
  data::Schema columns;                     // declared
  std::map<std::string, ColumnNote> notes;  // of declared columns; only those that have something to say
  std::vector<std::string> key;             // table: the columns of its primary key; at least one, no float64
  bool is_static = false;                   // table: without times
  std::string event_time;               // a declared timestamp column, of a table its valid_from; empty if is_static
  std::optional<std::string> known_at;  // a declared timestamp column
  std::optional<base::Span> available_after;
  std::optional<base::Span> interval;   // how often rows come
  std::string event_id;                 // a declared column, or empty: every row is an event (or a table's version)
  std::optional<expr::Scalar> deleted;  // bool over declared columns
  bool skip_null_time = false;          // rows without event_time are left out instead of refused
  std::vector<RowCheck> row_checks;     // in file order
  std::vector<SetCheck> set_checks;     // in file order
  std::vector<DerivedColumn> derived;   // each uses only earlier ones
  data::Schema all_columns;             // declared, then derived
  std::string description, owner;
  std::vector<std::string> tags;
  std::string identity;
  // Of what decides which event rows there are: kind, times, ids, declared columns, row checks of severity error. Not
  // of derived columns, which are computed when events are loaded.
  std::string rows_identity;

  [[nodiscard]] bool is_table() const { return kind == Kind::kTable; }
  // Whether events have an identity, so that later rows correct earlier ones: __event_id is among their columns.
  [[nodiscard]] bool has_event_id() const { return is_table() || !event_id.empty(); }
  // Whether a delete withdraws its event: __deleted is among the columns. Of a table it is a version without values.
  [[nodiscard]] bool has_withdrawals() const { return !is_table() && deleted.has_value(); }
  [[nodiscard]] bool IsPii(const std::string& column) const;
};

// The entity of global views has no name and no keys, and is not among Definitions::entities().
struct Entity {
  std::string name;
  base::Position position;
  data::Schema keys;  // at least one; no float64
  std::string description;
};

struct Feature {
  std::string name;
  base::Position position;
  std::string text;  // as written
  expr::Checked checked;
  data::Type type;
  std::string identity;
  std::vector<std::string> aggregate_identities;  // one for each of checked.aggregates
  std::string description;
};

// What is promised of a view. It changes no value.
struct ServiceLevel {
  std::optional<base::Span> freshness, latency_p99;
};

struct View {
  std::string name;
  base::Position position;
  const Entity* entity = nullptr;  // source view; of a global view the entity without keys
  const Source* source = nullptr;  // source view
  data::Schema request;            // request view: its fields
  std::optional<base::Span> max_age;
  std::vector<Feature> features;
  ServiceLevel sla;
  std::string description, owner;
  std::vector<std::string> tags;
  bool pii = false;      // its features say something about a person
  std::string identity;  // of its inputs and its features by name
  [[nodiscard]] bool is_request() const { return source == nullptr; }
  // One value for all events of the source.
  [[nodiscard]] bool is_global() const { return source != nullptr && entity->keys.size() == 0; }
  // Of all aggregates of its features, sorted, each once: the state that the view needs.
  [[nodiscard]] std::vector<std::string> AggregateIdentities() const;
  // Entity keys, or request fields.
  [[nodiscard]] const data::Schema& inputs() const { return is_request() ? request : entity->keys; }
  [[nodiscard]] int IndexOf(std::string_view feature) const;  // or -1
};

// Points at one feature of a Definitions.
struct FeatureId {
  const View* view = nullptr;
  int index = -1;
  [[nodiscard]] const Feature& feature() const { return view->features[static_cast<size_t>(index)]; }
  [[nodiscard]] std::string ToString() const { return view->name + "." + feature().name; }
  friend bool operator==(const FeatureId&, const FeatureId&) = default;
};

class Definitions {
 public:
  [[nodiscard]] const std::vector<std::unique_ptr<Source>>& sources() const { return sources_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Entity>>& entities() const { return entities_; }
  // In dependency order: a view only uses earlier ones (also through its source's derived columns).
  [[nodiscard]] const std::vector<std::unique_ptr<View>>& views() const { return views_; }
  [[nodiscard]] const Source* FindSource(std::string_view name) const;
  [[nodiscard]] const Entity* FindEntity(std::string_view name) const;
  [[nodiscard]] const View* FindView(std::string_view name) const;
  // The target of a look-up. Requires: checked against these definitions.
  [[nodiscard]] FeatureId Resolve(const expr::FeatureRef& ref) const;

  // "view.feature" or "view.*" patterns → features in order, each once. Mistakes go to `diagnostics` at `position`.
  std::vector<FeatureId> Select(const std::vector<std::string>& patterns, const base::Position& position,
                                base::Diagnostics* diagnostics) const;

  // The project's texts these were made of: stored with a model version, so that they can be loaded again.
  [[nodiscard]] const std::vector<base::SourceTextPtr>& texts() const { return texts_; }

 private:
  friend class DefinitionsLoader;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Entity>> entities_;
  std::unique_ptr<Entity> global_;
  std::vector<std::unique_ptr<View>> views_;
  std::vector<base::SourceTextPtr> texts_;
};
using DefinitionsPtr = std::shared_ptr<const Definitions>;

// Reads the sections sources, entities and feature_views. Null after an error; warnings may remain in `diagnostics`.
DefinitionsPtr LoadDefinitions(const base::ProjectTree& tree, base::Diagnostics* diagnostics);

// Definitions that hold those of `base` and one more view named "query" with a single feature "value": for plumb query,
// why and feature tests. A query without `of` makes a global view. `name` is the text's name in error messages
// ("<query>").
DefinitionsPtr WithQuery(const DefinitionsPtr& base, const std::string& name, const std::string& query,
                         base::Diagnostics* diagnostics);

}  // namespace plumb::features
