#include "data/column.h"

#include <cstring>

#include "data/internal/decimal.h"

namespace plumb::data {
namespace {

// Requires: a type with Storage::kInts.
int64_t IntOf(const Value& value) {
  return value.type().IsDecimal() ? static_cast<int64_t>(value.AsDecimal()) : value.AsInt();
}

}  // namespace

Column Column::Nulls(Type type, size_t rows) {
  Column column(type);
  column.size_ = rows;
  column.valid_.assign(rows, 0);
  if (type.storage() == Storage::kBytes) {
    column.offsets_.assign(rows + 1, 0);
  } else if (type.storage() == Storage::kDoubles) {
    column.doubles_.assign(rows, 0.0);
  } else {
    column.ints_.assign(rows, 0);
  }
  return column;
}

Column Column::Repeat(const Value& value, size_t rows) {
  if (value.is_null()) return Nulls(value.type(), rows);
  Column column(value.type());
  if (value.type().storage() == Storage::kBytes) {
    column.Reserve(rows);
    column.bytes_.reserve(rows * value.AsString().size());
    for (size_t row = 0; row < rows; ++row) column.AppendString(value.AsString());
    return column;
  }
  column.size_ = rows;
  if (value.type().storage() == Storage::kDoubles) {
    column.doubles_.assign(rows, value.AsDouble());
  } else {
    column.ints_.assign(rows, IntOf(value));
  }
  return column;
}

Value Column::At(size_t row) const {
  if (IsNull(row)) return Value::Null(type_);
  if (type_ == TypeKind::kNull) return Value();
  switch (type_.storage()) {
    case Storage::kBytes:
      return Value::Bytes(type_, std::string(String(row)));
    case Storage::kDoubles:
      return Value::Float64(doubles_[row]);
    case Storage::kInts:
      break;
  }
  return type_.IsDecimal() ? Value::Decimal(type_, ints_[row]) : Value::Integral(type_, ints_[row]);
}

Int128 Column::Decimal(size_t row) const { return type_.IsWideDecimal() ? Int128Of(String(row)) : Int128{ints_[row]}; }

void Column::Clear() {
  size_ = 0;
  valid_.clear();
  ints_.clear();
  doubles_.clear();
  offsets_.clear();
  bytes_.clear();
  if (type_.storage() == Storage::kBytes) offsets_.push_back(0);
}

void Column::Reserve(size_t rows) {
  if (type_.storage() == Storage::kBytes) {
    offsets_.reserve(rows + 1);
  } else if (type_.storage() == Storage::kDoubles) {
    doubles_.reserve(rows);
  } else {
    ints_.reserve(rows);
  }
}

void Column::AppendNull() {
  if (valid_.empty()) valid_.assign(size_, 1);
  valid_.push_back(0);
  ++size_;
  if (type_.storage() == Storage::kBytes) {
    offsets_.push_back(offsets_.back());
  } else if (type_.storage() == Storage::kDoubles) {
    doubles_.push_back(0.0);
  } else {
    ints_.push_back(0);
  }
}

void Column::AppendInt(int64_t value) {
  if (!valid_.empty()) valid_.push_back(1);
  ++size_;
  ints_.push_back(value);
}

void Column::AppendDouble(double value) {
  if (!valid_.empty()) valid_.push_back(1);
  ++size_;
  doubles_.push_back(CanonicalDouble(value));
}

void Column::AppendString(std::string_view value) {
  if (!valid_.empty()) valid_.push_back(1);
  ++size_;
  bytes_.append(value);
  offsets_.push_back(static_cast<int64_t>(bytes_.size()));
}

void Column::AppendDecimal(Int128 unscaled) {
  if (type_.IsWideDecimal()) return AppendString(WideDecimalBytes(unscaled));
  AppendInt(static_cast<int64_t>(unscaled));
}

void Column::Append(const Value& value) {
  if (value.is_null()) return AppendNull();
  PLUMB_CHECK(value.type() == type_, "A value of another type does not belong into the column.");
  if (type_.storage() == Storage::kBytes) return AppendString(value.AsString());
  if (type_.storage() == Storage::kDoubles) return AppendDouble(value.AsDouble());
  AppendInt(IntOf(value));
}

void Column::AppendFrom(const Column& other, size_t row) {
  PLUMB_CHECK(other.type_ == type_, "Columns of different types do not mix.");
  if (other.IsNull(row)) return AppendNull();
  if (type_.storage() == Storage::kBytes) return AppendString(other.String(row));
  if (type_.storage() == Storage::kDoubles) return AppendDouble(other.doubles_[row]);
  AppendInt(other.ints_[row]);
}

void Column::ResizeUninitialised(size_t rows) {
  PLUMB_CHECK(type_.storage() != Storage::kBytes, "A column of bytes grows by appending.");
  valid_.clear();
  size_ = rows;
  if (type_.storage() == Storage::kDoubles) {
    doubles_.resize(rows);
  } else {
    ints_.resize(rows);
  }
}

uint8_t* Column::mutable_valid_data() {
  if (valid_.empty()) valid_.assign(size_, 1);
  return valid_.data();
}

void Column::DropValidityIfAllValid() {
  if (valid_.empty()) return;
  if (std::memchr(valid_.data(), 0, valid_.size()) == nullptr) valid_.clear();
}

namespace {

// Copies values[indices[i]] into `out`; a null index leaves the zero that `out` holds.
template <typename T>
void Gather(const std::vector<T>& values, const std::vector<int64_t>& indices, std::vector<T>* out) {
  out->resize(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] >= 0) (*out)[i] = values[static_cast<size_t>(indices[i])];
  }
}

