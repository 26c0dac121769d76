// table_format.h: how the text in a table file is to be read: what the bytes alone do not say.
//
// Only CSV needs it; Parquet carries types, nulls and time units itself and ignores it. It is part of a source's
// definition. Thread safety: values.
//
//   format: {delimiter: ";", nulls: ["", NA], timestamps: {arrived_at: {format: "%Y-%m-%d %H:%M", zone:
//   America/New_York}}}
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace plumb::data {

// How one timestamp column is written. An empty format is ISO 8601, where a text without an offset is in `zone`.
//
// A format is literal text and these directives: %Y (4 digits) %y (2 digits: 69..99 are 19xx) %m %d %H %I %p (AM, PM)
// %M %S %f (1 to 9 digits of a second; finer than a microsecond is cut) %b (Jan or January) %j (day of the year) %z
// (+01:00, +0100, +01, Z) %s (seconds since the epoch) %F (%Y-%m-%d) %T (%H:%M:%S) %%. A blank matches any run of
// blanks. Numbers may have fewer digits than their width where a non-digit follows. Hour 24 with zero minutes and
// seconds is midnight at the end of the day.
struct TimestampFormat {
  std::string format;
  std::string zone = "UTC";
  friend bool operator==(const TimestampFormat&, const TimestampFormat&) = default;
};

struct TableFormat {
  char delimiter = ',';
  // A field that is one of these is null; but a quoted field of a string column is that string.
  std::vector<std::string> null_tokens = {"", "NA", "null"};
  std::map<std::string, TimestampFormat> timestamps;  // by column

  // Bounds on what is read; beyond them reading is an error.
  size_t field_bytes_max = size_t{1} << 20;
  size_t row_bytes_max = size_t{16} << 20;
  size_t columns_max = 16384;
  size_t file_bytes_max = size_t{8} << 30;  // after decompression

  friend bool operator==(const TableFormat&, const TableFormat&) = default;
};

// kInvalidArgument for an unusable delimiter, an unknown directive, a format without a date, or an unknown zone.
base::Status CheckTableFormat(const TableFormat& format);

}  // namespace plumb::data
