// ubjson.h: Universal Binary JSON (draft 12) as written by XGBoost, read into a JSON value.
//
// A bounded reader: every count is checked against the bytes that are left before anything is allocated, depth is
// limited, and the text must end where the value ends. Strongly typed arrays ([$T#N) are read without per-item markers;
// a count without a type, and the no-op marker, are accepted as the draft says. High-precision numbers (H) and typed
// objects are refused, and so are two equal keys in one object.
//
// Specification: https://ubjson.org. Thread safety: a pure function.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/status.h"

namespace plumb::model {

struct UbjsonLimits {
  int depth_max = 64;
  size_t items_max = 32u << 20;  // values of all kinds in one document, 40 bytes of memory each
};

// kDataLoss with the byte offset of what is wrong.
base::Result<base::Json> ParseUbjson(std::string_view bytes, const UbjsonLimits& limits = {});

}  // namespace plumb::model
