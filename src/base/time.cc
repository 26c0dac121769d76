#include "base/time.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/internal/civil_days.h"

namespace plumb::base {
namespace {

using internal::CivilDate;

constexpr Time kFirstInstant = internal::DaysFromCivil(1, 1, 1) * kDay;
constexpr Time kEndOfInstants = internal::DaysFromCivil(10000, 1, 1) * kDay;
constexpr size_t kTextBytesMax = 64;  // no time or span is longer

// Reads fixed forms from the left; the first thing that does not fit makes every later read fail.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool AtEnd() const { return rest_.empty(); }

  // Exactly `digits` decimal digits.
  std::optional<int> Digits(size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // As many decimal digits as there are.
  std::string_view Run() {
    const size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view run = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return run;
  }

  std::string_view Letters() {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] >= 'a' && rest_[end] <= 'z') ++end;
    const std::string_view letters = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return letters;
  }

 private:
  std::string_view rest_;
};

std::string_view Shortened(std::string_view text) { return text.substr(0, kTextBytesMax); }

Status NotATime(std::string_view text) {
  return InvalidArgument("Time is not valid: {}.", Shortened(text))
      .WithSuggestion("Write it as 2013-01-31 or 2013-01-31T08:00:00Z.");
}

// "08:00", "08:00:30", "08:00:30.25" as micros of the day.
std::optional<Duration> ReadTimeOfDay(Cursor* cursor) {
  const std::optional<int> hour = cursor->Digits(2);
  if (!hour || *hour > 23 || !cursor->Skip(':')) return std::nullopt;
  const std::optional<int> minute = cursor->Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  const Duration whole_minutes = *hour * kHour + *minute * kMinute;
  if (!cursor->Skip(':')) return whole_minutes;

  const std::optional<int> second = cursor->Digits(2);
  if (!second || *second > 59) return std::nullopt;
  const Duration whole_seconds = whole_minutes + *second * kSecond;
  if (!cursor->Skip('.')) return whole_seconds;

  const std::string_view fraction = cursor->Run();
  if (fraction.empty() || fraction.size() > 9) return std::nullopt;
  Duration micros = 0;
  for (size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  // Nanoseconds that are not zero would be lost without a word.
  for (size_t i = 6; i < fraction.size(); ++i) {
    if (fraction[i] != '0') return std::nullopt;
  }
  return whole_seconds + micros;
}

// "Z", "+01", "-05:30" or nothing, as what local time is ahead of UTC.
std::optional<Duration> ReadZoneOffset(Cursor* cursor) {
  if (cursor->AtEnd() || cursor->Skip('Z')) return 0;
  const bool is_west = cursor->Peek() == '-';
  if (!cursor->Skip('+') && !cursor->Skip('-')) return std::nullopt;
  const std::optional<int> hours = cursor->Digits(2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (cursor->Skip(':')) {
    const std::optional<int> digits = cursor->Digits(2);
    if (!digits || *digits > 59) return std::nullopt;
    minutes = *digits;
  }
  const Duration ahead = *hours * kHour + minutes * kMinute;
  return is_west ? -ahead : ahead;
}

struct SpanUnit {
  std::string_view name;
  int32_t months;
  Duration micros;
};

// Largest first, which is also the order in which a span is written.
constexpr std::array<SpanUnit, 8> kSpanUnits = {{{"mo", 1, 0},
                                                 {"w", 0, kWeek},
                                                 {"d", 0, kDay},
                                                 {"h", 0, kHour},
                                                 {"m", 0, kMinute},
                                                 {"s", 0, kSecond},
                                                 {"ms", 0, kMillisecond},
                                                 {"us", 0, 1}}};

Status NotASpan(std::string_view text) {
  return InvalidArgument("Duration is not valid: {}.", Shortened(text))
      .WithSuggestion("Write whole numbers with the units mo, w, d, h, m, s, ms, the largest first: 90d, 1h30m, -10m.");
}

std::optional<int64_t> ToInt64(std::string_view digits) {
  int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, int64_t{10}, &value) || __builtin_add_overflow(value, c - '0', &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// Adds sign × amount of the unit; false when it does not fit.
bool AddToSpan(const SpanUnit& unit, int64_t amount, int sign, Span* span) {
  int64_t months = 0;
  Duration micros = 0;
  if (__builtin_mul_overflow(amount, int64_t{unit.months} * sign, &months)) return false;
  if (__builtin_mul_overflow(amount, unit.micros * sign, &micros)) return false;
  if (months < std::numeric_limits<int32_t>::min() || months > std::numeric_limits<int32_t>::max()) return false;
  span->months += static_cast<int32_t>(months);  // months come once
  return !__builtin_add_overflow(span->micros, micros, &span->micros);
}

void AppendSpanPart(uint64_t micros, std::string* out) {
  for (const SpanUnit& unit : kSpanUnits) {
    if (unit.micros == 0 || unit.name == "w") continue;  // 90d is what people write, not 12w6d
    const uint64_t size = static_cast<uint64_t>(unit.micros);
    if (micros >= size) out->append(fmt::format("{}{}", micros / size, unit.name));
    micros %= size;
  }
}

Time AddMonths(Time time, int64_t months) {
  if (months == 0) return time;
  const int64_t days = internal::FloorDivide(time, kDay);
  const Duration time_of_day = internal::FloorModulo(time, kDay);
  const CivilDate date = internal::CivilFromDays(days);
  const int64_t month_count = date.year * 12 + (date.month - 1) + months;
  const int64_t year = internal::FloorDivide(month_count, 12);
  const int month = static_cast<int>(month_count - year * 12) + 1;
  const int day = std::min(date.day, internal::DaysInMonth(year, month));
  return internal::TimeFromDays(internal::DaysFromCivil(year, month, day), time_of_day);
}

Duration NegateSaturating(Duration micros) {
  return micros == std::numeric_limits<Duration>::min() ? std::numeric_limits<Duration>::max() : -micros;
}

}  // namespace

Time Move(Time time, const Span& span, int sign) {
  const Time moved = AddMonths(time, int64_t{span.months} * (sign < 0 ? -1 : 1));
  return internal::AddSaturating(moved, sign < 0 ? NegateSaturating(span.micros) : span.micros);
}

std::string FormatTime(Time time) {
  if (time == kTimeMin) return "-infinity";
  if (time == kTimeMax) return "infinity";
  const int64_t days = internal::FloorDivide(time, kDay);
  const Duration of_day = internal::FloorModulo(time, kDay);
  const CivilDate date = internal::CivilFromDays(days);
  const bool is_usual = time >= kFirstInstant && time < kEndOfInstants;
  std::string out = is_usual ? fmt::format("{:04}", date.year) : fmt::format("{:+07}", date.year);
  out += fmt::format("-{:02}-{:02}T{:02}:{:02}:{:02}", date.month, date.day, of_day / kHour, of_day / kMinute % 60,
                     of_day / kSecond % 60);
  const Duration micros = of_day % kSecond;
  if (micros % kMillisecond != 0) {
    out += fmt::format(".{:06}", micros);
  } else if (micros != 0) {
    out += fmt::format(".{:03}", micros / kMillisecond);
  }
  return out + "Z";
}

std::string FormatSpan(const Span& span) {
  std::string out;
  if (span.months != 0) out = fmt::format("{}mo", span.months);
  if (span.micros != 0) {
    const bool is_negative = span.micros < 0;
    if (is_negative && span.months >= 0) out.push_back('-');
    if (!is_negative && span.months < 0) out.push_back('+');
    const uint64_t magnitude = static_cast<uint64_t>(span.micros);
    AppendSpanPart(is_negative ? uint64_t{0} - magnitude : magnitude, &out);
  }
  return out.empty() ? "0s" : out;
}

Result<Time> ParseTime(std::string_view text) {
  Cursor cursor(text);
  const std::optional<int> year = cursor.Digits(4);
  if (!year || *year < 1 || !cursor.Skip('-')) return NotATime(text);
  const std::optional<int> month = cursor.Digits(2);
  if (!month || *month < 1 || *month > 12 || !cursor.Skip('-')) return NotATime(text);
  const std::optional<int> day = cursor.Digits(2);
  if (!day || *day < 1 || *day > internal::DaysInMonth(*year, *month)) return NotATime(text);
  const Time midnight = internal::DaysFromCivil(*year, *month, *day) * kDay;
  if (cursor.AtEnd()) return midnight;

  if (!cursor.Skip('T') && !cursor.Skip(' ')) return NotATime(text);
  const std::optional<Duration> of_day = ReadTimeOfDay(&cursor);
  if (!of_day) return NotATime(text);
  const std::optional<Duration> ahead = ReadZoneOffset(&cursor);
  if (!ahead || !cursor.AtEnd()) return NotATime(text);
  const Time time = midnight + *of_day - *ahead;
  if (time < kFirstInstant || time >= kEndOfInstants) {
    return InvalidArgument("Time is outside of the years 1 to 9999: {}.", Shortened(text));
  }
  return time;
}

Result<Span> ParseSpan(std::string_view text) {
  if (text.empty() || text.size() > kTextBytesMax) return NotASpan(text);
  Cursor cursor(text);
  Span span;
  int sign = 1;
  size_t next_unit = 0;  // each unit at most once, the largest first
  while (!cursor.AtEnd()) {
    if (cursor.Skip('-')) {
      sign = -1;
    } else if (cursor.Skip('+')) {
      sign = 1;
    }
    const std::string_view digits = cursor.Run();
    const std::string_view name = cursor.Letters();
    while (next_unit < kSpanUnits.size() && kSpanUnits[next_unit].name != name) ++next_unit;
    if (digits.empty() || next_unit == kSpanUnits.size()) return NotASpan(text);
    const std::optional<int64_t> amount = ToInt64(digits);
    if (!amount || !AddToSpan(kSpanUnits[next_unit], *amount, sign, &span)) {
      return InvalidArgument("Duration is too long: {}.", Shortened(text));
    }
    ++next_unit;
  }
  return span;
}

}  // namespace plumb::base
