#include "data/parquet.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <exception>
#include <memory>
#include <utility>

#include "base/diagnostics.h"
#include "data/arrow_bridge.h"

namespace plumb::data {
namespace {

constexpr int32_t kFooterStringMax = 64 << 20;
constexpr int32_t kFooterListMax = 1 << 20;
// Runs of equal values take next to nothing, but a file of a few bytes does not hold billions of rows.
constexpr int64_t kRowsPerByteMax = 65536;
constexpr const char* kArrowSchemaKey = "ARROW:schema";

// Runs `body`, with whatever is thrown made a Status; every error says which file.
template <typename T, typename Body>
base::Result<T> Guarded(const std::string& name, Body body) {
  try {
    base::Result<T> result = body();
    if (result.ok() || !result.status().where().empty()) return result;
    return result.status().WithWhere(name);
  } catch (const std::bad_alloc&) {
    return base::ResourceExhausted("Parquet file needs more memory than there is: {}.", name).WithWhere(name);
  } catch (const std::exception& error) {
    return base::DataLoss("Parquet file cannot be read: {}: {}.", name, error.what()).WithWhere(name);
  }
}

base::Status ReadStatus(const arrow::Status& status, const std::string& name) {
  return StatusFromArrow(status, "Parquet file cannot be read: " + name);
}

// The numbers of the footer must agree with one another before Arrow allocates by them.
base::Status CheckCounts(const parquet::FileMetaData& footer, size_t file_bytes, const std::string& name) {
  const auto damaged = [&] { return base::DataLoss("Parquet file is damaged: {}: row counts do not agree.", name); };
  const int64_t rows = footer.num_rows();
  if (rows < 0 || rows / kRowsPerByteMax > static_cast<int64_t>(file_bytes)) return damaged();
  int64_t left = rows;
  for (int i = 0; i < footer.num_row_groups(); ++i) {
    const int64_t group_rows = footer.RowGroup(i)->num_rows();
    if (group_rows < 0 || group_rows > left) return damaged();
    left -= group_rows;
  }
  return left == 0 ? base::Status() : damaged();
}

// Where a column's values stand: of a list, below it.
struct Leaf {
  int index = -1;
  bool repeated = false;
};

Leaf LeafOf(const parquet::arrow::SchemaField& field) {
  const parquet::arrow::SchemaField* at = &field;
  while (at->children.size() == 1) at = at->children.data();
  return {.index = at->children.empty() ? at->column_index : -1, .repeated = at != &field};
}

// Of a flat column, every row group has one value a row; of lists, one or more.
base::Status CheckValues(const parquet::FileMetaData& footer, const Leaf& leaf, const std::string& name) {
  for (int i = 0; i < footer.num_row_groups(); ++i) {
    const auto group = footer.RowGroup(i);
    const int64_t rows = group->num_rows();
    const int64_t values = leaf.index < group->num_columns() ? group->ColumnChunk(leaf.index)->num_values() : -1;
    if (values < rows || (values > rows && !leaf.repeated)) {
      return base::DataLoss("Parquet file is damaged: {}: value counts do not agree.", name);
    }
  }
  return {};
}

class Reader {
 public:
  static base::Result<Reader> Open(std::string_view bytes, const std::string& name) {
    Reader reader;
    reader.name_ = name;
    parquet::ReaderProperties properties = parquet::default_reader_properties();
    properties.set_thrift_string_size_limit(kFooterStringMax);
    properties.set_thrift_container_size_limit(kFooterListMax);
    properties.set_page_checksum_verification(true);
    parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
        reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size())));
    PLUMB_RETURN_IF_ERROR(ReadStatus(builder.Open(std::move(input), properties), name));
    PLUMB_RETURN_IF_ERROR(CheckCounts(*builder.raw_reader()->metadata(), bytes.size(), name));
    PLUMB_RETURN_IF_ERROR(ReadStatus(builder.properties(arrow_properties)->Build(&reader.file_), name));
    PLUMB_RETURN_IF_ERROR(ReadStatus(reader.file_->GetSchema(&reader.schema_), name));
    return reader;
  }

  [[nodiscard]] ParquetInfo Info() const {
    ParquetInfo info;
    info.schema = SchemaFromArrow(*schema_);
    info.rows = Footer().num_rows();
    const auto& pairs = Footer().key_value_metadata();
    for (int64_t i = 0; pairs != nullptr && i < pairs->size(); ++i) {
      if (pairs->key(i) != kArrowSchemaKey) info.metadata[pairs->key(i)] = pairs->value(i);
    }
    return info;
  }

  base::Result<Batch> Read(const Schema& wanted) {
    Batch batch;
    batch.rows = static_cast<size_t>(Footer().num_rows());
    for (const Field& field : wanted.fields()) {
      PLUMB_ASSIGN_OR_RETURN(Column column, ReadColumn(field));
      batch.AddColumn(field.name, std::move(column));
    }
    return batch;
  }

 private:
  [[nodiscard]] const parquet::FileMetaData& Footer() const { return *file_->parquet_reader()->metadata(); }

  base::Result<int> FindColumn(const Field& wanted) const {
    const std::vector<int> found = schema_->GetAllFieldIndices(wanted.name);
    if (found.empty()) {
      return base::NotFound("Column is not in the file: {}.", wanted.name)
          .WithSuggestion(base::DidYouMean(wanted.name, schema_->field_names()));
    }
    if (found.size() > 1) return base::InvalidArgument("Column stands twice in the file: {}.", wanted.name);
    return found[0];
  }

  // Refuses what can never be converted before it is decoded.
  base::Status CheckType(const Field& wanted, int index) const {
    const std::shared_ptr<arrow::DataType>& type = schema_->field(index)->type();
    if (TypeFromArrow(*type).has_value()) return {};
    return base::InvalidArgument("Column has the wrong type: {}, want {}, got {}.", wanted.name, TypeName(wanted.type),
                                 type->ToString());
  }

  base::Result<Column> ReadColumn(const Field& wanted) {
    PLUMB_ASSIGN_OR_RETURN(const int index, FindColumn(wanted));
    PLUMB_RETURN_IF_ERROR(CheckType(wanted, index));
    const Leaf leaf = LeafOf(file_->manifest().schema_fields[static_cast<size_t>(index)]);
    if (leaf.index < 0) {
      return base::DataLoss("Parquet file is damaged: {}: column {} has parts.", name_, wanted.name);
    }
    PLUMB_RETURN_IF_ERROR(CheckValues(Footer(), leaf, name_));
    std::shared_ptr<arrow::ChunkedArray> array;
    PLUMB_RETURN_IF_ERROR(ReadStatus(file_->ReadColumn(index, &array), name_));
    if (array->length() != Footer().num_rows()) {
      return base::DataLoss("Parquet file is damaged: {}: column {} has {} rows of {}.", name_, wanted.name,
                            array->length(), Footer().num_rows());
    }
    return ColumnFromArrow(*array, wanted.type, wanted.name);
  }

  std::string name_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
};