std::vector<uint8_t> GatherValidity(const Column& column, const std::vector<int64_t>& indices) {
  std::vector<uint8_t> valid(indices.size());
  bool all = true;
  for (size_t i = 0; i < indices.size(); ++i) {
    valid[i] = indices[i] >= 0 && !column.IsNull(static_cast<size_t>(indices[i])) ? 1 : 0;
    all = all && valid[i] != 0;
  }
  if (all) valid.clear();
  return valid;
}

}  // namespace

Column Column::Take(const std::vector<int64_t>& indices) const {
  Column result(type_);
  result.size_ = indices.size();
  result.valid_ = GatherValidity(*this, indices);
  if (type_.storage() == Storage::kDoubles) {
    Gather(doubles_, indices, &result.doubles_);
  } else if (type_.storage() != Storage::kBytes) {
    Gather(ints_, indices, &result.ints_);
  } else {
    result.offsets_.reserve(indices.size() + 1);
    for (const int64_t index : indices) {
      if (index >= 0) result.bytes_.append(String(static_cast<size_t>(index)));
      result.offsets_.push_back(static_cast<int64_t>(result.bytes_.size()));
    }
  }
  return result;
}

void Column::AppendAll(const Column& other) {
  PLUMB_CHECK(other.type_ == type_, "Columns of different types do not mix.");
  if (&other == this) return AppendAll(Column(other));
  if (!valid_.empty() || !other.valid_.empty()) {
    if (valid_.empty()) valid_.assign(size_, 1);
    if (other.valid_.empty()) {
      valid_.insert(valid_.end(), other.size_, 1);
    } else {
      valid_.insert(valid_.end(), other.valid_.begin(), other.valid_.end());
    }
  }
  size_ += other.size_;
  ints_.insert(ints_.end(), other.ints_.begin(), other.ints_.end());
  doubles_.insert(doubles_.end(), other.doubles_.begin(), other.doubles_.end());
  if (type_.storage() != Storage::kBytes) return;
  const auto shift = static_cast<int64_t>(bytes_.size());
  offsets_.reserve(offsets_.size() + other.size_);
  for (size_t i = 1; i < other.offsets_.size(); ++i) offsets_.push_back(other.offsets_[i] + shift);
  bytes_.append(other.bytes_);
}

Batch::Batch(Schema s) : schema(std::move(s)) {
  columns.reserve(schema.size());
  for (const Field& field : schema.fields()) columns.emplace_back(field.type);
}

const Column* Batch::Find(std::string_view name) const {
  const int index = schema.IndexOf(name);
  return index < 0 ? nullptr : &columns[static_cast<size_t>(index)];
}

void Batch::AddColumn(std::string name, Column column) {
  PLUMB_CHECK(columns.empty() || column.size() == rows, "The columns of a batch have one length.");
  rows = column.size();
  schema.Add(std::move(name), column.type());
  columns.push_back(std::move(column));
}

Batch Batch::Take(const std::vector<int64_t>& indices) const {
  Batch result;
  result.schema = schema;
  result.rows = indices.size();
  result.columns.reserve(columns.size());
  for (const Column& column : columns) result.columns.push_back(column.Take(indices));
  return result;
}

void Batch::AppendAll(const Batch& other) {
  PLUMB_CHECK(other.schema == schema, "Batches of different schemas do not mix.");
  const size_t added = other.rows;
  for (size_t i = 0; i < columns.size(); ++i) columns[i].AppendAll(other.columns[i]);
  rows += added;
}

}  // namespace plumb::data
