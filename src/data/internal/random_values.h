// random_values.h: random types, values and batches of every type for tests.
//
// Thread safety: one user of a Random.
#pragma once

#include <bit>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/column.h"
#include "data/internal/decimal.h"
#include "data/internal/scalar_text.h"
#include "data/list.h"

namespace plumb::data {

inline Type RandomScalarType(base::Random* random) {
  constexpr TypeKind kKinds[] = {TypeKind::kBool,   TypeKind::kInt64,     TypeKind::kFloat64,
                                 TypeKind::kString, TypeKind::kTimestamp, TypeKind::kDuration};
  const uint64_t kind = random->Below(std::size(kKinds) + 2);
  if (kind < std::size(kKinds)) return kKinds[kind];
  const auto precision = static_cast<int>(random->Between(1, Type::kPrecisionMax));
  return Type::Decimal(precision, static_cast<int>(random->Between(0, precision)));
}

inline Type RandomType(base::Random* random) {
  if (random->Chance(0.3)) return Type::List(RandomScalarType(random));
  if (random->Chance(0.2)) return Type::Vector(static_cast<uint32_t>(random->Between(1, 8)));
  return RandomScalarType(random);
}

inline std::string RandomText(base::Random* random) {
  const std::string pieces[] = {"a", "\"", "\\", ",", "\n", "ü", std::string(1, '\0'), "\xf0\x9f\x98\x80",
                                "[", "]",  " ",  "N", "NA"};
  std::string text;
  for (uint64_t i = random->Below(6); i > 0; --i) text += pieces[random->Below(std::size(pieces))];
  return text;
}

inline Int128 RandomUnscaled(Type decimal, base::Random* random) {
  const Int128 bound = PowerOfTen(static_cast<int>(random->Between(0, decimal.precision)));
  const auto bits = static_cast<unsigned __int128>(random->Next()) << 64 | random->Next();
  const auto magnitude = static_cast<Int128>(bits % static_cast<unsigned __int128>(bound));
  return random->Chance(0.5) ? -magnitude : magnitude;
}

// Not null. Requires: a scalar type.
inline Value RandomScalar(Type type, base::Random* random) {
  constexpr int64_t kSpanMax = int64_t{1} << 50;
  switch (type.kind) {
    case TypeKind::kBool:
      return Value::Bool(random->Chance(0.5));
    case TypeKind::kInt64:
      return Value::Int64(random->Chance(0.5) ? random->Between(-3, 3) : static_cast<int64_t>(random->Next()));
    case TypeKind::kTimestamp:
      return Value::Timestamp(random->Between(kFirstInstant, kLastInstant));
    case TypeKind::kDuration:
      return Value::Duration(random->Between(-kSpanMax, kSpanMax));
    case TypeKind::kFloat64:
      return Value::Float64(random->Chance(0.5) ? static_cast<double>(random->Between(-8, 8)) / 4
                                                : std::bit_cast<double>(random->Next()));
    case TypeKind::kDecimal:
      return Value::Decimal(type, RandomUnscaled(type, random));
    default:
      return Value::String(RandomText(random));
  }
}

inline Value RandomValue(Type type, double nulls, base::Random* random) {
  if (random->Chance(nulls)) return Value::Null(type);
  if (type.kind == TypeKind::kList) {
    ListBuilder list(type);
    for (uint64_t i = random->Below(5); i > 0; --i) list.Append(RandomValue(type.Element(), nulls, random));
    return Value::Bytes(type, list.bytes());
  }
  if (type.kind != TypeKind::kVector) return RandomScalar(type, random);
  std::string bytes;
  for (uint32_t i = 0; i < type.size; ++i) {
    const bool is_small = random->Chance(0.5);
    AppendVectorElement(is_small ? static_cast<float>(random->Between(-8, 8)) / 4
                                 : std::bit_cast<float>(static_cast<uint32_t>(random->Next())),
                        &bytes);
  }
  return Value::Bytes(type, bytes);
}

// Columns "c0", "c1", ... of random types.
inline Batch RandomBatch(size_t columns, size_t rows, base::Random* random) {
  Batch batch;
  for (size_t i = 0; i < columns; ++i) {
    const double nulls = random->Chance(0.3) ? 0 : 0.25;
    Column column(RandomType(random));
    for (size_t row = 0; row < rows; ++row) column.Append(RandomValue(column.type(), nulls, random));
    batch.AddColumn("c" + std::to_string(i), std::move(column));
  }
  return batch;
}

}  // namespace plumb::data
