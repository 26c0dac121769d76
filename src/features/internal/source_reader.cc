#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "features/internal/check_reader.h"
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
    source().tags = reader_.Strings("tags");
    source().interval = ReadPositiveSpan(&reader_, "interval", what_, &diagnostics_);
    ReadFormat();
    ReadColumns();
    ReadKind();
    ReadDeletes();
    ReadDerived();
    if (const base::YamlNode* checks = reader_.Node("checks")) ReadChecks(*checks, &read_, context_);
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

  // name: {type, format, zone, description, pii, tags}
  std::optional<data::Type> ReadDescribedColumn(const base::YamlEntry& column) {
    const std::string what = fmt::format("column {} of {}", column.key, what_);
    base::YamlReader reader(column.value, what, &diagnostics_);
    const base::YamlNode* type_node = reader.RequiredNode("type");
    std::optional<data::Type> type;
    if (type_node != nullptr) type = ReadType(*type_node, what, &diagnostics_);
    const std::optional<std::string> format = reader.String("format");
    const std::optional<std::string> zone = reader.String("zone");
    ColumnNote note{reader.String("description").value_or(""), reader.Bool("pii").value_or(false),
                    reader.Strings("tags")};
    reader.Finish();
    if (!note.description.empty() || note.pii || !note.tags.empty()) source().notes[column.key] = std::move(note);
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

  // The times and the identity of rows, as their kind has them.
  void ReadKind() {
    const std::string kind = reader_.String("kind").value_or("events");
    if (kind != "events" && kind != "table") {
      const std::string meant = base::DidYouMean(kind, {"events", "table"});
      diagnostics_.Error(reader_.Where("kind"), fmt::format("Kind of source is not known: {}.", kind),
                         meant.empty() ? "It is events or table." : meant);
    }
    // One that is not said to be a table, or not rightly, but has what only tables have, is read as one.
    const char* sign = entry_.value.Find("valid_from") != nullptr ? "valid_from" : "static";
    const bool looks_like_table = !entry_.value.Find("event_time") && entry_.value.Find(sign) != nullptr;
    const bool is_table = kind == "table" || looks_like_table;
    if (is_table && kind == "events") {
      Refuse(sign, fmt::format("Only a table has {}: {}.", sign, what_), "Set kind: table.");
    }
    source().kind = is_table ? Source::Kind::kTable : Source::Kind::kEvents;
    is_table ? ReadTable() : ReadEvents();
    RefuseOtherMeaning("event_time", source().event_time);
    RefuseOtherMeaning("known_at", source().known_at.value_or(""));
  }

  void ReadEvents() {
    for (const char* key : {"key", "valid_from", "static"}) {
      Refuse(key, fmt::format("Only a table has {}: {}.", key, what_), "Set kind: table, or leave it out.");
    }
    source().event_time = reader_.RequiredString("event_time");
    if (!source().event_time.empty()) RequireTimestamp("event_time", source().event_time);
    ReadKnowledge();
    ReadEventId();
  }

  void ReadTable() {
    Refuse("event_time", fmt::format("A table has no event_time: {}.", what_),
           "Use valid_from: the column of the time from which on a row holds.");
    Refuse("event_id", fmt::format("A table has no event_id: {}.", what_),
           "Its key and valid_from say which version of which row it is.");
    const bool is_static = reader_.Bool("static").value_or(false);
    if (is_static) {
      Refuse("valid_from", fmt::format("A static table has no times: valid_from of {}.", what_),
             "Leave static out: the table has versions.");
    }
    // What has a valid_from is read as if it were not called static: one mistake, one message.
    source().is_static = is_static && reader_.Node("valid_from") == nullptr;
    source().is_static ? ReadStatic() : ReadValidity();
    ReadKey();
  }

  void ReadValidity() {
    source().event_time = reader_.String("valid_from").value_or("");
    if (!source().event_time.empty()) {
      RequireTimestamp("valid_from", source().event_time);
    } else if (entry_.value.IsMap()) {
      diagnostics_.Error(entry_.key_position, fmt::format("Key is missing: valid_from in {}.", what_),
                         "Name the timestamp column from which on a row holds, or set static: true for a table "
                         "without times.");
    }
    ReadKnowledge();
  }

  void ReadStatic() {
    for (const char* key : {"known_at", "available_after", "skip_null_time"}) {
      Refuse(key, fmt::format("A static table has no times: {} of {}.", key, what_),
             "Leave it out, or leave static out.");
    }
    diagnostics_.Warn(reader_.Where("static"), fmt::format("Static table: leakage risk: {}.", what_),
                      "Its rows count as known always, also to examples from before they were written. If it changes, "
                      "declare valid_from and known_at or available_after instead.");
  }

  void Refuse(std::string_view key, std::string message, std::string suggestion) {
    if (reader_.Node(key) == nullptr) return;
    diagnostics_.Error(reader_.Where(key), std::move(message), std::move(suggestion));
  }

  void ReadKey() {
    const std::vector<PlacedName> key = ReadNames(&reader_, "key");
    if (key.empty() && entry_.value.IsMap()) {
      diagnostics_.Error(entry_.key_position, fmt::format("Key is missing: key in {}.", what_),
                         "Name the columns of the table's primary key.");
    }
    for (const PlacedName& column : key) {
      CheckKeyColumn(column);
      source().key.push_back(column.name);
    }
  }

  void CheckKeyColumn(const PlacedName& column) {
    const std::vector<std::string>& before = source().key;
    if (std::find(before.begin(), before.end(), column.name) != before.end()) {
      return diagnostics_.Error(column.position, fmt::format("Column stands twice in the key: {}.", column.name));
    }
    if (column.name == source().event_time) {
      return diagnostics_.Error(column.position, fmt::format("The key holds valid_from: {}.", column.name),
                                "Rows of one key are versions of one row; the key alone says which row.");
    }
    const data::Field* field = RequireColumn(column.name, "key", column.position);
    const std::string why = field == nullptr ? "" : WhyNoKey(field->type);
    if (why.empty()) return;
    diagnostics_.Error(column.position,
                       fmt::format("Column cannot be a key: {} is {}.", field->name, data::TypeName(field->type)), why);
  }

  void ReadKnowledge() {
    source().known_at = reader_.String("known_at");
    if (source().known_at) RequireTimestamp("known_at", *source().known_at);
    source().available_after = ReadSpan(&reader_, "available_after", &diagnostics_);
    if (source().known_at && reader_.String("available_after")) {
      diagnostics_.Error(reader_.Where("available_after"),
                         fmt::format("A {} has both known_at and available_after.", what_), "Keep one of them.");
    }
    source().skip_null_time = reader_.Bool("skip_null_time").value_or(false);
  }

  void RequireTimestamp(std::string_view key, const std::string& column) {
    const data::Field* field = RequireColumn(column, key, reader_.Where(key));
    if (field == nullptr || field->type == data::TypeKind::kTimestamp) return;
    diagnostics_.Error(reader_.Where(key), fmt::format("Column has the wrong type: {}, want timestamp for {}, got {}.",
                                                       column, key, data::TypeName(field->type)));
  }

  const data::Field* RequireColumn(const std::string& column, std::string_view key, const base::Position& position) {
    return FindDeclared(read_, column, fmt::format("{} of {}", key, what_), position, &diagnostics_);
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

  void ReadEventId() {
    source().event_id = reader_.String("event_id").value_or("");
    if (source().event_id.empty()) return;
    const data::Field* field = RequireColumn(source().event_id, "event_id", reader_.Where("event_id"));
    if (field == nullptr || WhyNoKey(field->type).empty()) return;
    diagnostics_.Error(
        reader_.Where("event_id"),
        fmt::format("Column cannot tell events apart: {} is {}.", field->name, data::TypeName(field->type)),
        "Use a string or an int64.");
  }

  void ReadDeletes() {
    const base::YamlNode* deleted = reader_.Node("deleted");
    if (deleted == nullptr || deleted->IsNull()) return;
    if (!source().is_table() && !entry_.value.Find("event_id")) {
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
