// csv.h: CSV text as a batch of typed columns.
//
// Why: files from outside name their columns and nothing else; a source declares what it wants. Columns are matched by
// the header's names, others are skipped without being parsed. What cannot be read as declared is an error that shows
// file, line, column and text, never a silent null: a column is null only where the field is one of the format's null
// tokens.
//
// The dialect is RFC 4180 and what is common beside it: LF or CRLF, a UTF-8 byte order mark, any one-byte delimiter,
// quoted fields with doubled quotes and line breaks. A quote inside an unquoted field is that character. Blanks around
// fields that are not strings are ignored. Empty lines are skipped (but count as a row when there is only one column).
// Text is UTF-8. Decimals are read digit by digit; lists and vectors are JSON arrays, quoted where they have commas.
//
// Thread safety: pure functions.
//
//   ParseCsv("carrier,delay\nUA,12\nDL,NA\n", "flights.csv", schema, {});   // from csv_test.cc
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "data/column.h"
#include "data/table_format.h"
#include "data/type.h"

namespace plumb::data {

// `name` is how the file is called in errors (their where() is "name:line"). kInvalidArgument for what is wrong with
// the text; kNotFound for a column that the header lacks; kResourceExhausted beyond the bounds of the format.
base::Result<Batch> ParseCsv(std::string_view bytes, const std::string& name, const Schema& columns,
                             const TableFormat& format);

// The header's columns with the types that the first `rows_max` rows can be read as. A number that starts with a
// needless 0 (a code, such as 02134) makes a string. Columns with a timestamp format are timestamps.
base::Result<Schema> InferCsvSchema(std::string_view bytes, const std::string& name, const TableFormat& format,
                                    size_t rows_max = 100000);

}  // namespace plumb::data
