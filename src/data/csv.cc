#include "data/csv.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "data/internal/array_text.h"
#include "data/internal/csv_scanner.h"
#include "data/internal/decimal.h"
#include "data/internal/scalar_text.h"
#include "data/timestamp_parser.h"

namespace plumb::data {
namespace {

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The null tokens, with a table of first bytes that tells most fields apart at once.
class NullTokens {
 public:
  explicit NullTokens(const std::vector<std::string>& tokens) : tokens_(tokens) {
    for (const std::string& token : tokens) {
      if (token.empty()) {
        empty_ = true;
      } else {
        first_[static_cast<unsigned char>(token[0])] = true;
      }
    }
  }
  [[nodiscard]] bool Contain(std::string_view text) const {
    if (text.empty()) return empty_;
    if (!first_[static_cast<unsigned char>(text[0])]) return false;
    return std::find(tokens_.begin(), tokens_.end(), text) != tokens_.end();
  }

 private:
  std::vector<std::string> tokens_;
  bool empty_ = false;
  bool first_[256] = {};
};

// One declared column: where it stands in the file and how its fields are read.
class ColumnReader {
 public:
  ColumnReader(Field field, size_t position, TimestampParser times)
      : field_(std::move(field)), position_(position), times_(std::move(times)) {}

  [[nodiscard]] const Field& field() const { return field_; }
  [[nodiscard]] size_t position() const { return position_; }

  // Appends the field's value to `column`, or says that it has none.
  TextOutcome Append(const CsvField& raw, const NullTokens& nulls, Column* column) {
    std::string_view text = Unquote(raw, &buffer_);
    if (field_.type == TypeKind::kString) return AppendString(text, raw.quoted, nulls, column);
    text = Trimmed(text);
    if (nulls.Contain(text)) {
      column->AppendNull();
      return TextOutcome::kRead;
    }
    if (field_.type.IsDecimal()) return AppendDecimal(text, column);
    if (field_.type.storage() == Storage::kBytes) return AppendArray(text, column);
    if (field_.type == TypeKind::kFloat64) {
      double value = 0;
      const TextOutcome outcome = ReadFloat64(text, &value);
      if (outcome == TextOutcome::kRead) column->AppendDouble(value);
      return outcome;
    }
    int64_t value = 0;
    const TextOutcome outcome = ReadIntegral(text, &value);
    if (outcome == TextOutcome::kRead) column->AppendInt(value);
    return outcome;
  }

  [[nodiscard]] std::string Wanted(TextOutcome outcome) const {
    if (field_.type == TypeKind::kTimestamp) return times_.Wanted();
    if (!wanted_array_.empty()) return wanted_array_;
    return WantedText(field_.type, outcome);
  }

 private:
  TextOutcome AppendDecimal(std::string_view text, Column* column) const {
    Int128 unscaled = 0;
    const TextOutcome outcome = ReadDecimal(field_.type, text, &unscaled);
    if (outcome == TextOutcome::kRead) column->AppendDecimal(unscaled);
    return outcome;
  }

  TextOutcome AppendArray(std::string_view text, Column* column) {
    if (!ReadArray(field_.type, text, &array_, &wanted_array_)) return TextOutcome::kMalformed;
    column->AppendString(array_);
    return TextOutcome::kRead;
  }

  static TextOutcome AppendString(std::string_view text, bool quoted, const NullTokens& nulls, Column* column) {
    if (!quoted && nulls.Contain(text)) {
      column->AppendNull();
    } else if (!IsUtf8(text)) {
      return TextOutcome::kMalformed;
    } else {
      column->AppendString(text);
    }
    return TextOutcome::kRead;
  }

  TextOutcome ReadIntegral(std::string_view text, int64_t* value) const {
    switch (field_.type.kind) {
      case TypeKind::kBool:
        return ReadBool(text, value);
      case TypeKind::kInt64:
        return ReadInt64(text, value);
      case TypeKind::kTimestamp:
        return times_.Parse(text, value) ? TextOutcome::kRead : TextOutcome::kMalformed;
      default:
        return ReadDuration(text, value);
    }
  }

