#include "data/timestamp_parser.h"

#include <algorithm>
#include <optional>

#include "data/internal/scalar_text.h"

namespace plumb::data {
namespace {

constexpr std::string_view kDirectives = "YymdHIpMSfbjzsQ";
constexpr size_t kFormatBytesMax = 200;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysOfMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

// What the directives have said so far.
struct Parts {
  int year = 1970, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, micros = 0;
  std::optional<int> day_of_year;
  std::optional<bool> pm;
  std::optional<int> offset_minutes;
  std::optional<int64_t> epoch_micros;
};

// The text that is still to be read.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  [[nodiscard]] bool AtEnd() const { return text_.empty(); }

  bool Literal(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Blanks() {
    if (text_.empty() || !IsBlank(text_[0])) return false;
    while (!text_.empty() && IsBlank(text_[0])) text_.remove_prefix(1);
    return true;
  }
  // From `least` to `most` digits.
  bool Number(size_t least, size_t most, int* out) {
    size_t digits = 0;
    int value = 0;
    while (digits < most && digits < text_.size() && IsDigit(text_[digits]))
      value = value * 10 + (text_[digits++] - '0');
    if (digits < least) return false;
    text_.remove_prefix(digits);
    *out = value;
    return true;
  }
  bool Fraction(int* micros) {
    size_t digits = 0;
    int value = 0;
    for (; digits < text_.size() && digits < 9 && IsDigit(text_[digits]); ++digits) {
      if (digits < 6) value = value * 10 + (text_[digits] - '0');
    }
    if (digits == 0) return false;
    for (size_t i = digits; i < 6; ++i) value *= 10;
    text_.remove_prefix(digits);
    *micros = value;
    return true;
  }
  bool Word(std::string_view lower) {
    if (text_.size() < lower.size()) return false;
    for (size_t i = 0; i < lower.size(); ++i) {
      const char c = text_[i];
      if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
    }
    text_.remove_prefix(lower.size());
    return true;
  }
  bool Epoch(int64_t unit, int64_t* micros) {
    const size_t sign = !text_.empty() && text_[0] == '-' ? 1 : 0;
    size_t length = sign;
    while (length < text_.size() && IsDigit(text_[length])) ++length;
    int64_t count = 0;
    if (length == sign || ReadInt64(text_.substr(0, length), &count) != TextOutcome::kRead) return false;
    text_.remove_prefix(length);
    return !__builtin_mul_overflow(count, unit, micros);
  }
  bool Month(int* month) {
    constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                            "july",    "august",   "september", "october", "november", "december"};
    for (int i = 0; i < 12; ++i) {
      if (Word(kMonths[i]) || Word(kMonths[i].substr(0, 3))) {
        *month = i + 1;
        return true;
      }
    }
    return false;
  }
  // "Z", "+hh", "+hhmm" or "+hh:mm".
  bool Offset(int* minutes) {
    if (Literal('Z') || Literal('z')) {
      *minutes = 0;
      return true;
    }
    const bool negative = Literal('-');
    int hours = 0;
    int rest = 0;
    if (!negative && !Literal('+')) return false;
    if (!Number(2, 2, &hours)) return false;
    const bool colon = Literal(':');
    const bool more = !AtEnd() && IsDigit(text_[0]);
    if ((colon || more) && !Number(2, 2, &rest)) return false;
    if (hours > 23 || rest > 59) return false;
    *minutes = (negative ? -1 : 1) * (hours * 60 + rest);
    return true;
  }

