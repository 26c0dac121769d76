// ubjson_fuzz.cc: no bytes may crash the UBJSON reader, and it keeps to its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/format/ubjson.h"

namespace {

struct Extent {
  size_t values = 0;
  int depth = 0;
};

void Measure(const plumb::base::Json& json, int depth, Extent* extent) {
  extent->values++;
  extent->depth = std::max(extent->depth, depth);
  if (json.IsArray()) {
    for (const plumb::base::Json& item : json.AsArray()) Measure(item, depth + 1, extent);
  }
  if (json.IsObject()) {
    for (const auto& [key, value] : json.AsObject()) Measure(value, depth + 1, extent);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const plumb::model::UbjsonLimits limits;
  const auto json = plumb::model::ParseUbjson(bytes, limits);
  if (!json.ok()) {
    PLUMB_CHECK(json.status().code() == plumb::base::Code::kDataLoss, "A malformed file is data loss.");
    return 0;
  }
  Extent extent;
  Measure(*json, 0, &extent);
  PLUMB_CHECK(extent.values <= size, "A value takes at least a byte.");
  PLUMB_CHECK(extent.depth <= limits.depth_max, "Depth is limited.");
  return 0;
}
