// kernel.h: how one operation computes one value: the meeting point of the two evaluators.
//
// Every strict operation (null if an argument is null) is one small function over raw cells. The row evaluator calls it
// on a tree; the vectorised one calls it in a loop, or replaces it by a loop of its own (fast) that gives the same
// bits.
//
// A state says what a cell holds. States of arguments combine by |: null with null is null, anything with error is
// error.
//
// Thread safety: values; an Arena has one user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <limits>
#include <string>
#include <string_view>

#include "base/zone.h"
#include "data/value.h"

namespace plumb::expr {

using State = uint8_t;
inline constexpr State kValue = 0;
inline constexpr State kNullState = 1;
inline constexpr State kErrorState = 3;  // null because of an overflow

// What a kernel reads and writes; which member is meant, the types say. Null is no value: then nothing is.
union Cell {
  Cell() : w(0) {}
  data::Int128 w;  // decimals of every precision, unscaled
  int64_t i;       // bool, int64, timestamp, duration
  double d;
  std::string_view s;  // the bytes of strings, lists and vectors
};

// Holds the bytes of computed strings until Clear. Views into it stay good.
class Arena {
 public:
  std::string_view Keep(std::string text) { return texts_.emplace_front(std::move(text)); }
  void Clear() { texts_.clear(); }

 private:
  std::forward_list<std::string> texts_;
};

enum class CalendarUnit : uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

// What is fixed when the expression is checked.
struct Constants {
  const base::Zone* zone = nullptr;
  CalendarUnit unit = CalendarUnit::kDay;
  int64_t number = 0;
  data::Type args[2];  // of the first two arguments
  data::Type result;
};

// Requires: all arguments are values. Strings in `args` outlive the arena's content.
using Kernel = State (*)(const Cell* args, const Constants& constants, Arena* arena, Cell* out);

inline constexpr size_t kKernelArgsMax = 4;
inline constexpr size_t kStringBytesMax = 1 << 20;  // a longer computed string is an overflow

inline bool IsFinite(double x) { return x - x == 0; }
inline bool IsNan(double x) { return x != x; }
inline double Canonical(double x) { return x != x ? std::numeric_limits<double>::quiet_NaN() : x + 0.0; }

// The canonical order: NaN equals itself and comes last.
inline int Order(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  return static_cast<int>(IsNan(a)) - static_cast<int>(IsNan(b));
}
inline int Order(int64_t a, int64_t b) { return static_cast<int>(a > b) - static_cast<int>(a < b); }
inline int Order(data::Int128 a, data::Int128 b) { return static_cast<int>(a > b) - static_cast<int>(a < b); }
inline int Order(std::string_view a, std::string_view b) { return a.compare(b) < 0 ? -1 : (a == b ? 0 : 1); }

// How the values of a type lie in cells and registers.
enum class Storage : uint8_t { kInts, kDoubles, kBytes, kDecimals };
inline Storage StorageOf(data::Type type) {
  if (type.IsDecimal()) return Storage::kDecimals;
  if (type.storage() == data::Storage::kDoubles) return Storage::kDoubles;
  return type.storage() == data::Storage::kBytes ? Storage::kBytes : Storage::kInts;
}

// Both of one type. Of lists and vectors it says only whether they are equal.
inline int OrderCells(Storage storage, const Cell& a, const Cell& b) {
  switch (storage) {
    case Storage::kInts:
      return Order(a.i, b.i);
    case Storage::kDoubles:
      return Order(a.d, b.d);
    case Storage::kBytes:
      return Order(a.s, b.s);
    case Storage::kDecimals:
      return Order(a.w, b.w);
  }
  return 0;
}

}  // namespace plumb::expr