 private:
  std::string_view text_;
};

template <typename T, typename Read>
bool ReadInto(std::optional<T>* out, Read read) {
  T value{};
  if (!read(&value)) return false;
  *out = value;
  return true;
}

bool ReadTwoDigitYear(Cursor* cursor, int* year) {
  if (!cursor->Number(2, 2, year)) return false;
  *year += *year >= 69 ? 1900 : 2000;
  return true;
}

bool ReadHalfDay(Cursor* cursor, Parts* parts) {
  const bool am = cursor->Word("am");
  if (!am && !cursor->Word("pm")) return false;
  parts->pm = !am;
  return true;
}

bool ReadDirective(char directive, Cursor* cursor, Parts* parts) {
  switch (directive) {
    case 'Y':
      return cursor->Number(4, 4, &parts->year);
    case 'y':
      return ReadTwoDigitYear(cursor, &parts->year);
    case 'm':
      return cursor->Number(1, 2, &parts->month);
    case 'b':
      return cursor->Month(&parts->month);
    case 'd':
      return cursor->Number(1, 2, &parts->day);
    case 'H':
    case 'I':
      return cursor->Number(1, 2, &parts->hour) && (directive == 'H' || (parts->hour >= 1 && parts->hour <= 12));
    case 'M':
      return cursor->Number(1, 2, &parts->minute);
    case 'S':
      return cursor->Number(1, 2, &parts->second);
    case 'f':
      return cursor->Fraction(&parts->micros);
    case 'p':
      return ReadHalfDay(cursor, parts);
    case 'j':
      return ReadInto(&parts->day_of_year, [&](int* out) { return cursor->Number(1, 3, out); });
    case 'z':
      return ReadInto(&parts->offset_minutes, [&](int* out) { return cursor->Offset(out); });
    case 's':
      return ReadInto(&parts->epoch_micros, [&](int64_t* out) { return cursor->Epoch(base::kSecond, out); });
    default:  // 'Q'
      return ReadInto(&parts->epoch_micros, [&](int64_t* out) { return cursor->Epoch(base::kMillisecond, out); });
  }
}

bool AreValid(const Parts& parts) {
  if (parts.year < 1 || parts.month < 1 || parts.month > 12 || parts.day < 1) return false;
  if (parts.day > DaysOfMonth(parts.year, parts.month)) return false;
  if (parts.minute > 59 || parts.second > 59 || parts.hour > 24) return false;
  return parts.hour < 24 || (parts.minute == 0 && parts.second == 0 && parts.micros == 0);
}

// Turns the day of the year into month and day.
bool ResolveDayOfYear(Parts* parts) {
  if (!parts->day_of_year.has_value()) return true;
  int day = *parts->day_of_year;
  if (day < 1 || day > (IsLeap(parts->year) ? 366 : 365)) return false;
  int month = 1;
  while (day > DaysOfMonth(parts->year, month)) day -= DaysOfMonth(parts->year, month++);
  parts->month = month;
  parts->day = day;
  return true;
}

// 24:00 is the first moment of the next day.
void CarryHour24(Parts* parts) {
  if (parts->hour != 24) return;
  parts->hour = 0;
  if (++parts->day <= DaysOfMonth(parts->year, parts->month)) return;
  parts->day = 1;
  if (++parts->month <= 12) return;
  parts->month = 1;
  ++parts->year;
}

base::Time InstantOf(const Parts& parts, const base::Zone* zone) {
  if (zone == nullptr || parts.offset_minutes.has_value()) {
    const int64_t seconds = DaysFromCivil(parts.year, parts.month, parts.day) * 86400 + parts.hour * 3600 +
                            (parts.minute - parts.offset_minutes.value_or(0)) * 60 + parts.second;
    return seconds * base::kSecond + parts.micros;
  }
  base::CivilTime civil{};
  civil.year = parts.year;
  civil.month = parts.month;
  civil.day = parts.day;
  civil.hour = parts.hour;
  civil.minute = parts.minute;
  civil.second = parts.second;
  civil.micros = parts.micros;
  return base::FromCivil(civil, *zone);
}

bool Resolve(Parts parts, const base::Zone* zone, base::Time* out) {
  if (parts.epoch_micros.has_value()) {
    if (__builtin_add_overflow(*parts.epoch_micros, int64_t{parts.micros}, out)) return false;
  } else {
    if (parts.pm.has_value()) parts.hour = parts.hour % 12 + (*parts.pm ? 12 : 0);
    if (!ResolveDayOfYear(&parts) || !AreValid(parts)) return false;
    CarryHour24(&parts);
    if (parts.year > 9999) return false;
    *out = InstantOf(parts, zone);
  }
  return *out >= kFirstInstant && *out <= kLastInstant;
}

// Whether an ISO text says its offset itself: Z at the end, or a sign after the date.
bool HasOffset(std::string_view text) {
  if (!text.empty() && (text.back() == 'Z' || text.back() == 'z')) return true;
  return text.find_first_of("+-", 10) != std::string_view::npos;
}

base::Status CheckDirectives(std::string_view format, const std::string& found) {
  const auto has = [&](char c) { return found.find(c) != std::string::npos; };
  const bool year = has('Y') || has('y');
  const bool date = has('s') || has('Q') || (year && (has('j') || ((has('m') || has('b')) && has('d'))));
  if (!date) {
    return base::InvalidArgument("Timestamp format has no date: {}.", ShownText(format))
        .WithSuggestion("A date is %Y with %m and %d, or %F, %j with %Y, %s or %Q.");
  }
  if (has('I') != has('p')) {
    return base::InvalidArgument("Timestamp format needs %I and %p together: {}.", ShownText(format));
  }
  return {};
}

std::string Expand(std::string_view format) {
  std::string expanded;
  for (size_t i = 0; i < format.size(); ++i) {
    const std::string_view pair = format.substr(i, 2);
    if (pair == "%F" || pair == "%T") {
      expanded += pair == "%F" ? "%Y-%m-%d" : "%H:%M:%S";
      ++i;
    } else if (pair.size() == 2 && pair[0] == '%') {
      expanded += pair;
      ++i;
    } else {
      expanded += format[i];
    }
  }
  return expanded;
}

}  // namespace

