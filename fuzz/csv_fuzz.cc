// csv_fuzz.cc: no CSV text may crash the reader, and what inference calls a column must be readable as far as inference
// looked. Decimals, lists and vectors that are read are written as text that is read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/csv.h"
#include "data/value.h"

namespace {

using plumb::data::Type;
using plumb::data::TypeKind;

void CheckParametricTypes(std::string_view text) {
  const plumb::data::Schema schema({{"p", Type::Decimal(9, 2)},
                                    {"w", Type::Decimal(38, 4)},
                                    {"l", Type::List(TypeKind::kString)},
                                    {"m", Type::List(Type::Decimal(38, 4))},
                                    {"v", Type::Vector(3)}});
  for (const plumb::data::Field& field : schema.fields()) {
    const auto rows = plumb::data::ParseCsv(text, "fuzz.csv", plumb::data::Schema({field}), {});
    if (!rows.ok()) continue;
    const plumb::data::Column& column = rows.value().columns[0];
    for (size_t row = 0; row < column.size(); ++row) {
      const plumb::data::Value value = column.At(row);
      if (value.is_null()) continue;
      const auto again = plumb::data::ParseValue(field.type, value.ToString());
      if (!again.ok() || again.value() != value) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  plumb::data::TableFormat format;
  format.timestamps["t"] = {"%Y-%m-%d %H:%M", "UTC"};
  const auto inferred = plumb::data::InferCsvSchema(text, "fuzz.csv", {});
  if (inferred.ok()) {
    const auto rows = plumb::data::ParseCsv(text, "fuzz.csv", inferred.value(), {});
    // Text that is not UTF-8 is refused only when it is read.
    if (!rows.ok() && rows.status().message().find("UTF-8") == std::string::npos) std::abort();
  }
  const plumb::data::Schema schema({{"b", TypeKind::kBool},
                                    {"i", TypeKind::kInt64},
                                    {"f", TypeKind::kFloat64},
                                    {"s", TypeKind::kString},
                                    {"t", TypeKind::kTimestamp},
                                    {"d", TypeKind::kDuration}});
  const auto rows = plumb::data::ParseCsv(text, "fuzz.csv", schema, format);
  if (!rows.ok() && rows.status().message().empty()) std::abort();
  CheckParametricTypes(text);
  return 0;
}
