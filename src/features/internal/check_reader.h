// check_reader.h: the entry `checks` of a source.
//
//   - price >= 0                                                  removes rows where it is false
//   - {expect: carrier is not null, severity: warn, name: who}    counts them
//   - {freshness: 2h}, {rows: {min: 1}}, {unique: [id]}, {drift: price, psi: 0.2}, {null_share: tail, max: 0.1}
//
// Thread safety: a function of its arguments.
#pragma once

#include "base/yaml.h"
#include "features/internal/section_reader.h"

namespace plumb::features::internal {

// Requires: the columns of `read` were read.
void ReadChecks(const base::YamlNode& checks, ReadSource* read, const ReadingContext& context);

}  // namespace plumb::features::internal
