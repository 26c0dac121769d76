// field_reader.h: names, typed fields and named expressions, as sources, entities and views all write them.
//
// Thread safety: functions of their arguments.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "data/table_format.h"
#include "data/type.h"
#include "features/internal/section_reader.h"

namespace plumb::features::internal {

inline constexpr size_t kNameBytesMax = 200;

// Sources, entities, views, features and derived columns have names that are words: a letter or _, then letters, digits
// and _.
bool CheckName(const base::YamlEntry& entry, const std::string& kind, base::Diagnostics* diagnostics);
// Columns, keys and request fields keep the names they have elsewhere; those of plumb's own columns are refused.
bool CheckColumnName(const base::YamlEntry& entry, base::Diagnostics* diagnostics);

// `node` as a type; nothing after an error.
std::optional<data::Type> ReadType(const base::YamlNode& node, const std::string& what, base::Diagnostics* diagnostics);
// A map name → type. A field that is wrong goes to `unusable`.
data::Schema ReadFields(const base::YamlNode& node, const std::string& what, std::set<std::string>* unusable,
                        base::Diagnostics* diagnostics);
// A map name → expression, or name → {expr, description}.
std::vector<NamedExpression> ReadExpressions(const base::YamlNode& node, const std::string& kind,
                                             const ReadingContext& context);

std::optional<base::Span> ReadSpan(base::YamlReader* reader, std::string_view key, base::Diagnostics* diagnostics);
// The same, of more than nothing. `what` names the map in sentences.
std::optional<base::Span> ReadPositiveSpan(base::YamlReader* reader, std::string_view key, const std::string& what,
                                           base::Diagnostics* diagnostics);

// The declared column, or null after an error at `position`, which is not said of columns known to be wrong. `role`
// says what it is wanted for: "event_time of source flights".
const data::Field* FindDeclared(const ReadSource& read, const std::string& column, const std::string& role,
                                const base::Position& position, base::Diagnostics* diagnostics);

// A list of names, or one, each with its place.
struct PlacedName {
  std::string name;
  base::Position position;
};
std::vector<PlacedName> ReadNames(base::YamlReader* reader, std::string_view key);

// Why values of the type name nothing, or "" for a type that may be a key.
std::string WhyNoKey(data::Type type);

}  // namespace plumb::features::internal
