// Functions of timestamps: civil time in a zone (UTC unless one is named), and seconds of the epoch.
// Timestamps outside years 1 to 9999 have no calendar: an overflow.
#include <cmath>

#include "expr/float_result.h"
#include "expr/functions.h"

namespace plumb::expr {
namespace {

using data::TypeKind;

template <int64_t (*part)(const base::CivilTime&)>
State Part(const Cell* a, const Constants& c, Arena*, Cell* out) {
  if (!IsInstant(a[0].i)) return kErrorState;
  out->i = part(base::ToCivil(a[0].i, *c.zone));
  return kValue;
}

int64_t Year(const base::CivilTime& civil) { return civil.year; }
int64_t Quarter(const base::CivilTime& civil) { return (civil.month + 2) / 3; }
int64_t Month(const base::CivilTime& civil) { return civil.month; }
int64_t Day(const base::CivilTime& civil) { return civil.day; }
int64_t Hour(const base::CivilTime& civil) { return civil.hour; }
int64_t Minute(const base::CivilTime& civil) { return civil.minute; }
int64_t Second(const base::CivilTime& civil) { return civil.second; }
int64_t DayOfWeek(const base::CivilTime& civil) { return civil.weekday; }
int64_t DayOfYear(const base::CivilTime& civil) { return civil.day_of_year; }

base::Time StartOfMonthOf(int year, int month, const base::Zone& zone) {
  base::CivilTime noon{};
  noon.year = year;
  noon.month = month;
  noon.day = 1;
  noon.hour = 12;  // the day may not begin at midnight
  return base::StartOfDay(base::FromCivil(noon, zone), zone);
}

base::Time Truncated(base::Time time, CalendarUnit unit, const base::Zone& zone) {
  const base::CivilTime civil = base::ToCivil(time, zone);
  switch (unit) {
    case CalendarUnit::kSecond:
      return time - civil.micros;
    case CalendarUnit::kMinute:
      return time - civil.micros - civil.second * base::kSecond;
    case CalendarUnit::kHour:
      return time - civil.micros - civil.second * base::kSecond - civil.minute * base::kMinute;
    case CalendarUnit::kDay:
      return base::StartOfDay(time, zone);
    case CalendarUnit::kWeek:
      return base::StartOfWeek(time, zone);
    case CalendarUnit::kMonth:
      return base::StartOfMonth(time, zone);
    case CalendarUnit::kQuarter:
      return StartOfMonthOf(civil.year, (civil.month - 1) / 3 * 3 + 1, zone);
    case CalendarUnit::kYear:
      return StartOfMonthOf(civil.year, 1, zone);
  }
  return time;
}

State Truncate(const Cell* a, const Constants& c, Arena*, Cell* out) {
  if (!IsInstant(a[1].i)) return kErrorState;
  out->i = Truncated(a[1].i, c.unit, *c.zone);
  return kValue;
}

State Epoch(const Cell* a, const Constants&, Arena*, Cell* out) {
  return FloatResult(static_cast<double>(a[0].i) / 1e6, true, out);
}

State FromEpoch(const Cell* a, const Constants&, Arena*, Cell* out) {
  const double micros = std::round(a[0].d * 1e6);
  if (!(micros >= -0x1p63 && micros < 0x1p63)) return kErrorState;
  out->i = static_cast<int64_t>(micros);
  return IsInstant(out->i) ? kValue : kErrorState;
}

State AddMonths(const Cell* a, const Constants&, Arena*, Cell* out) {
  constexpr int64_t kMonthsMax = 12 * 10000;
  if (!IsInstant(a[0].i) || a[1].i > kMonthsMax || a[1].i < -kMonthsMax) return kErrorState;
  base::Span months;
  months.months = static_cast<int32_t>(a[1].i);
  out->i = base::Move(a[0].i, months, 1);
  return IsInstant(out->i) ? kValue : kErrorState;
}

Function PartOfTime(std::string_view name, std::string_view usage, std::string_view meaning, std::string_view example,
                    Kernel kernel) {
  return {name,    usage,         meaning,
          example, Form::kStrict, {{"t", TypeKind::kInt64, kernel}, {"tz", TypeKind::kInt64, kernel}}};
}

}  // namespace

std::vector<Function> TimeFunctions() {
  return {
      PartOfTime("year", "year(time [, zone])", "The year.", "year(timestamp '2013-05-06 17:08:09')", Part<Year>),
      PartOfTime("quarter", "quarter(time [, zone])", "1 to 4.", "quarter(timestamp '2013-05-06')", Part<Quarter>),
      PartOfTime("month", "month(time [, zone])", "1 to 12.", "month(timestamp '2013-05-06')", Part<Month>),
      PartOfTime("day", "day(time [, zone])", "The day of the month.", "day(timestamp '2013-05-06')", Part<Day>),
      PartOfTime("hour", "hour(time [, zone])", "0 to 23.", "hour(timestamp '2013-05-06 17:08:09', 'America/New_York')",
                 Part<Hour>),
      PartOfTime("minute", "minute(time [, zone])", "0 to 59.", "minute(timestamp '2013-05-06 17:08:09')",
                 Part<Minute>),
      PartOfTime("second", "second(time [, zone])", "0 to 59.", "second(timestamp '2013-05-06 17:08:09')",
                 Part<Second>),
      PartOfTime("day_of_week", "day_of_week(time [, zone])", "Monday 1 to Sunday 7.",
                 "day_of_week(timestamp '2013-05-06')", Part<DayOfWeek>),
      PartOfTime("day_of_year", "day_of_year(time [, zone])", "1 to 366.", "day_of_year(timestamp '2013-05-06')",
                 Part<DayOfYear>),
      {"date_trunc",
       "date_trunc(unit, time [, zone])",
       "The start of the second, minute, hour, day, week (Monday), month, quarter or year that holds the time.",
       "date_trunc('month', timestamp '2013-05-06 17:08:09')",
       Form::kStrict,
       {{"ut", TypeKind::kTimestamp, Truncate}, {"utz", TypeKind::kTimestamp, Truncate}}},
      {"add_months",
       "add_months(time, n)",
       "n calendar months later (in UTC), at most the month's last day.",
       "add_months(timestamp '2013-01-31', 1)",
       Form::kStrict,
       {{"ti", TypeKind::kTimestamp, AddMonths}}},
      {"epoch",
       "epoch(time)",
       "Seconds since 1970-01-01 00:00 UTC.",
       "epoch(timestamp '1970-01-02')",
       Form::kStrict,
       {{"t", TypeKind::kFloat64, Epoch}}},
      {"from_epoch",
       "from_epoch(seconds)",
       "The time so many seconds after 1970-01-01 00:00 UTC.",
       "from_epoch(1367860089)",
       Form::kStrict,
       {{"f", TypeKind::kTimestamp, FromEpoch}}},
  };
}

}  // namespace plumb::expr
