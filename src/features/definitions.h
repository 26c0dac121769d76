// definitions.h: what the features of a project mean: sources, entities and views, checked and linked.
//
// Loaded once from the project's text; everything that could be wrong is found here, before anything runs. Later code
// works with pointers and numbers that cannot dangle: a Definitions is immutable and shared.
//
// Identity: a feature's identity is the SHA-256 of what it means (canonical expression, window, source meaning, entity
// mapping, upstream identities). Owner, description and sla change nothing.
//
// Thread safety: immutable.
#pragma once

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

// Rows with times. known_at = the column, or event_time + available_after, or event_time.
struct Source {
  std::string name;
  base::Position position;
  std::vector<std::string> paths;       // relative to the project; may hold patterns; empty: fed by push only
  data::TableFormat format;             // null tokens, timestamp formats
  data::Schema columns;                 // declared
  std::string event_time;               // a declared timestamp column
  std::optional<std::string> known_at;  // a declared timestamp column
  std::optional<base::Span> available_after;
  std::string event_id;                 // a declared column, or empty: every row is an event
  std::optional<expr::Scalar> deleted;  // bool over declared columns
  bool skip_null_time = false;          // rows without event_time are left out instead of refused
  std::vector<DerivedColumn> derived;   // each uses only earlier ones
  data::Schema all_columns;             // declared, then derived
  std::string description, owner;
  std::string identity;
};

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
  std::string description;
};

struct View {
  std::string name;
  base::Position position;
  const Entity* entity = nullptr;  // source view
  const Source* source = nullptr;  // source view
  data::Schema request;            // request view: its fields
  std::optional<base::Span> max_age;
  std::vector<Feature> features;
  std::string description, owner;
  [[nodiscard]] bool is_request() const { return source == nullptr; }
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
  std::vector<std::unique_ptr<View>> views_;
  std::vector<base::SourceTextPtr> texts_;
};
using DefinitionsPtr = std::shared_ptr<const Definitions>;

// Reads the sections sources, entities and feature_views. Null after an error; warnings may remain in `diagnostics`.
DefinitionsPtr LoadDefinitions(const base::ProjectTree& tree, base::Diagnostics* diagnostics);

// Definitions that hold those of `base` and one more view named "query" with a single feature "value": for plumb query,
// why and feature tests. `name` is the text's name in error messages ("<query>").
DefinitionsPtr WithQuery(const DefinitionsPtr& base, const std::string& name, const std::string& query,
                         base::Diagnostics* diagnostics);

}  // namespace plumb::features
