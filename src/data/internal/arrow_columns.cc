#include "data/internal/arrow_columns.h"

#include <arrow/api.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/float16.h>

#include <limits>

#include "base/time.h"
#include "data/internal/arrow_wide.h"
#include "data/internal/scalar_text.h"

namespace plumb::data {
namespace {

// ---- Column → Arrow ----

arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityBits(const Column& column) {
  if (!column.has_nulls()) return nullptr;
  const auto rows = static_cast<int64_t>(column.size());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(rows));
  for (int64_t row = 0; row < rows; ++row) {
    if (column.valid_data()[row] != 0) arrow::bit_util::SetBit(bits->mutable_data(), row);
  }
  return bits;
}

template <typename T>
arrow::Result<std::shared_ptr<arrow::Buffer>> CopyOf(const T* values, size_t count) {
  const size_t bytes = count * sizeof(T);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(static_cast<int64_t>(bytes)));
  if (bytes > 0) std::memcpy(buffer->mutable_data(), values, bytes);
  return buffer;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> BoolBits(const Column& column) {
  const auto rows = static_cast<int64_t>(column.size());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(rows));
  for (int64_t row = 0; row < rows; ++row) {
    if (column.int_data()[row] != 0) arrow::bit_util::SetBit(bits->mutable_data(), row);
  }
  return bits;
}

template <typename Builder>
arrow::Result<std::shared_ptr<arrow::Array>> BuildStrings(const Column& column, size_t bytes) {
  Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(column.size())));
  ARROW_RETURN_NOT_OK(builder.ReserveData(static_cast<int64_t>(bytes)));
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(column.String(row));
    }
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> StringArray(const Column& column) {
  size_t bytes = 0;
  for (size_t row = 0; row < column.size(); ++row) bytes += column.String(row).size();
  const bool large = bytes > static_cast<size_t>(std::numeric_limits<int32_t>::max() - 1);
  return large ? BuildStrings<arrow::LargeStringBuilder>(column, bytes)
               : BuildStrings<arrow::StringBuilder>(column, bytes);
}

// ---- Arrow → Column ----

base::Status OutOfRange(std::string_view name, std::string_view want, int64_t row) {
  return base::InvalidArgument("Value does not fit: column {}, want {}, row {}.", name, want, row + 1);
}

// Copies the chunks of one column, each to its place.
class ColumnCopier {
 public:
  ColumnCopier(Type wanted, std::string_view name, size_t rows)
      : column_(wanted), name_(name), appends_(wanted.storage() == Storage::kBytes || wanted.IsDecimal()) {
    if (appends_) {
      column_.Reserve(rows);
    } else {
      column_.ResizeUninitialised(rows);
    }
  }

  base::Status Add(const arrow::Array& array) {
    base::Status status = Copy(array);
    done_ += array.length();
    return status;
  }

  Column Finish() && {
    column_.DropValidityIfAllValid();
    return std::move(column_);
  }

 private:
  base::Status Copy(const arrow::Array& array) {
    if (array.type_id() == arrow::Type::DICTIONARY)
      return CopyDictionary(static_cast<const arrow::DictionaryArray&>(array));
    if (array.type_id() == arrow::Type::NA) return CopyNulls(array.length());
    switch (column_.type().kind) {
      case TypeKind::kBool:
        return CopyBool(array);
      case TypeKind::kInt64:
        return CopyInt(array);
      case TypeKind::kFloat64:
        return CopyFloat(array);
      case TypeKind::kString:
        return CopyString(array);
      case TypeKind::kTimestamp:
        return CopyTimestamp(array);
      case TypeKind::kDuration:
        return CopyDuration(array);
      case TypeKind::kDecimal:
      case TypeKind::kList:
      case TypeKind::kVector:
        return AppendWide(array, {name_, done_}, &column_);
      case TypeKind::kNull:
        break;
    }
    return WrongType(array);
  }

  base::Status WrongType(const arrow::Array& array) const {
    return WrongArrowType(name_, column_.type(), *array.type());
  }

