// civil_days.h: days since 1970-01-01 to and from the proleptic Gregorian calendar.
//
// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". In 64 bits, because every int64 of microseconds
// is a Time, and those reach years that the date library cannot hold. Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace plumb::base::internal {

struct CivilDate {
  int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

constexpr int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }    // requires: b > 0
constexpr int64_t FloorModulo(int64_t a, int64_t b) { return a % b < 0 ? a % b + b : a % b; }  // requires: b > 0

constexpr int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDivide(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = FloorDivide(days, 146097);
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

constexpr Time AddSaturating(Time time, Duration duration) {
  Time sum = 0;
  if (!__builtin_add_overflow(time, duration, &sum)) return sum;
  return duration > 0 ? kTimeMax : kTimeMin;
}

// days × one day + micros, saturated.
constexpr Time TimeFromDays(int64_t days, Duration micros) {
  Time time = 0;
  if (__builtin_mul_overflow(days, kDay, &time)) {
    // The day before the first representable one can still hold representable instants.
    if (days < 0 && micros > 0 && !__builtin_mul_overflow(days + 1, kDay, &time)) {
      return AddSaturating(time, micros - kDay);
    }
    return days > 0 ? kTimeMax : kTimeMin;
  }
  return AddSaturating(time, micros);
}

}  // namespace plumb::base::internal
