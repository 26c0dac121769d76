// csv_fuzz.cc: no CSV text may crash the reader, and what inference calls a column must be readable as far as inference
// looked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using plumb::data::TypeKind;
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
  return 0;
}
