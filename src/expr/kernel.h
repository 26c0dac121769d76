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
#include "data/type.h"

namespace plumb::expr {

using State = uint8_t;
inline constexpr State kValue = 0;
inline constexpr State kNullState = 1;
inline constexpr State kErrorState = 3;  // null because of an overflow

// bool, int64, timestamp and duration in `i`.
struct Cell {
  int64_t i = 0;
  double d = 0;
  std::string_view s;
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

// Arguments that are fixed when the expression is checked.
struct Constants {
  const base::Zone* zone = nullptr;
  CalendarUnit unit = CalendarUnit::kDay;
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
inline int Order(std::string_view a, std::string_view b) { return a.compare(b) < 0 ? -1 : (a == b ? 0 : 1); }

inline int OrderCells(data::TypeKind kind, const Cell& a, const Cell& b) {
  if (kind == data::TypeKind::kFloat64) return Order(a.d, b.d);
  if (kind == data::TypeKind::kString) return Order(a.s, b.s);
  return Order(a.i, b.i);
}

}  // namespace plumb::expr
