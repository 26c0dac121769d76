#include "data/internal/decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace plumb::data {
namespace {

static_assert(std::endian::native == std::endian::little, "Values are held in little endian.");

constexpr int kDigitsMax = Type::kPrecisionMax;

constexpr auto kPowers = [] {
  std::array<Int128, kDigitsMax + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// A decimal number taken apart: mantissa · 10^exponent.
struct Parts {
  bool negative = false;
  bool too_long = false;  // more than 38 digits: mantissa is not to be used
  Int128 mantissa = 0;
  int64_t exponent = 0;
};

class PartsReader {
 public:
  explicit PartsReader(std::string_view text) : text_(text) {}

  bool Read(Parts* parts) {
    parts->negative = !Skip('+') && Skip('-');
    size_t digits = ReadDigits(parts);
    if (Skip('.')) {
      const size_t fraction = ReadDigits(parts);
      parts->exponent = -static_cast<int64_t>(fraction);
      digits += fraction;
    }
    if (digits == 0) return false;
    if ((Skip('e') || Skip('E')) && !ReadExponent(parts)) return false;
    return at_ == text_.size();
  }

 private:
  bool Skip(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool AtDigit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }

  size_t ReadDigits(Parts* parts) {
    const size_t begin = at_;
    for (; AtDigit(); ++at_) {
      parts->too_long = parts->too_long || parts->mantissa >= PowerOfTen(kDigitsMax - 1);
      if (!parts->too_long) parts->mantissa = parts->mantissa * 10 + (text_[at_] - '0');
    }
    return at_ - begin;
  }

  bool ReadExponent(Parts* parts) {
    constexpr int64_t kExponentMax = 1 << 20;
    const bool negative = !Skip('+') && Skip('-');
    if (!AtDigit()) return false;
    int64_t exponent = 0;
    for (; AtDigit(); ++at_) exponent = std::min<int64_t>(exponent * 10 + (text_[at_] - '0'), kExponentMax);
    parts->exponent += negative ? -exponent : exponent;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Int128 PowerOfTen(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

bool FitsPrecision(Type decimal, Int128 unscaled) {
  const Int128 bound = PowerOfTen(decimal.precision);
  return unscaled > -bound && unscaled < bound;
}

TextOutcome ReadDecimal(Type decimal, std::string_view text, Int128* unscaled) {
  Parts parts;
  if (!PartsReader(text).Read(&parts)) return TextOutcome::kMalformed;
  const int64_t shift = decimal.scale + parts.exponent;
  *unscaled = 0;
  // A mantissa of more digits than any decimal has can only become longer.
  if (parts.too_long || shift < 0) return TextOutcome::kOutOfRange;
  if (parts.mantissa == 0) return TextOutcome::kRead;
  Int128 value = 0;
  if (shift > kDigitsMax || __builtin_mul_overflow(parts.mantissa, PowerOfTen(static_cast<int>(shift)), &value) ||
      !FitsPrecision(decimal, value)) {
    return TextOutcome::kOutOfRange;
  }
  *unscaled = parts.negative ? -value : value;
  return TextOutcome::kRead;
}

std::string DecimalText(Type decimal, Int128 unscaled) {
  const bool negative = unscaled < 0;
  Int128 left = negative ? -unscaled : unscaled;
  std::string reversed;
  for (size_t digits = 0; left != 0 || digits <= decimal.scale; ++digits) {
    if (digits == decimal.scale && digits > 0) reversed.push_back('.');
    reversed.push_back(static_cast<char>('0' + static_cast<int>(left % 10)));
    left /= 10;
  }
  if (negative) reversed.push_back('-');
  return {reversed.rbegin(), reversed.rend()};
}

std::string WideDecimalBytes(Int128 unscaled) {
  std::string bytes(kWideDecimalBytes, '\0');
  std::memcpy(bytes.data(), &unscaled, kWideDecimalBytes);
  return bytes;
}

Int128 Int128Of(std::string_view bytes) {
  Int128 unscaled = 0;
  std::memcpy(&unscaled, bytes.data(), std::min(bytes.size(), kWideDecimalBytes));
  return unscaled;
}

}  // namespace plumb::data
