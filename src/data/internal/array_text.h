// array_text.h: lists and vectors written as JSON arrays, read element by element, so that a decimal in one is read
// from its own digits and not from a double.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/type.h"

namespace plumb::data {

// The elements with blanks around them removed, strings with their quotes; false if `text` is no array, or one of
// arrays or objects. What stands in the elements is not checked.
bool SplitArray(std::string_view text, std::vector<std::string_view>* elements);

// The bytes of a list or vector; false with what was wanted, for sentences.
bool ReadArray(Type type, std::string_view text, std::string* bytes, std::string* wanted);

}  // namespace plumb::data
