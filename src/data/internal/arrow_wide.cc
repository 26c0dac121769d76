#include "data/internal/arrow_wide.h"

#include <arrow/api.h>
#include <arrow/util/float16.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>

#include "data/internal/arrow_columns.h"
#include "data/internal/decimal.h"
#include "data/internal/ordered_bits.h"
#include "data/internal/scalar_text.h"
#include "data/list.h"

namespace plumb::data {
namespace {

// ---- Column → Arrow ----

using BuilderPtr = std::unique_ptr<arrow::ArrayBuilder>;

arrow::Status AppendElement(Type type, const Value& value, arrow::ArrayBuilder* builder) {
  if (value.is_null()) return builder->AppendNull();
  switch (type.kind) {
    case TypeKind::kBool:
      return static_cast<arrow::BooleanBuilder*>(builder)->Append(value.AsBool());
    case TypeKind::kInt64:
      return static_cast<arrow::Int64Builder*>(builder)->Append(value.AsInt());
    case TypeKind::kTimestamp:
      return static_cast<arrow::TimestampBuilder*>(builder)->Append(value.AsInt());
    case TypeKind::kDuration:
      return static_cast<arrow::DurationBuilder*>(builder)->Append(value.AsInt());
    case TypeKind::kFloat64:
      return static_cast<arrow::DoubleBuilder*>(builder)->Append(value.AsDouble());
    case TypeKind::kString:
      return static_cast<arrow::StringBuilder*>(builder)->Append(value.AsString());
    case TypeKind::kDecimal: {
      const Int128 unscaled = value.AsDecimal();
      const arrow::Decimal128 decimal(static_cast<int64_t>(unscaled >> 64), static_cast<uint64_t>(unscaled));
      return static_cast<arrow::Decimal128Builder*>(builder)->Append(decimal);
    }
    default:
      return arrow::Status::TypeError("A list of ", TypeName(type), " has no Arrow type.");
  }
}

arrow::Status AppendList(Type type, std::string_view bytes, arrow::ListBuilder* builder) {
  ARROW_RETURN_NOT_OK(builder->Append());
  arrow::Status status;
  ListView(type, bytes).ForEach([&](const Value& element) {
    if (status.ok()) status = AppendElement(type.Element(), element, builder->value_builder());
  });
  return status;
}

arrow::Status AppendVector(std::string_view bytes, arrow::FixedSizeListBuilder* builder) {
  ARROW_RETURN_NOT_OK(builder->Append());
  auto* floats = static_cast<arrow::FloatBuilder*>(builder->value_builder());
  const size_t size = bytes.size() / sizeof(float);
  ARROW_RETURN_NOT_OK(floats->Reserve(static_cast<int64_t>(size)));
  for (size_t i = 0; i < size; ++i) floats->UnsafeAppend(VectorElement(bytes, i));
  return arrow::Status::OK();
}

arrow::Status AppendRow(const Column& column, size_t row, arrow::ArrayBuilder* builder) {
  if (column.IsNull(row)) return builder->AppendNull();
  const Type type = column.type();
  if (type.kind == TypeKind::kList) {
    return AppendList(type, column.String(row), static_cast<arrow::ListBuilder*>(builder));
  }
  if (type.kind == TypeKind::kVector) {
    return AppendVector(column.String(row), static_cast<arrow::FixedSizeListBuilder*>(builder));
  }
  return AppendElement(type, column.At(row), builder);
}

// ---- Arrow → decimals ----

base::Status NoFit(const ChunkPlace& place, Type wanted, int64_t row) {
  return base::InvalidArgument("Value does not fit: column {}, want {}, row {}.", place.column, TypeName(wanted),
                               place.first_row + row + 1);
}

// The number in `width` bytes, little endian; nothing if it needs more than 128 bits.
std::optional<Int128> IntegerOf(const uint8_t* bytes, int width) {
  const int kept = std::min(width, static_cast<int>(kWideDecimalBytes));
  const bool negative = (bytes[width - 1] & 0x80) != 0;
  UInt128 value = negative ? ~UInt128{0} : UInt128{0};
  std::memcpy(&value, bytes, static_cast<size_t>(kept));
  const uint8_t rest = negative ? 0xff : 0;
  for (int i = kept; i < width; ++i) {
    if (bytes[i] != rest) return std::nullopt;
  }
  const auto result = static_cast<Int128>(value);
  if ((result < 0) != negative) return std::nullopt;
  return result;
}

// From one scale to another, exactly or not at all.
std::optional<Int128> Rescaled(Type wanted, Int128 value, int scale) {
  const int shift = wanted.scale - scale;
  if (value == 0) return value;
  if (shift > Type::kPrecisionMax || shift < -Type::kPrecisionMax) return std::nullopt;
  if (shift < 0) {
    const Int128 divisor = PowerOfTen(-shift);
    if (value % divisor != 0) return std::nullopt;
    value /= divisor;
  } else if (__builtin_mul_overflow(value, PowerOfTen(shift), &value)) {
    return std::nullopt;
  }
  return FitsPrecision(wanted, value) ? std::optional<Int128>(value) : std::nullopt;
}

using ReadInteger = std::function<std::optional<Int128>(int64_t row)>;

template <typename Array>
ReadInteger IntegersOf(const arrow::Array& array) {
  return [values = static_cast<const Array&>(array).raw_values()](int64_t row) -> std::optional<Int128> {
    return Int128{values[row]};
  };
}

// Nothing for an array of another type.
ReadInteger IntegersIn(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::INT8:
      return IntegersOf<arrow::Int8Array>(array);
    case arrow::Type::INT16:
      return IntegersOf<arrow::Int16Array>(array);
    case arrow::Type::INT32:
      return IntegersOf<arrow::Int32Array>(array);
    case arrow::Type::INT64:
      return IntegersOf<arrow::Int64Array>(array);
    case arrow::Type::UINT8:
      return IntegersOf<arrow::UInt8Array>(array);
    case arrow::Type::UINT16:
      return IntegersOf<arrow::UInt16Array>(array);
    case arrow::Type::UINT32:
      return IntegersOf<arrow::UInt32Array>(array);
    case arrow::Type::UINT64:
      return IntegersOf<arrow::UInt64Array>(array);
    default:
      break;
  }
  if (!arrow::is_decimal(array.type_id())) return nullptr;
  const auto& decimals = static_cast<const arrow::FixedSizeBinaryArray&>(array);
  return [&decimals](int64_t row) { return IntegerOf(decimals.GetValue(row), decimals.byte_width()); };
}

int ScaleOf(const arrow::DataType& type) {
  return arrow::is_decimal(type.id()) ? static_cast<const arrow::DecimalType&>(type).scale() : 0;
}

base::Status AppendDecimals(const arrow::Array& array, const ChunkPlace& place, Column* column) {
  const ReadInteger integer = IntegersIn(array);
  if (!integer) return WrongArrowType(place.column, column->type(), *array.type());
  const int scale = ScaleOf(*array.type());
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      column->AppendNull();
      continue;
    }
    const std::optional<Int128> read = integer(row);
    const std::optional<Int128> value = read.has_value() ? Rescaled(column->type(), *read, scale) : std::nullopt;
    if (!value.has_value()) return NoFit(place, column->type(), row);
    column->AppendDecimal(*value);
  }
  return {};
}

