#include "features/internal/field_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace plumb::features::internal {
namespace {

bool IsWord(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto follows = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), follows);
}

bool CheckLength(const base::YamlEntry& entry, base::Diagnostics* diagnostics) {
  if (!entry.key.empty() && entry.key.size() <= kNameBytesMax) return true;
  diagnostics->Error(entry.key_position, fmt::format("Name is empty or too long: {} bytes, want 1 to {}.",
                                                     entry.key.size(), kNameBytesMax));
  return false;
}

NamedExpression ReadExpression(const base::YamlEntry& entry, const std::string& kind, const ReadingContext& context) {
  const std::string what = fmt::format("{} {}", kind, entry.key);
  NamedExpression read{entry.key, entry.key_position, "", "", nullptr};
  const base::YamlNode* text = &entry.value;
  if (entry.value.IsMap()) {
    base::YamlReader reader(entry.value, what, context.diagnostics);
    text = reader.RequiredNode("expr");
    read.description = reader.String("description").value_or("");
    reader.Finish();
  }
  if (text == nullptr) return read;
  read.text = text->scalar;
  read.expr = context.expressions->Read(*text, what);
  return read;
}

}  // namespace

bool CheckName(const base::YamlEntry& entry, const std::string& kind, base::Diagnostics* diagnostics) {
  if (!CheckLength(entry, diagnostics)) return false;
  if (IsWord(entry.key)) return true;
  diagnostics->Error(entry.key_position, fmt::format("Name of a {} is not a word: {}.", kind, entry.key),
                     "Use letters, digits and _, and begin with a letter.");
  return false;
}

bool CheckColumnName(const base::YamlEntry& entry, base::Diagnostics* diagnostics) {
  if (!CheckLength(entry, diagnostics)) return false;
  if (!entry.key.starts_with("__")) return true;
  diagnostics->Error(entry.key_position, fmt::format("Name is reserved: {}.", entry.key),
                     "Names that begin with __ are plumb's own.");
  return false;
}

std::optional<data::Type> ReadType(const base::YamlNode& node, const std::string& what,
                                   base::Diagnostics* diagnostics) {
  if (!node.IsScalar()) {
    diagnostics->Error(node.position, fmt::format("Type is missing: {}.", what),
                       fmt::format("Types are {}.", fmt::join(data::TypeNames(), ", ")));
    return std::nullopt;
  }
  base::Result<data::Type> type = data::ParseType(node.scalar);
  if (type.ok() && *type != data::TypeKind::kNull) return *type;
  const base::Status status =
      type.ok() ? base::InvalidArgument("A column needs a type that has values: {}.", node.scalar) : type.status();
  diagnostics->Error(node.position, status.message(), status.suggestion());
  return std::nullopt;
}

data::Schema ReadFields(const base::YamlNode& node, const std::string& what, std::set<std::string>* unusable,
                        base::Diagnostics* diagnostics) {
  data::Schema fields;
  if (!node.IsMap()) {
    diagnostics->Error(node.position, fmt::format("Value is not a map of names to types: {}.", what));
    return fields;
  }
  for (const base::YamlEntry& entry : node.entries) {
    const bool named = CheckColumnName(entry, diagnostics);
    const std::optional<data::Type> type = ReadType(entry.value, fmt::format("{} in {}", entry.key, what), diagnostics);
    if (named && type) {
      fields.Add(entry.key, *type);
    } else {
      unusable->insert(entry.key);
    }
  }
  return fields;
}

std::vector<NamedExpression> ReadExpressions(const base::YamlNode& node, const std::string& kind,
                                             const ReadingContext& context) {
  std::vector<NamedExpression> all;
  if (!node.IsMap()) {
    context.diagnostics->Error(node.position, fmt::format("Value is not a map of names to expressions: {}s.", kind));
    return all;
  }
  for (const base::YamlEntry& entry : node.entries) {
    const bool named = CheckName(entry, kind, context.diagnostics);
    NamedExpression read = ReadExpression(entry, kind, context);
    if (!named) read.expr = nullptr;
    all.push_back(std::move(read));
  }
  return all;
}

std::optional<base::Span> ReadSpan(base::YamlReader* reader, std::string_view key, base::Diagnostics* diagnostics) {
  const std::optional<std::string> text = reader->String(key);
  if (!text) return std::nullopt;
  base::Result<base::Span> span = base::ParseSpan(*text);
  if (span.ok()) return *span;
  diagnostics->Error(reader->Where(key), span.status().message(), span.status().suggestion());
  return std::nullopt;
}

std::optional<base::Span> ReadPositiveSpan(base::YamlReader* reader, std::string_view key, const std::string& what,
                                           base::Diagnostics* diagnostics) {
  const std::optional<base::Span> span = ReadSpan(reader, key, diagnostics);
  if (!span || (span->months >= 0 && span->micros >= 0 && *span != base::Span{})) return span;
  diagnostics->Error(reader->Where(key), fmt::format("Value is out of range: {} in {}, want more than 0.", key, what));
  return std::nullopt;
}

const data::Field* FindDeclared(const ReadSource& read, const std::string& column, const std::string& role,
                                const base::Position& position, base::Diagnostics* diagnostics) {
  const data::Field* field = read.source->columns.Find(column);
  if (field != nullptr || read.unusable || read.unusable_columns.contains(column)) return field;
  diagnostics->Error(position, fmt::format("Column is not declared: {} ({}).", column, role),
                     base::DidYouMean(column, read.source->columns.Names()));
  return nullptr;
}

std::vector<PlacedName> ReadNames(base::YamlReader* reader, std::string_view key) {
  const std::vector<std::string> names = reader->Strings(key);
  const base::YamlNode* node = reader->Node(key);
  std::vector<PlacedName> placed;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_item = node->IsSequence() && node->items.size() == names.size();
    placed.push_back({names[i], is_item ? node->items[i].position : reader->Where(key)});
  }
  return placed;
}

std::string WhyNoKey(data::Type type) {
  if (type == data::TypeKind::kFloat64) return "Numbers that are rounded do not name things: use int64 or string.";
  const bool is_many = type.kind == data::TypeKind::kList || type.kind == data::TypeKind::kVector;
  return is_many ? "A key is one value: use int64 or string." : "";
}

}  // namespace plumb::features::internal