  Field field_;
  size_t position_;
  TimestampParser times_;
  std::string buffer_;
  std::string array_, wanted_array_;  // the bytes of a list or vector, or what was wanted
};

base::Result<std::vector<std::string>> ReadHeader(CsvScanner* scanner, const std::string& name) {
  PLUMB_ASSIGN_OR_RETURN(const bool any, scanner->Next(false));
  if (!any)
    return base::InvalidArgument("CSV file is empty: want a header with the names of the columns.").WithWhere(name);
  std::vector<std::string> header;
  std::string buffer;
  for (const CsvField& field : scanner->fields()) {
    const std::string_view text = Unquote(field, &buffer);
    header.emplace_back(field.quoted ? text : Trimmed(text));
    if (!IsUtf8(text)) return base::InvalidArgument("CSV header is not UTF-8 text.").WithWhere(scanner->Where());
  }
  return header;
}

base::Result<TimestampParser> MakeTimes(const std::string& column, const TableFormat& format) {
  const auto found = format.timestamps.find(column);
  if (found == format.timestamps.end()) return TimestampParser();
  return TimestampParser::Make(found->second);
}

base::Result<size_t> FindColumn(const std::vector<std::string>& header, const std::string& column,
                                const std::string& where) {
  const auto found = std::find(header.begin(), header.end(), column);
  if (found == header.end()) {
    return base::NotFound("Column is not in the file: {}.", column)
        .WithWhere(where)
        .WithSuggestion(base::DidYouMean(column, header));
  }
  if (std::find(found + 1, header.end(), column) != header.end()) {
    return base::InvalidArgument("Column stands twice in the header: {}.", column).WithWhere(where);
  }
  return static_cast<size_t>(found - header.begin());
}

base::Result<std::vector<ColumnReader>> MakeReaders(const std::vector<std::string>& header, const std::string& where,
                                                    const Schema& columns, const TableFormat& format) {
  std::vector<ColumnReader> readers;
  for (const Field& field : columns.fields()) {
    PLUMB_ASSIGN_OR_RETURN(const size_t position, FindColumn(header, field.name, where));
    PLUMB_ASSIGN_OR_RETURN(TimestampParser times, MakeTimes(field.name, format));
    readers.emplace_back(field, position, std::move(times));
  }
  return readers;
}

base::Status CheckFieldCount(const CsvScanner& scanner, size_t want) {
  const size_t got = scanner.fields().size();
  if (got == want) return {};
  return base::InvalidArgument("CSV row has the wrong number of fields: want {}, got {}.", want, got)
      .WithWhere(scanner.Where());
}

base::Status AppendRow(const CsvScanner& scanner, const NullTokens& nulls, std::vector<ColumnReader>* readers,
                       Batch* batch) {
  const std::vector<CsvField>& fields = scanner.fields();
  for (size_t i = 0; i < readers->size(); ++i) {
    ColumnReader& reader = (*readers)[i];
    const CsvField& field = fields[reader.position()];
    const TextOutcome outcome = reader.Append(field, nulls, &batch->columns[i]);
    if (outcome == TextOutcome::kRead) continue;
    return base::InvalidArgument("CSV value cannot be read: column {}, want {} ({}), got \"{}\".", reader.field().name,
                                 TypeName(reader.field().type), reader.Wanted(outcome), ShownText(field.text))
        .WithWhere(scanner.Where());
  }
  ++batch->rows;
  return {};
}

// A row has at least one byte a column, so a small file cannot ask for much memory.
void ReserveRows(std::string_view bytes, size_t columns_in_file, Batch* batch) {
  const auto lines = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  const size_t rows = std::min(lines, bytes.size() / columns_in_file + 1);
  for (Column& column : batch->columns) column.Reserve(rows);
}

}  // namespace

base::Status CheckTableFormat(const TableFormat& format) {
  const char c = format.delimiter;
  const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  if (word || c == '"' || c == '\n' || c == '\r' || c == '\0' || static_cast<unsigned char>(c) >= 0x80) {
    return base::InvalidArgument("Delimiter cannot separate fields: \"{}\".", ShownText(std::string_view(&c, 1)))
        .WithSuggestion("Usual are , ; | and a tab.");
  }
  for (const auto& [column, times] : format.timestamps) {
    const base::Result<TimestampParser> parser = TimestampParser::Make(times);
    if (!parser.ok()) return parser.status().WithContext("timestamps." + column);
  }
  return {};
}

base::Result<Batch> ParseCsv(std::string_view bytes, const std::string& name, const Schema& columns,
                             const TableFormat& format) {
  PLUMB_RETURN_IF_ERROR(CheckTableFormat(format));
  CsvScanner scanner(bytes, name, format);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> header, ReadHeader(&scanner, name));
  PLUMB_ASSIGN_OR_RETURN(std::vector<ColumnReader> readers, MakeReaders(header, scanner.Where(), columns, format));
  const NullTokens nulls(format.null_tokens);
  Batch batch(columns);
  ReserveRows(bytes.substr(bytes.size() - scanner.remaining()), header.size(), &batch);
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool any, scanner.Next(header.size() == 1));
    if (!any) return batch;
    PLUMB_RETURN_IF_ERROR(CheckFieldCount(scanner, header.size()));
    PLUMB_RETURN_IF_ERROR(AppendRow(scanner, nulls, &readers, &batch));
  }
}

