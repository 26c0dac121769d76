// section_reader.h: entries of the sections sources, entities and feature_views, read but not yet linked or
// type-checked.
//
// What one entry says by itself is checked here: keys, types, times, names. What needs the other entries is the
// loader's. A mistake leaves the entry with what could be read, and marks what cannot be relied on, so that checking
// goes on without complaining twice about one mistake.
//
// Thread safety: functions of their arguments.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "features/definitions.h"
#include "features/internal/expression_reader.h"

namespace plumb::features::internal {

struct ReadRowCheck {
  RowCheck check;      // all but `expect`
  expr::ExprPtr expr;  // null: did not parse
};

struct ReadSource {
  std::unique_ptr<Source> source;
  std::vector<NamedExpression> derived;    // in file order
  std::vector<ReadRowCheck> row_checks;    // in file order
  expr::ExprPtr deleted;                   // null: none, or did not parse
  std::set<std::string> unusable_columns;  // named by the user, but wrong: nothing more is said about what uses them
  bool unusable = false;                   // its columns are not known at all
};

struct ReadEntity {
  std::unique_ptr<Entity> entity;
  bool unusable = false;
};

struct ReadView {
  std::unique_ptr<View> view;
  bool is_request = false;
  bool is_global = false;      // entity: []
  std::string entity, source;  // names, of a source view
  base::Position entity_position, source_position;
  std::vector<NamedExpression> features;
  std::set<std::string> unusable_fields;
  bool unusable = false;
};

struct ReadingContext {
  ExpressionReader* expressions;
  base::Diagnostics* diagnostics;
};

ReadSource ReadSourceEntry(const base::YamlEntry& entry, const ReadingContext& context);
ReadEntity ReadEntityEntry(const base::YamlEntry& entry, const ReadingContext& context);
ReadView ReadViewEntry(const base::YamlEntry& entry, const ReadingContext& context);

// The name that WithQuery gives to its view.
inline constexpr const char* kQueryView = "query";
inline constexpr const char* kQueryFeature = "value";

}  // namespace plumb::features::internal
