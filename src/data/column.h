// column.h: a typed column with nulls, and a batch of equally long columns: what the engine computes on.
//
// Why our own and not Arrow arrays: kernels want one contiguous, writable layout per type; Arrow stays at the edges
// (arrow_bridge.h), out of public headers. What lies where is Type::storage(): integers in `ints`,
// float64 in `doubles`, strings, lists, vectors and wide decimals as offsets into `bytes`. `valid` holds one byte a row
// (1 = value, 0 = null) and is empty when nothing is null. The value under a null is unspecified but initialised (0,
// 0.0, empty).
//
// Thread safety: const use is safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/type.h"
#include "data/value.h"

namespace plumb::data {

class Column {
 public:
  Column() = default;
  explicit Column(Type type) : type_(type) { Clear(); }
  static Column Nulls(Type type, size_t rows);
  static Column Repeat(const Value& value, size_t rows);

  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool has_nulls() const { return !valid_.empty(); }
  [[nodiscard]] bool IsNull(size_t row) const { return !valid_.empty() && valid_[row] == 0; }

  // Raw storage: int_data for Storage::kInts, double_data for kDoubles, String for kBytes.
  [[nodiscard]] const int64_t* int_data() const { return ints_.data(); }
  [[nodiscard]] const double* double_data() const { return doubles_.data(); }
  [[nodiscard]] const uint8_t* valid_data() const { return valid_.empty() ? nullptr : valid_.data(); }
  [[nodiscard]] int64_t Int(size_t row) const { return ints_[row]; }
  [[nodiscard]] double Double(size_t row) const { return doubles_[row]; }
  [[nodiscard]] std::string_view String(size_t row) const {
    return {bytes_.data() + offsets_[row], static_cast<size_t>(offsets_[row + 1] - offsets_[row])};
  }
  [[nodiscard]] Int128 Decimal(size_t row) const;  // unscaled; of a narrow or a wide decimal
  [[nodiscard]] Value At(size_t row) const;

  void Clear();  // keeps the type and the capacity
  void Reserve(size_t rows);
  void AppendNull();
  void AppendInt(int64_t value);                     // any type with Storage::kInts
  void AppendDouble(double value);                   // canonicalised
  void AppendString(std::string_view value);         // the bytes of any type with Storage::kBytes
  void AppendDecimal(Int128 unscaled);               // Requires: |unscaled| < 10^precision
  void Append(const Value& value);                   // Requires: null, or of this type
  void AppendFrom(const Column& other, size_t row);  // Requires: same type

  // Fixed-size types: `rows` rows, all valid, to be written through the mutable pointers.
  void ResizeUninitialised(size_t rows);
  int64_t* mutable_int_data() { return ints_.data(); }
  double* mutable_double_data() { return doubles_.data(); }
  // Creates the validity bytes (all 1) if there are none.
  uint8_t* mutable_valid_data();
  // Drops the validity bytes when every one of them is 1.
  void DropValidityIfAllValid();

  // Rows at `indices`, in that order; an index of -1 gives null.
  [[nodiscard]] Column Take(const std::vector<int64_t>& indices) const;
  void AppendAll(const Column& other);  // Requires: same type

 private:
  Type type_;
  size_t size_ = 0;
  std::vector<uint8_t> valid_;
  std::vector<int64_t> ints_;
  std::vector<double> doubles_;
  std::vector<int64_t> offsets_;  // strings: size + 1 entries
  std::string bytes_;
};

// Columns of one length under a schema. Requires of every member: columns.size() == schema.size().
struct Batch {
  Schema schema;
  std::vector<Column> columns;
  size_t rows = 0;

  Batch() = default;
  explicit Batch(Schema s);  // empty columns
  [[nodiscard]] const Column* Find(std::string_view name) const;
  void AddColumn(std::string name, Column column);  // Requires: the length of the others
  [[nodiscard]] Batch Take(const std::vector<int64_t>& indices) const;
  void AppendAll(const Batch& other);  // Requires: same schema
};

}  // namespace plumb::data
