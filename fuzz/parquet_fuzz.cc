// parquet_fuzz.cc: no bytes may crash the Parquet reader; what it reads has the rows and is of the types that it says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/list.h"
#include "data/parquet.h"

namespace {

using plumb::data::Batch;
using plumb::data::Column;
using plumb::data::Type;
using plumb::data::TypeKind;

bool IsList(Type type) { return type.kind == TypeKind::kList || type.kind == TypeKind::kVector; }

void CheckBatch(const Batch& batch, int64_t rows) {
  if (static_cast<int64_t>(batch.rows) != rows) std::abort();
  for (const Column& column : batch.columns) {
    if (column.size() != batch.rows) std::abort();
    if (!IsList(column.type())) continue;
    for (size_t row = 0; row < batch.rows; ++row) {
      if (column.IsNull(row)) continue;
      if (!plumb::data::CheckListBytes(column.type(), column.String(row)).ok()) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  const auto info = plumb::data::DecodeParquetInfo(file, "fuzz.parquet");
  if (!info.ok()) return 0;
  const auto rows = plumb::data::DecodeParquet(file, "fuzz.parquet", info.value().schema);
  if (rows.ok()) CheckBatch(rows.value(), info.value().rows);
  constexpr Type kOthers[] = {TypeKind::kFloat64,
                              Type::Decimal(12, 2),
                              Type::Decimal(38, 4),
                              Type::List(TypeKind::kString),
                              Type::List(TypeKind::kFloat64),
                              Type::Vector(3)};
  for (size_t i = 0; i < info.value().schema.size() && i < 8; ++i) {
    for (const Type other : kOthers) {
      const plumb::data::Schema wanted({{info.value().schema.fields()[i].name, other}});
      const auto converted = plumb::data::DecodeParquet(file, "fuzz.parquet", wanted);
      if (converted.ok()) CheckBatch(converted.value(), info.value().rows);
    }
  }
  return 0;
}
