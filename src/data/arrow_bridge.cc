#include "data/arrow_bridge.h"

#include <arrow/api.h>

#include "base/diagnostics.h"
#include "data/internal/arrow_columns.h"

namespace plumb::data {
namespace {

std::shared_ptr<arrow::DataType> ArrowType(Type type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return arrow::boolean();
    case TypeKind::kInt64:
      return arrow::int64();
    case TypeKind::kFloat64:
      return arrow::float64();
    case TypeKind::kString:
      return arrow::utf8();
    case TypeKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kDuration:
      return arrow::duration(arrow::TimeUnit::MICRO);
    case TypeKind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case TypeKind::kList:
      return arrow::list(ArrowType(type.Element()));
    case TypeKind::kVector:
      return arrow::fixed_size_list(arrow::float32(), static_cast<int32_t>(type.size));
    case TypeKind::kNull:
      break;
  }
  return arrow::null();
}

// Arrays of all columns, and the schema that they have (a very long string column is large_utf8).
struct ArrowColumns {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
};

base::Result<ArrowColumns> ToArrowColumns(const Batch& batch) {
  ArrowColumns result;
  arrow::FieldVector fields;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    PLUMB_CHECK(batch.columns[i].size() == batch.rows, "The columns of a batch have one length.");
    arrow::Result<std::shared_ptr<arrow::Array>> array = ArrayOf(batch.columns[i], ArrowType(batch.columns[i].type()));
    if (!array.ok()) return StatusFromArrow(array.status(), "Column cannot be made an Arrow array");
    fields.push_back(arrow::field(batch.schema.fields()[i].name, (*array)->type()));
    result.arrays.push_back(std::move(array).ValueUnsafe());
  }
  result.schema = arrow::schema(std::move(fields));
  return result;
}

std::optional<Type> DecimalFromArrow(const arrow::DecimalType& type) {
  const bool known = type.precision() >= 1 && type.precision() <= Type::kPrecisionMax && type.scale() >= 0 &&
                     type.scale() <= type.precision();
  return known ? std::optional<Type>(Type::Decimal(type.precision(), type.scale())) : std::nullopt;
}

std::optional<Type> ListFromArrow(const arrow::DataType& type) {
  const arrow::DataType& element_type = *type.field(0)->type();
  if (type.id() == arrow::Type::FIXED_SIZE_LIST) {
    const int32_t size = static_cast<const arrow::FixedSizeListType&>(type).list_size();
    const bool is_float = element_type.id() == arrow::Type::FLOAT || element_type.id() == arrow::Type::HALF_FLOAT;
    const bool has_size = size >= 1 && static_cast<uint32_t>(size) <= Type::kVectorSizeMax;
    if (is_float && has_size) return Type::Vector(static_cast<uint32_t>(size));
  }
  const std::optional<Type> element = TypeFromArrow(element_type);
  const bool nested = element.has_value() && (element->kind == TypeKind::kList || element->kind == TypeKind::kVector);
  if (!element.has_value() || nested) return std::nullopt;
  return Type::List(*element);
}

}  // namespace

std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema.fields()) fields.push_back(arrow::field(field.name, ArrowType(field.type)));
  return arrow::schema(std::move(fields));
}

base::Result<std::shared_ptr<arrow::Table>> ToArrowTable(const Batch& batch) {
  PLUMB_ASSIGN_OR_RETURN(const ArrowColumns columns, ToArrowColumns(batch));
  return arrow::Table::Make(columns.schema, columns.arrays, static_cast<int64_t>(batch.rows));
}

base::Result<std::shared_ptr<arrow::RecordBatch>> ToArrowRecordBatch(const Batch& batch) {
  PLUMB_ASSIGN_OR_RETURN(const ArrowColumns columns, ToArrowColumns(batch));
  return arrow::RecordBatch::Make(columns.schema, static_cast<int64_t>(batch.rows), columns.arrays);
}

std::optional<Type> TypeFromArrow(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return Type(TypeKind::kBool);
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
      return Type(TypeKind::kInt64);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return Type(TypeKind::kFloat64);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return DecimalFromArrow(static_cast<const arrow::DecimalType&>(type));
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
      return ListFromArrow(type);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return Type(TypeKind::kString);
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return Type(TypeKind::kTimestamp);
    case arrow::Type::DURATION:
      return Type(TypeKind::kDuration);
    case arrow::Type::DICTIONARY:
      return TypeFromArrow(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::NA:
      return Type(TypeKind::kString);
    default:
      return std::nullopt;
  }
}

Schema SchemaFromArrow(const arrow::Schema& schema) {
  Schema result;
  for (const auto& field : schema.fields()) {
    const std::optional<Type> type = TypeFromArrow(*field->type());
    if (type.has_value()) result.Add(field->name(), *type);
  }
  return result;
}

base::Result<Column> ColumnFromArrow(const arrow::ChunkedArray& array, Type wanted, std::string_view name) {
  try {
    return ColumnOf(array, wanted, name);
  } catch (const std::exception& error) {
    return base::DataLoss("Arrow column cannot be read: {}: {}.", name, error.what());
  }
}

base::Result<Batch> BatchFromArrow(const arrow::Table& table, const Schema& wanted) {
  const base::Status valid = StatusFromArrow(table.Validate(), "Arrow table is not valid");
  if (!valid.ok()) return valid;
  Batch batch;
  batch.rows = static_cast<size_t>(table.num_rows());
  for (const Field& field : wanted.fields()) {
    const std::vector<int> found = table.schema()->GetAllFieldIndices(field.name);
    if (found.empty()) {
      return base::NotFound("Column is not in the table: {}.", field.name)
          .WithSuggestion(base::DidYouMean(field.name, table.schema()->field_names()));
    }
    if (found.size() > 1) return base::InvalidArgument("Column stands twice in the table: {}.", field.name);
    PLUMB_ASSIGN_OR_RETURN(Column column, ColumnFromArrow(*table.column(found[0]), field.type, field.name));
    batch.AddColumn(field.name, std::move(column));
  }
  return batch;
}

base::Result<Batch> BatchFromArrow(const arrow::RecordBatch& batch, const Schema& wanted) {
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    columns.push_back(std::make_shared<arrow::ChunkedArray>(batch.column(i)));
  }
  return BatchFromArrow(*arrow::Table::Make(batch.schema(), std::move(columns), batch.num_rows()), wanted);
}

base::Status StatusFromArrow(const arrow::Status& status, std::string_view what) {
  if (status.ok()) return {};
  std::string text = fmt::format("{}: {}", what, status.message());
  if (!text.ends_with('.')) text += '.';
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return base::Status(base::Code::kResourceExhausted, std::move(text));
    case arrow::StatusCode::NotImplemented:
      return base::Status(base::Code::kUnimplemented, std::move(text));
    case arrow::StatusCode::Cancelled:
      return base::Status(base::Code::kCancelled, std::move(text));
    default:
      return base::Status(base::Code::kDataLoss, std::move(text));
  }
}

}  // namespace plumb::data
