// table_file.h: files of rows, whatever their format, as one batch.
//
// Why: sources, examples and commands name files; what they want is rows under a schema. The extension decides the
// format: .csv, .tsv and .txt, those with .gz, .zip and archive.zip:member (CSV; a .tsv has tabs), .parquet and .pq
// (Parquet).
//
// Thread safety: functions are safe from any thread.
//
//   PLUMB_ASSIGN_OR_RETURN(const Batch rows, ReadTable(files, {"data/flights/*.parquet"}, schema, {}));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "data/column.h"
#include "data/table_format.h"
#include "data/type.h"

namespace plumb::data {

// Whether the name has an extension that ReadTable knows.
bool IsTableFile(std::string_view path);

// The files that `patterns` name, each once, sorted by path. A pattern that matches nothing is kNotFound and is named.
base::Result<std::vector<std::string>> FindTableFiles(base::FileSystem& files,
                                                      const std::vector<std::string>& patterns);

// The columns of `schema` from all files that `patterns` (paths or shell patterns) name, in path order. Columns that
// files have beyond the schema are ignored; one that is missing is kNotFound, one that has another type
// kInvalidArgument; both name file and column.
base::Result<Batch> ReadTable(base::FileSystem& files, const std::vector<std::string>& patterns, const Schema& schema,
                              const TableFormat& format = {});

// The columns and types of one file: a Parquet file's schema (columns of types that plumb has not are left out), or
// what all of the first rows of a CSV file can be read as (the first of bool, int64, float64, timestamp, string;
// nothing but nulls is a string).
base::Result<Schema> InferSchema(base::FileSystem& files, const std::string& path, const TableFormat& format = {});

}  // namespace plumb::data
