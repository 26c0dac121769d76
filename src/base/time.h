// time.h: instants and spans of time as plumb stores them.
//
// Time is the int64 number of microseconds since 1970-01-01T00:00:00Z (UTC, no leap seconds); Duration is microseconds.
// A Span also counts calendar months, which have no fixed length. Thread safety: values.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::base {

using Time = int64_t;      // microseconds since the epoch, UTC
using Duration = int64_t;  // microseconds

inline constexpr Duration kMillisecond = 1000;
inline constexpr Duration kSecond = 1000 * kMillisecond;
inline constexpr Duration kMinute = 60 * kSecond;
inline constexpr Duration kHour = 60 * kMinute;
inline constexpr Duration kDay = 24 * kHour;
inline constexpr Duration kWeek = 7 * kDay;

// Before and after every instant that an event may have. Real instants lie in years 1 to 9999.
inline constexpr Time kTimeMin = std::numeric_limits<int64_t>::min();
inline constexpr Time kTimeMax = std::numeric_limits<int64_t>::max();

// A length of time: `months` calendar months (the day clamped to the month's end), then `micros`.
struct Span {
  int32_t months = 0;
  Duration micros = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// `time` moved by `sign` (+1, -1) times the span; saturates instead of overflowing. Months are counted in UTC.
Time Move(Time time, const Span& span, int sign);

// "2013-01-01T08:00:00Z", with 3 or 6 fractional digits only when they are not zero. kTimeMin and kTimeMax are
// "-infinity" and "infinity"; other years than 1 to 9999 have a sign and six digits.
std::string FormatTime(Time time);
// "90d", "1h30m", "2mo", "-10m", "0s": the largest units first, weeks as days, parts of a millisecond as us. A sign
// holds until the next one: "2mo-10m". ParseSpan reads all of it back.
std::string FormatSpan(const Span& span);

// Reads ISO 8601: date, date and time (T or blank, seconds and fraction optional), Z or ±hh[:mm]; without a zone it is
// UTC. Years 1 to 9999. Digits beyond the microsecond must be zero.
Result<Time> ParseTime(std::string_view text);
// Reads "10m", "1h30m", "-90d", "2mo"; units ms, s, m, h, d, w, mo.
Result<Span> ParseSpan(std::string_view text);

}  // namespace plumb::base
