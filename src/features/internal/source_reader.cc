#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "features/internal/field_reader.h"
#include "features/internal/section_reader.h"

namespace plumb::features::internal {
namespace {

class SourceReader {
 public:
  SourceReader(const base::YamlEntry& entry, const ReadingContext& context)
      : entry_(entry),
        context_(context),
        diagnostics_(*context.diagnostics),
        what_("source " + entry.key),
        reader_(entry.value, what_, context.diagnostics) {}

  ReadSource Read() {
    read_.source = std::make_unique<Source>();
    source().name = entry_.key;
    source().position = entry_.key_position;
    CheckName(entry_, "source", &diagnostics_);
    source().paths = reader_.Strings("path");
    source().description = reader_.String("description").value_or("");
    source().owner = reader_.String("owner").value_or("");
    ReadFormat();
    ReadColumns();
    ReadTimes();
    ReadIdAndDeletes();
    ReadDerived();
    reader_.Finish();
    return std::move(read_);
  }

 private:
  Source& source() { return *read_.source; }

  void ReadFormat() {
    data::TableFormat& format = source().format;
    if (const std::optional<std::string> delimiter = reader_.String("delimiter")) {
      if (*delimiter == "tab") {
        format.delimiter = '\t';
      } else if (delimiter->size() == 1) {
        format.delimiter = delimiter->front();
      } else {
        diagnostics_.Error(reader_.Where("delimiter"), fmt::format("Delimiter is not one character: {}.", *delimiter),
                           "Write one character, or tab.");
      }
    }
    const base::YamlNode* tokens = reader_.Node("null_tokens");
    if (tokens != nullptr) format.null_tokens = reader_.Strings("null_tokens");
    ReportFormat(format, reader_.Where("delimiter"));
  }

  void ReportFormat(const data::TableFormat& format, const base::Position& where) {
    const base::Status status = data::CheckTableFormat(format);
    if (!status.ok()) diagnostics_.Error(where, status.message(), status.suggestion());
  }

  void ReadColumns() {
    const base::YamlNode* columns = reader_.RequiredNode("columns");
    read_.unusable = columns == nullptr || !columns->IsMap();
    if (columns != nullptr && !columns->IsMap()) {
      diagnostics_.Error(columns->position, fmt::format("Value is not a map of names to types: columns of {}.", what_));
    }
    if (read_.unusable) return;
    for (const base::YamlEntry& column : columns->entries) {
      const bool named = CheckColumnName(column, &diagnostics_);
      const std::optional<data::Type> type = column.value.IsMap()
                                                 ? ReadDescribedColumn(column)
                                                 : ReadType(column.value, "column " + column.key, &diagnostics_);
      if (named && type) {
        source().columns.Add(column.key, *type);
      } else {
        read_.unusable_columns.insert(column.key);
      }
    }
    source().all_columns = source().columns;
  }

  // name: {type, format, zone, description}
  std::optional<data::Type> ReadDescribedColumn(const base::YamlEntry& column) {
    const std::string what = fmt::format("column {} of {}", column.key, what_);
    base::YamlReader reader(column.value, what, &diagnostics_);
    const base::YamlNode* type_node = reader.RequiredNode("type");
    std::optional<data::Type> type;
    if (type_node != nullptr) type = ReadType(*type_node, what, &diagnostics_);
    const std::optional<std::string> format = reader.String("format");
    const std::optional<std::string> zone = reader.String("zone");
    reader.String("description");
    reader.Finish();
    if (!type || (!format && !zone)) return type;
    if (*type != data::TypeKind::kTimestamp) {
      diagnostics_.Error(
          reader.Where(format ? "format" : "zone"),
          fmt::format("Only a timestamp has a format and a zone: {} is {}.", column.key, data::TypeName(*type)));
      return type;
    }
    data::TableFormat only;
    only.timestamps[column.key] = data::TimestampFormat{format.value_or(""), zone.value_or("UTC")};
    ReportFormat(only, reader.Where(format ? "format" : "zone"));
    source().format.timestamps[column.key] = only.timestamps[column.key];
    return type;
  }

