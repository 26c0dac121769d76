// reference.h: names of things in the registry, and texts that refer to a version.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::registry {

// Letters, digits, "_", "." and "-", the first a letter or "_"; at most 128. `what` begins the error: "Model".
base::Status ValidateName(std::string_view what, std::string_view name);
// The same, and not what refers to a version by its number ("v3").
base::Status ValidateAlias(std::string_view alias);
// Of parameters, metrics and artifacts: 1 to 256 bytes, no control characters.
base::Status ValidateLabel(std::string_view what, std::string_view label);

// "MODEL", "MODEL@v3" or "MODEL@ALIAS".
struct Reference {
  std::string model;
  int64_t number = 0;  // 0: not by number
  std::string alias;   // empty: not by alias
};
base::Result<Reference> ParseReference(std::string_view text);

}  // namespace plumb::registry
