// cut_scalars.h: finds expressions that YAML would cut, so that their author is told to quote them.
//
// Why: `{rush: approx_quantile(delay, 0.9)}` is to YAML a map of two keys, `late: note like 'a #1'` ends at the comment
// sign, and `x: a: b` is no YAML at all. Nobody who writes an expression thinks of that.
//
// Thread safety: one writer of the diagnostics.
#pragma once

#include <string_view>

#include "base/yaml.h"

namespace plumb::base::internal {

// Reports a plain scalar that has an open parenthesis or quote where YAML ended it: at a comma or bracket (in a flow
// map or sequence), at " #", or at ": " (a key). Returns whether it did.
bool ReportIfCut(const YamlNode& scalar, bool in_flow, Diagnostics* diagnostics);

// Reports the `: ` at `offset`, where YAML found a mistake, if it stands in a plain scalar. Returns whether it did.
bool ReportIfCutAtColon(const SourceTextPtr& source, size_t offset, Diagnostics* diagnostics);

// Whether `text` has more ( than ), or a ' or " that opens a text and does not close it. An apostrophe in a word opens
// none.
bool HasOpenBracketOrQuote(std::string_view text);

}  // namespace plumb::base::internal
