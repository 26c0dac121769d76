// value.h: one value of any type, or null. For single rows, literals, the brute-force evaluator and display; bulk work
// uses Column.
//
// Equality and order are total and canonical: null first, then by value, NaN equal to itself and after every number.
// Thread safety: values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "data/type.h"

namespace plumb::data {

using Int128 = __int128;

class Value {
 public:
  Value() = default;  // null of unknown type
  static Value Null(Type type);
  static Value Bool(bool value);
  static Value Int64(int64_t value);
  static Value Float64(double value);  // canonicalised
  static Value String(std::string value);
  static Value Timestamp(base::Time value);
  static Value Duration(base::Duration value);
  // bool, int64, timestamp or duration from its integer form.
  static Value Integral(Type type, int64_t value);
  // Requires: a decimal type, and |unscaled| < 10^precision.
  static Value Decimal(Type type, Int128 unscaled);
  // A value of any type with Storage::kBytes from its bytes. Requires: they are of that form.
  static Value Bytes(Type type, std::string bytes);

  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] bool is_null() const { return null_; }
  // Require the matching type and not null.
  [[nodiscard]] bool AsBool() const { return int_ != 0; }
  [[nodiscard]] int64_t AsInt() const { return int_; }  // bool, int64, timestamp, duration
  [[nodiscard]] double AsDouble() const { return double_; }
  [[nodiscard]] const std::string& AsString() const { return string_; }  // the bytes of any type with Storage::kBytes
  [[nodiscard]] Int128 AsDecimal() const;                                // unscaled

  // Same type, same nullness, same bits.
  friend bool operator==(const Value& a, const Value& b) { return a.Compare(b) == 0; }
  [[nodiscard]] int Compare(const Value& other) const;

  // For people and tables: null, true, 12, 0.1, text, 2013-01-01T08:00:00Z, 1h30m, 12.30, [1, 2, null], ["a"]. Doubles
  // by their shortest exact text.
  [[nodiscard]] std::string ToString() const;
  // timestamp as ISO text, duration as text ("1h30m"), decimals as text ("12.30", exactly), NaN/Infinity as strings,
  // lists and vectors as arrays, the rest natively.
  [[nodiscard]] base::Json ToJson() const;

 private:
  Type type_;
  bool null_ = true;
  int64_t int_ = 0;
  double double_ = 0;
  std::string string_;
};

// Reads a value of `type` from text (as in CSV and on the command line; lists and vectors as JSON arrays) or JSON (as
// in requests; an int is taken for float64, an ISO text for timestamp, a number or a text for a decimal). A decimal
// with more digits after the point than its scale is refused, not rounded. kInvalidArgument says what was wanted.
base::Result<Value> ParseValue(Type type, std::string_view text);
base::Result<Value> ValueFromJson(Type type, const base::Json& json);

// A byte string that is equal iff the values are, for any sequence of values: keys and canonical encodings. Sorts by
// type within equal types: ints, doubles, strings in value order; null before all.
void AppendCanonical(const Value& value, std::string* out);

}  // namespace plumb::data
