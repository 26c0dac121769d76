// inflate.h: zlib's inflate, one stream at a time, into a bounded string.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::data {

enum class InflateFormat { kRaw, kGzip };

// Appends one stream's output to `out`, which must not grow past `bytes_max` in all, and returns the number of input
// bytes it took. kDataLoss for damage (zlib checks gzip's CRC), kResourceExhausted past the bound.
base::Result<size_t> Inflate(InflateFormat format, std::string_view input, size_t bytes_max, std::string* out);

}  // namespace plumb::data
