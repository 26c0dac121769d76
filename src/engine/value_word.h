// value_word.h: a value of any type as one 64-bit word: an integer, the bits of a double, or the address of its bytes
// in a string pool (strings, lists, vectors, wide decimals; data/type.h says which).
//
// Why: tables keep words only, so one layout and one set of loops serves all types. A pooled string's address stands
// for its bytes: within one pool, equal words are equal values.
//
// Thread safety: pure functions.
#pragma once

#include <string_view>

#include "data/column.h"
#include "data/list.h"
#include "engine/string_pool.h"

namespace plumb::engine {

// Requires: the row is not null. `strings` may be null for types that are no bytes.
uint64_t WordOf(const data::Column& column, size_t row, StringPool* strings);

inline std::string_view BytesOfWord(uint64_t word) { return *reinterpret_cast<const std::string*>(word); }

// The canonical order of values: < 0, 0, > 0; NaN is last and equals itself.
int CompareWords(data::Type type, uint64_t a, uint64_t b);

// A bool, integer or double as double; a decimal as the nearest one.
double NumberOfWord(data::Type type, uint64_t word);

// The unscaled integer of a decimal.
data::Int128 DecimalOfWord(data::Type type, uint64_t word);

void AppendWordToList(data::Type element, uint64_t word, data::ListBuilder* list);

// The hash that distinct's estimate is made of. It is a part of what `distinct` means: it never changes. Of the 8 bytes
// of an integer or double, or of the bytes of the rest.
uint64_t HashOfWord(data::Type type, uint64_t word);
uint64_t HashOfValue(const data::Value& value);  // the same of a value that is not null

}  // namespace plumb::engine
