// vocabulary.h: the reserved words, the names of aggregates and the precedence of operators: what the parser must know
// before it knows any type, and the printer of canonical texts to undo it.
//
// Thread safety: constants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb::expr {

// What binds less strongly has a smaller number.
enum Precedence : int { kNone = 0, kOr, kAnd, kNot, kCompare, kJoin, kSum, kProduct, kSign, kAtom };

// The aggregates' names, in the order of AggregateFunction.
const std::vector<std::string>& AggregateNames();
// The aggregate that a name means: itself, or what it is another name of (mean is avg). Empty if it means none.
std::string_view AggregateMeant(std::string_view lower_case);
// What to write instead of an aggregate of other languages; empty if the name is none of them.
std::string_view ForeignAggregateAdvice(std::string_view lower_case);
// Words that are never a name unless in double quotes.
bool IsReserved(std::string_view lower_case);
std::string LowerCase(std::string_view text);  // ASCII

}  // namespace plumb::expr