base::Status TimestampParser::Compile(std::string_view format, std::vector<Step>* steps) {
  if (format.size() > kFormatBytesMax) {
    return base::InvalidArgument("Timestamp format is too long: {} bytes, at most {}.", format.size(), kFormatBytesMax);
  }
  const std::string expanded = Expand(format);
  std::string found;
  for (size_t i = 0; i < expanded.size(); ++i) {
    if (expanded[i] != '%') {
      const bool repeated = IsBlank(expanded[i]) && !steps->empty() && IsBlank(steps->back().literal);
      if (!repeated) steps->push_back({0, expanded[i]});
      continue;
    }
    const char directive = ++i < expanded.size() ? expanded[i] : '\0';
    if (directive == '%') {
      steps->push_back({0, '%'});
      continue;
    }
    if (directive == '\0' || kDirectives.find(directive) == std::string_view::npos) {
      return base::InvalidArgument("Timestamp format has an unknown directive: %{} in {}.",
                                   ShownText(std::string_view(&directive, directive == '\0' ? 0 : 1)),
                                   ShownText(format));
    }
    steps->push_back({directive, 0});
    found += directive;
  }
  return CheckDirectives(format, found);
}

base::Result<TimestampParser> TimestampParser::Make(const TimestampFormat& format) {
  TimestampParser parser;
  parser.format_ = format.format;
  if (!format.format.empty()) PLUMB_RETURN_IF_ERROR(Compile(format.format, &parser.steps_));
  if (format.zone != "UTC") {
    PLUMB_ASSIGN_OR_RETURN(parser.zone_, base::FindZone(format.zone));
  }
  return parser;
}

bool TimestampParser::ParseIso(std::string_view text, base::Time* out) const {
  if (ReadIsoTime(text, out) != TextOutcome::kRead) return false;
  if (zone_ == nullptr || HasOffset(text)) return true;
  static const base::Zone* utc = base::FindZone("UTC").value();
  *out = base::FromCivil(base::ToCivil(*out, *utc), *zone_);
  return true;
}

bool TimestampParser::Parse(std::string_view text, base::Time* out) const {
  if (steps_.empty()) return ParseIso(text, out);
  Cursor cursor(text);
  Parts parts;
  for (const Step& step : steps_) {
    bool read = false;
    if (step.directive != 0) {
      read = ReadDirective(step.directive, &cursor, &parts);
    } else {
      read = IsBlank(step.literal) ? cursor.Blanks() : cursor.Literal(step.literal);
    }
    if (!read) return false;
  }
  return cursor.AtEnd() && Resolve(parts, zone_, out);
}

std::string TimestampParser::Wanted() const {
  if (steps_.empty()) return WantedText(TypeKind::kTimestamp, TextOutcome::kMalformed);
  return fmt::format("a time like \"{}\"", format_);
}

}  // namespace plumb::data