// ---- Arrow → lists and vectors ----

// An array of lists, whatever its layout.
struct Lists {
  std::shared_ptr<arrow::Array> values;
  std::function<int64_t(int64_t row)> offset, length;
};

template <typename Array>
Lists ListsOf(const arrow::Array& array) {
  const auto& lists = static_cast<const Array&>(array);
  return {lists.values(), [&lists](int64_t row) { return static_cast<int64_t>(lists.value_offset(row)); },
          [&lists](int64_t row) { return static_cast<int64_t>(lists.value_length(row)); }};
}

std::optional<Lists> ListsIn(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::LIST:
      return ListsOf<arrow::ListArray>(array);
    case arrow::Type::LARGE_LIST:
      return ListsOf<arrow::LargeListArray>(array);
    case arrow::Type::FIXED_SIZE_LIST:
      return ListsOf<arrow::FixedSizeListArray>(array);
    case arrow::Type::LIST_VIEW:
      return ListsOf<arrow::ListViewArray>(array);
    case arrow::Type::LARGE_LIST_VIEW:
      return ListsOf<arrow::LargeListViewArray>(array);
    default:
      return std::nullopt;
  }
}

// Offsets come from outside.
bool IsInside(const Lists& lists, int64_t row) {
  const int64_t offset = lists.offset(row), length = lists.length(row), size = lists.values->length();
  return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
}