  [[nodiscard]] int64_t* Ints() { return column_.mutable_int_data() + done_; }

  base::Status CopyNulls(int64_t rows) {
    for (int64_t i = 0; i < rows; ++i) MarkNull(i);
    return {};
  }

  void MarkNull(int64_t i) {
    if (appends_) return column_.AppendNull();
    column_.mutable_valid_data()[done_ + i] = 0;
    if (column_.type() == TypeKind::kFloat64) {
      column_.mutable_double_data()[done_ + i] = 0;
    } else {
      Ints()[i] = 0;
    }
  }

  void MarkNulls(const arrow::Array& array) {
    if (array.null_count() == 0) return;
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) MarkNull(i);
    }
  }

  base::Status CopyBool(const arrow::Array& array) {
    if (array.type_id() != arrow::Type::BOOL) return WrongType(array);
    const auto& bools = static_cast<const arrow::BooleanArray&>(array);
    for (int64_t i = 0; i < array.length(); ++i) Ints()[i] = bools.Value(i) ? 1 : 0;
    MarkNulls(array);
    return {};
  }

  template <typename Array>
  base::Status CopyIntAs(const arrow::Array& array) {
    const auto* values = static_cast<const Array&>(array).raw_values();
    int64_t* out = Ints();
    for (int64_t i = 0; i < array.length(); ++i) out[i] = static_cast<int64_t>(values[i]);
    MarkNulls(array);
    return {};
  }

  base::Status CopyUInt64(const arrow::Array& array) {
    PLUMB_RETURN_IF_ERROR(CopyIntAs<arrow::UInt64Array>(array));
    for (int64_t i = 0; i < array.length(); ++i) {
      if (Ints()[i] < 0) return OutOfRange(name_, "int64", done_ + i);
    }
    return {};
  }

  base::Status CopyInt(const arrow::Array& array) {
    switch (array.type_id()) {
      case arrow::Type::INT8:
        return CopyIntAs<arrow::Int8Array>(array);
      case arrow::Type::INT16:
        return CopyIntAs<arrow::Int16Array>(array);
      case arrow::Type::INT32:
        return CopyIntAs<arrow::Int32Array>(array);
      case arrow::Type::INT64:
        return CopyIntAs<arrow::Int64Array>(array);
      case arrow::Type::UINT8:
        return CopyIntAs<arrow::UInt8Array>(array);
      case arrow::Type::UINT16:
        return CopyIntAs<arrow::UInt16Array>(array);
      case arrow::Type::UINT32:
        return CopyIntAs<arrow::UInt32Array>(array);
      case arrow::Type::UINT64:
        return CopyUInt64(array);
      default:
        return WrongType(array);
    }
  }

  template <typename Array>
  base::Status CopyFloatAs(const arrow::Array& array) {
    const auto* values = static_cast<const Array&>(array).raw_values();
    double* out = column_.mutable_double_data() + done_;
    for (int64_t i = 0; i < array.length(); ++i) out[i] = CanonicalDouble(static_cast<double>(values[i]));
    MarkNulls(array);
    return {};
  }

  base::Status CopyHalf(const arrow::Array& array) {
    const uint16_t* values = static_cast<const arrow::HalfFloatArray&>(array).raw_values();
    double* out = column_.mutable_double_data() + done_;
    for (int64_t i = 0; i < array.length(); ++i) {
      out[i] = CanonicalDouble(static_cast<double>(arrow::util::Float16::FromBits(values[i]).ToFloat()));
    }
    MarkNulls(array);
    return {};
  }

  // Whole numbers up to 2^53 are the doubles that stand for them alone.
  base::Status CopyInt64AsFloat(const arrow::Array& array) {
    constexpr int64_t kExactMax = int64_t{1} << 53;
    const auto& ints = static_cast<const arrow::Int64Array&>(array);
    for (int64_t i = 0; i < array.length(); ++i) {
      const bool exact = ints.Value(i) >= -kExactMax && ints.Value(i) <= kExactMax;
      if (!exact && !array.IsNull(i)) return OutOfRange(name_, "float64 without rounding", done_ + i);
    }
    return CopyFloatAs<arrow::Int64Array>(array);
  }

  base::Status CopyFloat(const arrow::Array& array) {
    switch (array.type_id()) {
      case arrow::Type::DOUBLE:
        return CopyFloatAs<arrow::DoubleArray>(array);
      case arrow::Type::FLOAT:
        return CopyFloatAs<arrow::FloatArray>(array);
      case arrow::Type::HALF_FLOAT:
        return CopyHalf(array);
      case arrow::Type::INT8:
        return CopyFloatAs<arrow::Int8Array>(array);
      case arrow::Type::INT16:
        return CopyFloatAs<arrow::Int16Array>(array);
      case arrow::Type::INT32:
        return CopyFloatAs<arrow::Int32Array>(array);
      case arrow::Type::INT64:
        return CopyInt64AsFloat(array);
      case arrow::Type::UINT8:
        return CopyFloatAs<arrow::UInt8Array>(array);
      case arrow::Type::UINT16:
        return CopyFloatAs<arrow::UInt16Array>(array);
      case arrow::Type::UINT32:
        return CopyFloatAs<arrow::UInt32Array>(array);
      default:
        return WrongType(array);
    }
  }

  template <typename Array>
  base::Status CopyStringAs(const arrow::Array& array) {
    const auto& strings = static_cast<const Array&>(array);
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) {
        column_.AppendNull();
        continue;
      }
      const std::string_view text = strings.GetView(i);
      if (!IsUtf8(text)) {
        return base::InvalidArgument("Text is not UTF-8: column {}, row {}, \"{}\".", name_, done_ + i + 1,
                                     ShownText(text));
      }
      column_.AppendString(text);
    }
    return {};
  }

  base::Status CopyString(const arrow::Array& array) {
    switch (array.type_id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return CopyStringAs<arrow::BinaryArray>(array);
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        return CopyStringAs<arrow::LargeBinaryArray>(array);
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY_VIEW:
        return CopyStringAs<arrow::BinaryViewArray>(array);
      default:
        return WrongType(array);
    }
  }

  // Microseconds from units of `multiply` or 1/`divide` microseconds, within [low, high]; divided downwards.
  template <typename Array>
  base::Status CopyScaled(const arrow::Array& array, int64_t multiply, int64_t divide, int64_t low, int64_t high) {
    const auto* values = static_cast<const Array&>(array).raw_values();
    int64_t* out = Ints();
    for (int64_t i = 0; i < array.length(); ++i) {
      int64_t micros = 0;
      const int64_t value = values[i];
      const bool overflow = __builtin_mul_overflow(value / divide - (value % divide < 0 ? 1 : 0), multiply, &micros);
      out[i] = micros;
      if ((overflow || micros < low || micros > high) && !array.IsNull(i)) {
        return OutOfRange(name_, TypeName(column_.type()), done_ + i);
      }
    }
    MarkNulls(array);
    return {};
  }

  template <typename Array>
  base::Status CopyUnits(const arrow::Array& array, arrow::TimeUnit::type unit, int64_t low, int64_t high) {
    switch (unit) {
      case arrow::TimeUnit::SECOND:
        return CopyScaled<Array>(array, base::kSecond, 1, low, high);
      case arrow::TimeUnit::MILLI:
        return CopyScaled<Array>(array, base::kMillisecond, 1, low, high);
      case arrow::TimeUnit::MICRO:
        return CopyScaled<Array>(array, 1, 1, low, high);
      default:
        return CopyScaled<Array>(array, 1, 1000, low, high);
    }
  }

  base::Status CopyTimestamp(const arrow::Array& array) {
    switch (array.type_id()) {
      case arrow::Type::TIMESTAMP: {
        const auto unit = static_cast<const arrow::TimestampType&>(*array.type()).unit();
        return CopyUnits<arrow::TimestampArray>(array, unit, kFirstInstant, kLastInstant);
      }
      case arrow::Type::DATE32:
        return CopyScaled<arrow::Date32Array>(array, base::kDay, 1, kFirstInstant, kLastInstant);
      case arrow::Type::DATE64:
        return CopyScaled<arrow::Date64Array>(array, base::kMillisecond, 1, kFirstInstant, kLastInstant);
      default:
        return WrongType(array);
    }
  }

  base::Status CopyDuration(const arrow::Array& array) {
    if (array.type_id() != arrow::Type::DURATION) return WrongType(array);
    const auto unit = static_cast<const arrow::DurationType&>(*array.type()).unit();
    return CopyUnits<arrow::DurationArray>(array, unit, std::numeric_limits<int64_t>::min(),
                                           std::numeric_limits<int64_t>::max());
  }

  base::Status CopyDictionary(const arrow::DictionaryArray& array) {
    const arrow::ChunkedArray dictionary(array.dictionary());
    if (array.dictionary()->type_id() == arrow::Type::DICTIONARY) return WrongType(array);
    PLUMB_ASSIGN_OR_RETURN(const Column values, ColumnOf(dictionary, column_.type(), name_));
    for (int64_t i = 0; i < array.length(); ++i) {
      const int64_t index = array.IsNull(i) ? -1 : array.GetValueIndex(i);
      if (index >= static_cast<int64_t>(values.size()) || (index < 0 && !array.IsNull(i))) {
        return base::DataLoss("Dictionary index is out of range: column {}, row {}.", name_, done_ + i + 1);
      }
      if (index < 0 || values.IsNull(static_cast<size_t>(index))) {
        MarkNull(i);
      } else {
        CopyValue(values, static_cast<size_t>(index), i);
      }
    }
    return {};
  }

  void CopyValue(const Column& values, size_t index, int64_t i) {
    if (appends_) {
      column_.AppendFrom(values, index);
    } else if (column_.type() == TypeKind::kFloat64) {
      column_.mutable_double_data()[done_ + i] = values.Double(index);
    } else {
      Ints()[i] = values.Int(index);
    }
  }

  Column column_;
  std::string_view name_;
  bool appends_;  // rows are appended, not written to their place
  int64_t done_ = 0;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> ArrayOf(const Column& column,
                                                     const std::shared_ptr<arrow::DataType>& type) {
  if (column.type() == TypeKind::kString) return StringArray(column);
  if (column.type().storage() == Storage::kBytes || column.type().IsDecimal()) return WideArrayOf(column, type);
  const auto rows = static_cast<int64_t>(column.size());
  if (column.type() == TypeKind::kNull) return arrow::MakeArrayOfNull(type, rows);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> valid, ValidityBits(column));
  std::shared_ptr<arrow::Buffer> values;
  if (column.type() == TypeKind::kBool) {
    ARROW_ASSIGN_OR_RAISE(values, BoolBits(column));
  } else if (column.type() == TypeKind::kFloat64) {
    ARROW_ASSIGN_OR_RAISE(values, CopyOf(column.double_data(), column.size()));
  } else {
    ARROW_ASSIGN_OR_RAISE(values, CopyOf(column.int_data(), column.size()));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(type, rows, {std::move(valid), std::move(values)}));
}

base::Result<Column> ColumnOf(const arrow::ChunkedArray& array, Type wanted, std::string_view name) {
  if (wanted == TypeKind::kNull) return Column::Nulls(wanted, static_cast<size_t>(array.length()));
  ColumnCopier copier(wanted, name, static_cast<size_t>(array.length()));
  if (array.num_chunks() == 0) {
    arrow::Result<std::shared_ptr<arrow::Array>> empty = arrow::MakeEmptyArray(array.type());
    if (!empty.ok()) return WrongArrowType(name, wanted, *array.type());
    PLUMB_RETURN_IF_ERROR(copier.Add(**empty));
  }
  for (const auto& chunk : array.chunks()) PLUMB_RETURN_IF_ERROR(copier.Add(*chunk));
  return std::move(copier).Finish();
}

}  // namespace plumb::data
