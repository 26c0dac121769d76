// arrow_bridge.h: data::Batch to and from Apache Arrow, the only place where the two meet.
//
// Why: Arrow is how columns travel (Parquet, IPC); plumb computes on Column. Narrower Arrow types widen: any integer
// that fits to int64, float to float64, integers to float64 where that is exact, any time unit and dates to timestamp
// (a time without zone is UTC), any duration unit, every string and binary layout and dictionaries to string (UTF-8 is
// checked), a null column to anything. Decimals of any width and integers become a decimal where that is exact, lists
// of any layout a list, lists of n floats a vector(float32, n); a list of another length, or with a null, is no vector.
//
// Errors: kInvalidArgument for a column of the wrong type or a value that does not fit; Arrow's own errors and
// exceptions become a Status. Thread safety: pure functions.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "data/column.h"
#include "data/type.h"

namespace plumb::data {

// bool, int64, float64, string (utf8 or large_utf8), timestamp (µs, UTC), duration (µs), decimal128, list,
// fixed_size_list<float32>, null.
std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema);
base::Result<std::shared_ptr<arrow::Table>> ToArrowTable(const Batch& batch);
base::Result<std::shared_ptr<arrow::RecordBatch>> ToArrowRecordBatch(const Batch& batch);

// What a column of the Arrow type becomes when nothing is asked for; nothing if plumb has no such type.
std::optional<Type> TypeFromArrow(const arrow::DataType& type);
// Columns of types that plumb has not are left out.
Schema SchemaFromArrow(const arrow::Schema& schema);

// `name` is for errors.
base::Result<Column> ColumnFromArrow(const arrow::ChunkedArray& array, Type wanted, std::string_view name);

// The columns of `wanted`, by name; others are ignored. kNotFound for one that is missing, with a suggestion.
base::Result<Batch> BatchFromArrow(const arrow::Table& table, const Schema& wanted);
base::Result<Batch> BatchFromArrow(const arrow::RecordBatch& batch, const Schema& wanted);

// "what: Arrow's message", with the nearest code; OK stays OK.
base::Status StatusFromArrow(const arrow::Status& status, std::string_view what);

}  // namespace plumb::data