std::shared_ptr<parquet::WriterProperties> WriterProperties() {
  parquet::WriterProperties::Builder builder;
  builder.compression(arrow::Compression::ZSTD);
  builder.enable_page_checksum();
  return builder.build();
}

base::Result<std::string> Encode(const Batch& batch, const ParquetWriteOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Table> table, ToArrowTable(batch));
  const auto pairs = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : options.metadata) pairs->Append(key, value);
  table = table->ReplaceSchemaMetadata(pairs);
  const std::string what = "Parquet file cannot be written";
  auto sink = arrow::io::BufferOutputStream::Create();
  if (!sink.ok()) return StatusFromArrow(sink.status(), what);
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  PLUMB_RETURN_IF_ERROR(
      StatusFromArrow(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), *sink, options.row_group_rows,
                                                 WriterProperties(), arrow_properties),
                      what));
  auto bytes = (*sink)->Finish();
  if (!bytes.ok()) return StatusFromArrow(bytes.status(), what);
  return (*bytes)->ToString();
}

}  // namespace

base::Result<ParquetInfo> DecodeParquetInfo(std::string_view bytes, const std::string& name) {
  return Guarded<ParquetInfo>(name, [&]() -> base::Result<ParquetInfo> {
    PLUMB_ASSIGN_OR_RETURN(const Reader reader, Reader::Open(bytes, name));
    return reader.Info();
  });
}

base::Result<Batch> DecodeParquet(std::string_view bytes, const std::string& name, const Schema& wanted) {
  return Guarded<Batch>(name, [&]() -> base::Result<Batch> {
    PLUMB_ASSIGN_OR_RETURN(Reader reader, Reader::Open(bytes, name));
    return reader.Read(wanted);
  });
}

base::Result<std::string> EncodeParquet(const Batch& batch, const ParquetWriteOptions& options) {
  try {
    return Encode(batch, options);
  } catch (const std::exception& error) {
    return base::Io("Parquet file cannot be written: {}.", error.what());
  }
}

base::Result<ParquetInfo> ReadParquetInfo(base::FileSystem& files, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  return DecodeParquetInfo(bytes, path);
}

base::Result<Schema> ReadParquetSchema(base::FileSystem& files, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const ParquetInfo info, ReadParquetInfo(files, path));
  return info.schema;
}

base::Result<Batch> ReadParquet(base::FileSystem& files, const std::string& path, const Schema& wanted) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  return DecodeParquet(bytes, path, wanted);
}

base::Result<Batch> ReadParquetColumns(base::FileSystem& files, const std::string& path,
                                       const std::vector<std::string>& names) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  PLUMB_ASSIGN_OR_RETURN(const ParquetInfo info, DecodeParquetInfo(bytes, path));
  Schema wanted;
  for (const std::string& name : names) {
    const Field* field = info.schema.Find(name);
    // A column that is not shown is missing or of a type that plumb has not: reading it says which.
    wanted.Add(name, field != nullptr ? field->type : Type(TypeKind::kString));
  }
  return DecodeParquet(bytes, path, wanted);
}

base::Result<Batch> ReadParquetAll(base::FileSystem& files, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, files.ReadFile(path));
  PLUMB_ASSIGN_OR_RETURN(const ParquetInfo info, DecodeParquetInfo(bytes, path));
  return DecodeParquet(bytes, path, info.schema);
}

base::Status WriteParquet(base::FileSystem& files, const std::string& path, const Batch& batch,
                          const ParquetWriteOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, EncodeParquet(batch, options));
  return files.WriteFileAtomically(path, bytes);
}

}  // namespace plumb::data
