// parquet.h: Parquet files as batches, and back.
//
// Reading takes only the columns that are asked for and widens them as arrow_bridge.h says. Writing gives one file,
// zstd-compressed, with its Arrow schema, so that types (also duration) come back as they were; equal batches give
// equal bytes.
//
// Errors: kNotFound for a missing column (with a suggestion), kInvalidArgument for one of another type, kDataLoss for a
// file that is no Parquet file or is damaged; all name the file. Bytes from outside are never trusted: sizes are
// checked, page checksums verified. Thread safety: pure functions.
//
//   PLUMB_RETURN_IF_ERROR(WriteParquet(files, "a.parquet", batch, {.metadata = {{"plumb.version", "3"}}}));
//   PLUMB_ASSIGN_OR_RETURN(const Batch same, ReadParquet(files, "a.parquet", batch.schema));
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "data/column.h"
#include "data/type.h"

namespace plumb::data {

using ParquetMetadata = std::map<std::string, std::string>;

struct ParquetInfo {
  Schema schema;  // columns of types that plumb has not are left out
  int64_t rows = 0;
  ParquetMetadata metadata;  // as written; without Arrow's own entry
};

base::Result<ParquetInfo> ReadParquetInfo(base::FileSystem& files, const std::string& path);
base::Result<Schema> ReadParquetSchema(base::FileSystem& files, const std::string& path);

// The columns of `wanted`, by name.
base::Result<Batch> ReadParquet(base::FileSystem& files, const std::string& path, const Schema& wanted);
// The named columns with the types that the file gives them.
base::Result<Batch> ReadParquetColumns(base::FileSystem& files, const std::string& path,
                                       const std::vector<std::string>& names);
// Every column that ReadParquetInfo shows.
base::Result<Batch> ReadParquetAll(base::FileSystem& files, const std::string& path);

struct ParquetWriteOptions {
  ParquetMetadata metadata;
  int64_t row_group_rows = 1 << 20;
};

// Writes the whole file or none of it (FileSystem::WriteFileAtomically).
base::Status WriteParquet(base::FileSystem& files, const std::string& path, const Batch& batch,
                          const ParquetWriteOptions& options = {});

// The same on bytes; `name` is for errors.
base::Result<ParquetInfo> DecodeParquetInfo(std::string_view bytes, const std::string& name);
base::Result<Batch> DecodeParquet(std::string_view bytes, const std::string& name, const Schema& wanted);
base::Result<std::string> EncodeParquet(const Batch& batch, const ParquetWriteOptions& options = {});

}  // namespace plumb::data
