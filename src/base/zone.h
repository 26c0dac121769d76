// zone.h: civil time in the zones of the IANA database.
//
// Why: hour('America/New_York') must give the same answer in training, serving and exported code. The database is the
// machine's tzdata; its version is recorded with every model (ZoneDatabaseVersion).
// Thread safety: zones are immutable and live as long as the process.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace plumb::base {

struct CivilTime {
  int year, month, day;      // month 1..12, day 1..31
  int hour, minute, second;  // 0..23, 0..59, 0..59
  int micros;                // 0..999999
  int weekday;               // ISO: Monday 1 .. Sunday 7
  int day_of_year;           // 1..366
};

class Zone;

// kInvalidArgument with a suggestion for an unknown name. "UTC" is always there and needs no database.
Result<const Zone*> FindZone(std::string_view name);
const std::string& ZoneName(const Zone& zone);

CivilTime ToCivil(Time time, const Zone& zone);
// A time in a gap (spring) gives the instant as if the gap were not there; an ambiguous one (autumn) the earlier
// instant.
Time FromCivil(const CivilTime& civil, const Zone& zone);
// The instant at which the civil day, week (Monday) or month that holds `time` began in `zone`.
Time StartOfDay(Time time, const Zone& zone);
Time StartOfWeek(Time time, const Zone& zone);
Time StartOfMonth(Time time, const Zone& zone);

std::string ZoneDatabaseVersion();  // "2025b", or "unknown"

}  // namespace plumb::base