base::Status OutsideOfValues(const ChunkPlace& place, int64_t row) {
  return base::DataLoss("List reaches beyond its values: column {}, row {}.", place.column, place.first_row + row + 1);
}

// Whether arrays of `type` can be read as columns of the wanted type: an empty one says so.
bool CanBecome(const std::shared_ptr<arrow::DataType>& type, Type wanted) {
  const arrow::Result<std::shared_ptr<arrow::Array>> empty = arrow::MakeEmptyArray(type);
  return empty.ok() && ColumnOf(arrow::ChunkedArray(*empty), wanted, "").ok();
}

// The part of the values that the lists refer to; other parts need not be readable.
struct ValueRange {
  int64_t begin = 0, end = 0;
};

base::Result<ValueRange> RangeOf(const arrow::Array& array, const Lists& lists, const ChunkPlace& place) {
  std::optional<ValueRange> range;
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) continue;
    if (!IsInside(lists, row)) return OutsideOfValues(place, row);
    const int64_t begin = lists.offset(row), end = begin + lists.length(row);
    if (!range.has_value()) range = ValueRange{begin, end};
    range->begin = std::min(range->begin, begin);
    range->end = std::max(range->end, end);
  }
  return range.value_or(ValueRange());
}

base::Result<Column> ElementsOf(const Lists& lists, int64_t begin, int64_t end, Type element) {
  return ColumnOf(arrow::ChunkedArray(lists.values->Slice(begin, end - begin)), element, "element");
}

// The elements together could not be read: finds the row that is to blame.
base::Status BlameRow(const arrow::Array& array, const Lists& lists, const ChunkPlace& place, Type element) {
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) continue;
    const int64_t begin = lists.offset(row);
    const base::Status status = ElementsOf(lists, begin, begin + lists.length(row), element).status();
    if (!status.ok()) {
      return base::InvalidArgument("List cannot be read: column {}, row {}: {}", place.column,
                                   place.first_row + row + 1, status.message());
    }
  }
  return base::InvalidArgument("List cannot be read: column {}: its unused values are not valid.", place.column);
}

void AppendElements(const Column& elements, size_t begin, size_t end, ListBuilder* list) {
  for (size_t i = begin; i < end; ++i) {
    if (elements.IsNull(i)) {
      list->AppendNull();
    } else if (elements.type().storage() == Storage::kInts) {
      list->AppendInt(elements.Int(i));
    } else if (elements.type().storage() == Storage::kDoubles) {
      list->AppendDouble(elements.Double(i));
    } else {
      list->AppendBytes(elements.String(i));
    }
  }
}