  void ReadTimes() {
    source().event_time = reader_.RequiredString("event_time");
    if (!source().event_time.empty()) RequireTimestamp("event_time", source().event_time);
    source().known_at = reader_.String("known_at");
    if (source().known_at) RequireTimestamp("known_at", *source().known_at);
    source().available_after = ReadSpan(&reader_, "available_after", &diagnostics_);
    if (source().known_at && reader_.String("available_after")) {
      diagnostics_.Error(reader_.Where("available_after"),
                         fmt::format("A {} has both known_at and available_after.", what_), "Keep one of them.");
    }
    source().skip_null_time = reader_.Bool("skip_null_time").value_or(false);
    RefuseOtherMeaning("event_time", source().event_time);
    RefuseOtherMeaning("known_at", source().known_at.value_or(""));
  }

  void RequireTimestamp(std::string_view key, const std::string& column) {
    const data::Field* field = RequireColumn(key, column);
    if (field == nullptr || field->type == data::TypeKind::kTimestamp) return;
    diagnostics_.Error(reader_.Where(key), fmt::format("Column has the wrong type: {}, want timestamp for {}, got {}.",
                                                       column, key, data::TypeName(field->type)));
  }

  // The declared column, or null after an error, which is only said once.
  const data::Field* RequireColumn(std::string_view key, const std::string& column) {
    const data::Field* field = source().columns.Find(column);
    if (field != nullptr || read_.unusable || read_.unusable_columns.contains(column)) return field;
    diagnostics_.Error(reader_.Where(key), fmt::format("Column is not declared: {} ({} of {}).", column, key, what_),
                       base::DidYouMean(column, source().columns.Names()));
    return nullptr;
  }

  // Inside aggregates event_time and known_at are the event's times; a column of that name has to be that time.
  void RefuseOtherMeaning(const std::string& name, const std::string& column) {
    const base::YamlNode* columns = entry_.value.Find("columns");
    if (column == name || source().columns.IndexOf(name) < 0 || columns == nullptr) return;
    for (const base::YamlEntry& declared : columns->entries) {
      if (declared.key != name) continue;
      diagnostics_.Error(declared.key_position,
                         fmt::format("Column name means something else in expressions: {}, in {}.", name, what_),
                         fmt::format("Make it the {} of the source, or do not declare it.", name));
    }
  }

  void ReadIdAndDeletes() {
    source().event_id = reader_.String("event_id").value_or("");
    if (!source().event_id.empty()) {
      const data::Field* field = RequireColumn("event_id", source().event_id);
      if (field != nullptr && field->type == data::TypeKind::kFloat64) {
        diagnostics_.Error(reader_.Where("event_id"),
                           fmt::format("Column cannot tell events apart: {} is float64.", field->name),
                           "Use a string or an int64.");
      }
    }
    const base::YamlNode* deleted = reader_.Node("deleted");
    if (deleted == nullptr || deleted->IsNull()) return;
    if (!entry_.value.Find("event_id")) {
      diagnostics_.Error(deleted->position, fmt::format("A {} with deleted has no event_id.", what_),
                         "Name the column that says which event a delete withdraws.");
    }
    read_.deleted = context_.expressions->Read(*deleted, "deleted of " + what_);
  }

  void ReadDerived() {
    const base::YamlNode* derive = reader_.Node("derive");
    if (derive == nullptr || derive->IsNull()) return;
    read_.derived = ReadExpressions(*derive, "derived column", context_);
    for (NamedExpression& derived : read_.derived) {
      const bool declared =
          source().columns.IndexOf(derived.name) >= 0 || read_.unusable_columns.contains(derived.name);
      const bool reserved =
          derived.name == "event_time" || derived.name == "known_at" || derived.name.starts_with("__");
      if (declared || reserved) {
        diagnostics_.Error(derived.position, fmt::format("Derived column has the name of {}: {}.",
                                                         declared ? "a declared one" : "something else", derived.name));
        derived.expr = nullptr;
      }
      if (!declared && derived.expr == nullptr) read_.unusable_columns.insert(derived.name);
    }
  }

  const base::YamlEntry& entry_;
  const ReadingContext& context_;
  base::Diagnostics& diagnostics_;
  std::string what_;
  base::YamlReader reader_;
  ReadSource read_;
};

}  // namespace

ReadSource ReadSourceEntry(const base::YamlEntry& entry, const ReadingContext& context) {
  return SourceReader(entry, context).Read();
}

}  // namespace plumb::features::internal
