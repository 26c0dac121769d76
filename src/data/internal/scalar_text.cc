#include "data/internal/scalar_text.h"

#include <charconv>
#include <cstring>

#include "base/time.h"

namespace plumb::data {
namespace {

// from_chars takes no plus sign; people write one.
std::string_view WithoutPlus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return plus ? text.substr(1) : text;
}

template <typename Number>
TextOutcome ReadNumber(std::string_view text, Number* out) {
  const std::string_view digits = WithoutPlus(text);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, *out);
  if (stop != end || error == std::errc::invalid_argument) return TextOutcome::kMalformed;
  return error == std::errc() ? TextOutcome::kRead : TextOutcome::kOutOfRange;
}

// Bytes of the UTF-8 sequence at the start of `text`, or 0 if it is not one (RFC 3629: no surrogates, no overlong
// forms).
size_t SequenceBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : (lead >= 0xe0 ? 3 : 2);
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                     (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return wrong ? 0 : length;
}

bool IsAscii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  uint64_t seen = 0;
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  for (; at < end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & 0x8080808080808080) == 0;
}

}  // namespace

TextOutcome ReadBool(std::string_view text, int64_t* out) {
  const bool yes = text == "true" || text == "1" || text == "True" || text == "TRUE";
  const bool no = text == "false" || text == "0" || text == "False" || text == "FALSE";
  *out = yes ? 1 : 0;
  return yes || no ? TextOutcome::kRead : TextOutcome::kMalformed;
}

TextOutcome ReadInt64(std::string_view text, int64_t* out) { return ReadNumber(text, out); }
TextOutcome ReadFloat64(std::string_view text, double* out) { return ReadNumber(text, out); }

TextOutcome RoundToFloat32(double number, float* out) {
  // Half a unit beyond the largest float: from here on rounding gives infinity.
  constexpr double kTooLarge = 0x1.ffffffp127;
  const bool finite = number - number == 0;
  if (finite && (number >= kTooLarge || number <= -kTooLarge)) return TextOutcome::kOutOfRange;
  *out = CanonicalFloat(static_cast<float>(number));
  return TextOutcome::kRead;
}

TextOutcome ReadDuration(std::string_view text, int64_t* out) {
  const base::Result<base::Span> span = base::ParseSpan(text);
  if (!span.ok() || span->months != 0) return TextOutcome::kMalformed;
  *out = span->micros;
  return TextOutcome::kRead;
}

TextOutcome ReadIsoTime(std::string_view text, int64_t* out) {
  const base::Result<base::Time> time = base::ParseTime(text);
  if (!time.ok()) return TextOutcome::kMalformed;
  *out = *time;
  return TextOutcome::kRead;
}

std::string WantedText(Type type, TextOutcome outcome) {
  const bool range = outcome == TextOutcome::kOutOfRange;
  switch (type.kind) {
    case TypeKind::kBool:
      return "true, false, 1 or 0";
    case TypeKind::kInt64:
      return range ? "a whole number from -2^63 to 2^63-1" : "a whole number";
    case TypeKind::kFloat64:
      return range ? "a number in the range of a double" : "a number";
    case TypeKind::kString:
      return "UTF-8 text";
    case TypeKind::kTimestamp:
      return "an ISO 8601 time such as 2013-01-01T08:00:00Z";
    case TypeKind::kDuration:
      return "a length of time such as 1h30m, without months";
    case TypeKind::kDecimal:
      return range ? fmt::format("at most {} digits before the point and {} after it", type.precision - type.scale,
                                 type.scale)
                   : "a decimal number such as 12.30";
    case TypeKind::kList:
      return fmt::format("a JSON array of {}", TypeName(type.Element()));
    case TypeKind::kVector:
      return fmt::format("a JSON array of {} numbers", type.size);
    case TypeKind::kNull:
      break;
  }
  return "null";
}

std::string ShownText(std::string_view text) {
  constexpr size_t kShown = 80;
  std::string shown;
  while (!text.empty() && shown.size() < kShown) {
    const size_t length = SequenceBytes(text);
    const bool control = static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f;
    if (length == 0 || control) {
      shown += '?';
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return text.empty() ? shown : shown + "...";
}

bool IsUtf8(std::string_view text) {
  if (IsAscii(text)) return true;
  while (!text.empty()) {
    const size_t length = SequenceBytes(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace plumb::data