namespace {

// The types that every field of a column seen so far can be read as.
struct Guess {
  bool any = false;
  bool may_be[5] = {true, true, true, true, true};
};

constexpr TypeKind kGuesses[] = {TypeKind::kBool, TypeKind::kInt64, TypeKind::kFloat64, TypeKind::kTimestamp,
                                 TypeKind::kString};

bool IsCode(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

bool CanBe(TypeKind kind, std::string_view text) {
  int64_t integral = 0;
  double number = 0;
  switch (kind) {
    case TypeKind::kBool:
      return text != "0" && text != "1" && ReadBool(text, &integral) == TextOutcome::kRead;
    case TypeKind::kInt64:
      return !IsCode(text) && ReadInt64(text, &integral) == TextOutcome::kRead;
    case TypeKind::kFloat64:
      return !IsCode(text) && ReadFloat64(text, &number) == TextOutcome::kRead;
    case TypeKind::kTimestamp:
      return ReadIsoTime(text, &integral) == TextOutcome::kRead;
    default:
      return true;
  }
}

void Observe(std::string_view text, Guess* guess) {
  guess->any = true;
  for (size_t i = 0; i < std::size(kGuesses); ++i) {
    if (guess->may_be[i]) guess->may_be[i] = CanBe(kGuesses[i], text);
  }
}

TypeKind Best(const Guess& guess) {
  if (!guess.any) return TypeKind::kString;
  for (size_t i = 0; i < std::size(kGuesses); ++i) {
    if (guess.may_be[i]) return kGuesses[i];
  }
  return TypeKind::kString;
}

}  // namespace

base::Result<Schema> InferCsvSchema(std::string_view bytes, const std::string& name, const TableFormat& format,
                                    size_t rows_max) {
  PLUMB_RETURN_IF_ERROR(CheckTableFormat(format));
  CsvScanner scanner(bytes, name, format);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> header, ReadHeader(&scanner, name));
  const NullTokens nulls(format.null_tokens);
  std::vector<Guess> guesses(header.size());
  std::string buffer;
  for (size_t row = 0; row < rows_max; ++row) {
    PLUMB_ASSIGN_OR_RETURN(const bool any, scanner.Next(header.size() == 1));
    if (!any) break;
    PLUMB_RETURN_IF_ERROR(CheckFieldCount(scanner, header.size()));
    for (size_t i = 0; i < header.size(); ++i) {
      const std::string_view text = Trimmed(Unquote(scanner.fields()[i], &buffer));
      if (!nulls.Contain(text)) Observe(text, &guesses[i]);
    }
  }
  Schema schema;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool time = format.timestamps.contains(header[i]);
    PLUMB_RETURN_IF_ERROR(FindColumn(header, header[i], name).status());
    schema.Add(header[i], time ? TypeKind::kTimestamp : Best(guesses[i]));
  }
  return schema;
}

}  // namespace plumb::data
