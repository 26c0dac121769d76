// parquet_fuzz.cc: no bytes may crash the Parquet reader; what it reads has the rows that it says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/parquet.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  const auto info = plumb::data::DecodeParquetInfo(file, "fuzz.parquet");
  if (!info.ok()) return 0;
  const auto rows = plumb::data::DecodeParquet(file, "fuzz.parquet", info.value().schema);
  if (rows.ok() && static_cast<int64_t>(rows.value().rows) != info.value().rows) std::abort();
  return 0;
}
