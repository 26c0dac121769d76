// type.h: the types of the feature language and how values of them are held.
//
// bool, int64, float64, string, timestamp (µs UTC), duration (µs), decimal(p, s), list(T) of one of the types before,
// vector(float32, n); kNull is the type of a bare null literal only. NaN is one canonical value that equals itself and
// sorts last; -0 becomes +0 (CanonicalDouble does both, CanonicalFloat for elements of vectors).
//
// Storage. A value is one of three things: a 64-bit integer (bool, int64, timestamp, duration, decimals of up to 18
// digits as their unscaled integer), a double, or bytes: a string, a decimal of more digits (its unscaled integer, 16
// bytes little endian), a list or a vector (list.h).
//
// Thread safety: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::data {

enum class TypeKind : uint8_t {
  kNull,
  kBool,
  kInt64,
  kFloat64,
  kString,
  kTimestamp,
  kDuration,
  kDecimal,
  kList,
  kVector
};

enum class Storage : uint8_t { kInts, kDoubles, kBytes };

struct Type {
  TypeKind kind = TypeKind::kNull;
  TypeKind element = TypeKind::kNull;  // of a list
  uint8_t precision = 0, scale = 0;    // of a decimal, or of a list's decimals: 1 ≤ p ≤ 38, s ≤ p
  uint32_t size = 0;                   // of a vector: elements, 1 to kVectorSizeMax
  static constexpr uint8_t kPrecisionMax = 38, kNarrowPrecisionMax = 18;
  static constexpr uint32_t kVectorSizeMax = 65536;

  constexpr Type() = default;
  constexpr Type(TypeKind k) : kind(k) {}  // NOLINT(google-explicit-constructor)
  // Requires: the bounds above; `element` is no list and no vector.
  static constexpr Type Decimal(int precision, int scale) {
    Type type(TypeKind::kDecimal);
    type.precision = static_cast<uint8_t>(precision);
    type.scale = static_cast<uint8_t>(scale);
    return type;
  }
  static constexpr Type List(Type element) {
    Type type = element;
    type.kind = TypeKind::kList;
    type.element = element.kind;
    return type;
  }
  static constexpr Type Vector(uint32_t size) {
    Type type(TypeKind::kVector);
    type.size = size;
    return type;
  }
  // Of a list's elements.
  [[nodiscard]] constexpr Type Element() const {
    Type type = *this;
    type.kind = element;
    type.element = TypeKind::kNull;
    return type;
  }
  friend constexpr bool operator==(const Type&, const Type&) = default;
  [[nodiscard]] bool IsNumeric() const { return kind == TypeKind::kInt64 || kind == TypeKind::kFloat64; }
  [[nodiscard]] constexpr bool IsDecimal() const { return kind == TypeKind::kDecimal; }
  [[nodiscard]] constexpr bool IsWideDecimal() const { return IsDecimal() && precision > kNarrowPrecisionMax; }
  [[nodiscard]] constexpr Storage storage() const {
    if (kind == TypeKind::kFloat64) return Storage::kDoubles;
    const bool is_bytes =
        kind == TypeKind::kString || kind == TypeKind::kList || kind == TypeKind::kVector || IsWideDecimal();
    return is_bytes ? Storage::kBytes : Storage::kInts;
  }
  // Integers that mean themselves: bool (0/1), int64, timestamp, duration. Decimals are not among them.
  [[nodiscard]] bool IsIntegral() const {
    return kind == TypeKind::kBool || kind == TypeKind::kInt64 || kind == TypeKind::kTimestamp ||
           kind == TypeKind::kDuration;
  }
};

// "float64", "decimal(12, 2)", "list(string)", "vector(float32, 768)"; as written in project files.
std::string TypeName(Type type);
// kInvalidArgument with a suggestion for an unknown name. Narrower names widen: int32 → int64, float32 → float64.
base::Result<Type> ParseType(std::string_view name);
const std::vector<std::string>& TypeNames();

double CanonicalDouble(double value);
float CanonicalFloat(float value);

struct Field {
  std::string name;
  Type type;
  friend bool operator==(const Field&, const Field&) = default;
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Field> fields) : fields_(std::move(fields)) {}
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  [[nodiscard]] size_t size() const { return fields_.size(); }
  // Position of the field, or -1.
  [[nodiscard]] int IndexOf(std::string_view name) const;
  [[nodiscard]] const Field* Find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> Names() const;
  void Add(std::string name, Type type) { fields_.push_back({std::move(name), type}); }
  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
};

}  // namespace plumb::data