base::Status AppendLists(const arrow::Array& array, const ChunkPlace& place, Column* column) {
  const Type wanted = column->type();
  const std::optional<Lists> lists = ListsIn(array);
  if (!lists.has_value() || !CanBecome(lists->values->type(), wanted.Element())) {
    return WrongArrowType(place.column, wanted, *array.type());
  }
  PLUMB_ASSIGN_OR_RETURN(const ValueRange range, RangeOf(array, *lists, place));
  const base::Result<Column> elements = ElementsOf(*lists, range.begin, range.end, wanted.Element());
  if (!elements.ok()) return BlameRow(array, *lists, place, wanted.Element());
  ListBuilder list(wanted);
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      column->AppendNull();
      continue;
    }
    const auto begin = static_cast<size_t>(lists->offset(row) - range.begin);
    list.Clear();
    AppendElements(*elements, begin, begin + static_cast<size_t>(lists->length(row)), &list);
    column->AppendString(list.bytes());
  }
  return {};
}

using ReadFloat = std::function<double(int64_t index)>;

template <typename Array>
ReadFloat FloatsOf(const arrow::Array& array) {
  return [values = static_cast<const Array&>(array).raw_values()](int64_t i) { return static_cast<double>(values[i]); };
}

// Nothing for an array of another type.
ReadFloat FloatsIn(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::FLOAT:
      return FloatsOf<arrow::FloatArray>(array);
    case arrow::Type::DOUBLE:
      return FloatsOf<arrow::DoubleArray>(array);
    case arrow::Type::HALF_FLOAT:
      return [values = static_cast<const arrow::HalfFloatArray&>(array).raw_values()](int64_t i) {
        return static_cast<double>(arrow::util::Float16::FromBits(values[i]).ToFloat());
      };
    default:
      return nullptr;
  }
}

base::Status AppendVectorRow(const Lists& lists, const ReadFloat& number, int64_t row, const ChunkPlace& place,
                             Column* column) {
  const Type wanted = column->type();
  if (!IsInside(lists, row)) return OutsideOfValues(place, row);
  const int64_t shown_row = place.first_row + row + 1;
  if (lists.length(row) != wanted.size) {
    return base::InvalidArgument("Vector has another length: column {}, want {}, got {}, row {}.", place.column,
                                 wanted.size, lists.length(row), shown_row);
  }
  std::string bytes;
  bytes.reserve(wanted.size * sizeof(float));
  for (int64_t i = lists.offset(row); i < lists.offset(row) + wanted.size; ++i) {
    if (lists.values->IsNull(i)) {
      return base::InvalidArgument("Vector has a null element: column {}, row {}.", place.column, shown_row);
    }
    float value = 0;
    if (RoundToFloat32(number(i), &value) != TextOutcome::kRead) return NoFit(place, wanted, row);
    AppendVectorElement(value, &bytes);
  }
  column->AppendString(bytes);
  return {};
}

base::Status AppendVectors(const arrow::Array& array, const ChunkPlace& place, Column* column) {
  const std::optional<Lists> lists = ListsIn(array);
  const ReadFloat number = lists.has_value() ? FloatsIn(*lists->values) : nullptr;
  if (!number) return WrongArrowType(place.column, column->type(), *array.type());
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      column->AppendNull();
    } else {
      PLUMB_RETURN_IF_ERROR(AppendVectorRow(*lists, number, row, place, column));
    }
  }
  return {};
}

}  // namespace

base::Status WrongArrowType(std::string_view column, Type wanted, const arrow::DataType& got) {
  return base::InvalidArgument("Column has the wrong type: {}, want {}, got {}.", column, TypeName(wanted),
                               got.ToString());
}

arrow::Result<std::shared_ptr<arrow::Array>> WideArrayOf(const Column& column,
                                                         const std::shared_ptr<arrow::DataType>& type) {
  BuilderPtr builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(column.size())));
  for (size_t row = 0; row < column.size(); ++row) ARROW_RETURN_NOT_OK(AppendRow(column, row, builder.get()));
  return builder->Finish();
}

base::Status AppendWide(const arrow::Array& array, const ChunkPlace& place, Column* column) {
  switch (column->type().kind) {
    case TypeKind::kDecimal:
      return AppendDecimals(array, place, column);
    case TypeKind::kList:
      return AppendLists(array, place, column);
    default:
      return AppendVectors(array, place, column);
  }
}

}  // namespace plumb::data
