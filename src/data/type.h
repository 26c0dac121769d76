// type.h: the types of the feature language and how values of them are held.
//
// bool, int64, float64, string, timestamp (µs UTC), duration (µs); kNull is the type of a bare null literal only.
// NaN is one canonical value that equals itself and sorts last; -0 becomes +0 (CanonicalDouble does both).
// Thread safety: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::data {

enum class TypeKind : uint8_t { kNull, kBool, kInt64, kFloat64, kString, kTimestamp, kDuration };

struct Type {
  TypeKind kind = TypeKind::kNull;
  constexpr Type() = default;
  constexpr Type(TypeKind k) : kind(k) {}  // NOLINT(google-explicit-constructor)
  friend constexpr bool operator==(const Type&, const Type&) = default;
  [[nodiscard]] bool IsNumeric() const { return kind == TypeKind::kInt64 || kind == TypeKind::kFloat64; }
  // Held in Column::ints: bool (0/1), int64, timestamp, duration.
  [[nodiscard]] bool IsIntegral() const {
    return kind == TypeKind::kBool || kind == TypeKind::kInt64 || kind == TypeKind::kTimestamp ||
           kind == TypeKind::kDuration;
  }
};

// "float64"; as written in project files.
std::string TypeName(Type type);
// kInvalidArgument with a suggestion for an unknown name. Narrower names widen: int32 → int64, float32 → float64.
base::Result<Type> ParseType(std::string_view name);
const std::vector<std::string>& TypeNames();

double CanonicalDouble(double value);

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
