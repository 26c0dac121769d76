// functions.h: the one table of operators, casts and functions: the checker resolves names in it, the evaluators call
// what it points to, and docs/expressions.md is printed from it.
//
// Thread safety: constants, made at first use.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "expr/kernel.h"

namespace plumb::expr {

// Operations that the vectorised evaluator has loops of its own for.
enum class Fast : uint8_t {
  kNone,
  kAddInt,
  kSubtractInt,
  kMultiplyInt,
  kAddFloat,
  kSubtractFloat,
  kMultiplyFloat,
  kDivideFloat,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kNot,
  kIntToFloat,
};

// The type of a result that depends on those of the arguments, or why there is none.
using TypeRule = base::Result<data::Type> (*)(std::span<const data::Type> args, const Constants& constants);

// `params` has one letter for each argument: b bool, i int64, f float64, s string, t timestamp, d duration, n decimal,
// m decimal of one type with all other m, l list, v vector, x an element of the list before; and the constants z (a
// zone's name), u (a unit of the calendar) and k (an int64). A rule gives the result its type where the kind alone does
// not say it; kNull stands for a result of any kind then.
struct Overload {
  std::string_view params;
  data::TypeKind result;
  Kernel kernel;
  Fast fast = Fast::kNone;
  TypeRule rule = nullptr;
};

// How a call is checked and what it does with null.
enum class Form : uint8_t {
  kStrict,    // by overloads; null if an argument is null
  kCoalesce,  // any number of one type
  kLeast,
  kGreatest,
  kConcat,
  kNullIf,
  kIf,
};

struct Function {
  std::string_view name;
  std::string_view usage;    // "round(x [, digits])"
  std::string_view meaning;  // a sentence
  std::string_view example;  // "round(2.5)"; the reference prints its value, and a test evaluates it
  Form form = Form::kStrict;
  std::vector<Overload> overloads;
  int version = 1;
};

// An entry of the table with overloads.
inline Function Strict(std::string_view name, std::string_view usage, std::string_view meaning,
                       std::string_view example, std::vector<Overload> overloads) {
  return {name, usage, meaning, example, Form::kStrict, std::move(overloads)};
}
template <typename T>
std::vector<T> Together(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

struct Section {
  std::string_view title;
  std::vector<Function> functions;
};

// In the order of the reference.
const std::vector<Section>& FunctionSections();
// By name in lower case; null if there is none. Operators and "cast" are in the table too.
const Function* FindFunction(std::string_view name);
// Names that can be called, for suggestions.
const std::vector<std::string>& CallableNames();
// The kind that a letter stands for; kNull for x.
data::TypeKind ParamKind(char letter);
// The operation that widens or converts; null if there is none.
const Overload* FindCast(data::Type from, data::Type to);

// One part of the table each.
std::vector<Function> Operators();
std::vector<Function> Casts();
std::vector<Overload> RemainderOverloads();
std::vector<Function> NumberFunctions();
std::vector<Function> ChoiceFunctions();
std::vector<Function> StringFunctions();
std::vector<Function> TimeFunctions();
std::vector<Function> ListFunctions();

}  // namespace plumb::expr
