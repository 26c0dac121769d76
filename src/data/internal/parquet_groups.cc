#include "data/internal/parquet_groups.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "data/arrow_bridge.h"

namespace plumb::data {
namespace {

constexpr int32_t kFooterStringMax = 64 << 20;
constexpr int32_t kFooterListMax = 1 << 20;
constexpr int64_t kRowsPerByteMax = 65536;

parquet::ReaderProperties Properties() {
  parquet::ReaderProperties properties = parquet::default_reader_properties();
  properties.set_thrift_string_size_limit(kFooterStringMax);
  properties.set_thrift_container_size_limit(kFooterListMax);
  properties.set_page_checksum_verification(true);
  return properties;
}

class Groups : public ParquetGroups {
 public:
  Groups(std::string bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

  base::Status Open() {
    return Guarded([&]() -> base::Status {
      PLUMB_ASSIGN_OR_RETURN(const auto reader, OpenReader());
      footer_ = reader->parquet_reader()->metadata();
      PLUMB_RETURN_IF_ERROR(Checked(reader->GetSchema(&schema_)));
      int64_t left = footer_->num_rows();
      if (left < 0 || left / kRowsPerByteMax > static_cast<int64_t>(bytes_.size())) return Damaged("row counts");
      for (int i = 0; i < footer_->num_row_groups(); ++i) {
        const int64_t rows = footer_->RowGroup(i)->num_rows();
        if (rows < 0 || rows > left) return Damaged("row counts");
        left -= rows;
      }
      return left == 0 ? base::Status() : Damaged("row counts");
    });
  }

  [[nodiscard]] int groups() const override { return footer_->num_row_groups(); }
  [[nodiscard]] int64_t rows() const override { return footer_->num_rows(); }

  base::Result<Batch> ReadGroup(int group, const Schema& wanted) override {
    Batch batch;
    batch.rows = static_cast<size_t>(footer_->RowGroup(group)->num_rows());
    const base::Status status = Guarded([&]() -> base::Status {
      PLUMB_ASSIGN_OR_RETURN(const auto reader, OpenReader());
      for (const Field& field : wanted.fields()) {
        PLUMB_ASSIGN_OR_RETURN(Column column, ReadColumn(*reader, group, field));
        batch.AddColumn(field.name, std::move(column));
      }
      return {};
    });
    if (!status.ok()) return status;
    return batch;
  }

 private:
  using FileReader = parquet::arrow::FileReader;

  // Runs `body`, with whatever is thrown made a Status; every error says which file.
  template <typename Body>
  base::Status Guarded(Body body) const {
    base::Status status;
    try {
      status = body();
    } catch (const std::bad_alloc&) {
      status = base::ResourceExhausted("Parquet file needs more memory than there is: {}.", name_);
    } catch (const std::exception& error) {
      status = base::DataLoss("Parquet file cannot be read: {}: {}.", name_, error.what());
    }
    return status.ok() || !status.where().empty() ? status : status.WithWhere(name_);
  }

  [[nodiscard]] base::Status Damaged(const char* what) const {
    return base::DataLoss("Parquet file is damaged: {}: {} do not agree.", name_, what);
  }

  [[nodiscard]] base::Status Checked(const arrow::Status& status) const {
    return StatusFromArrow(status, "Parquet file cannot be read: " + name_);
  }

  base::Result<std::unique_ptr<FileReader>> OpenReader() const {
    auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
        reinterpret_cast<const uint8_t*>(bytes_.data()), static_cast<int64_t>(bytes_.size())));
    parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    PLUMB_RETURN_IF_ERROR(Checked(builder.Open(std::move(input), Properties(), footer_)));
    std::unique_ptr<FileReader> reader;
    PLUMB_RETURN_IF_ERROR(Checked(builder.properties(arrow_properties)->Build(&reader)));
    return reader;
  }

  base::Result<int> FindColumn(const Field& wanted) const {
    const std::vector<int> found = schema_->GetAllFieldIndices(wanted.name);
    if (found.empty()) {
      return base::NotFound("Column is not in the file: {}.", wanted.name)
          .WithSuggestion(base::DidYouMean(wanted.name, schema_->field_names()));
    }
    if (found.size() > 1) return base::InvalidArgument("Column stands twice in the file: {}.", wanted.name);
    return found[0];
  }

  base::Result<Column> ReadColumn(FileReader& reader, int group, const Field& wanted) const {
    PLUMB_ASSIGN_OR_RETURN(const int index, FindColumn(wanted));
    const std::shared_ptr<arrow::DataType>& type = schema_->field(index)->type();
    if (!TypeFromArrow(*type).has_value()) {
      return base::InvalidArgument("Column has the wrong type: {}, want {}, got {}.", wanted.name,
                                   TypeName(wanted.type), type->ToString());
    }
    const auto& field = reader.manifest().schema_fields[static_cast<size_t>(index)];
    if (field.is_leaf() && IsPlain(field.column_index, *type, wanted.type)) {
      return ReadPlain(reader, group, field.column_index, wanted.type);
    }
    std::shared_ptr<arrow::ChunkedArray> array;
    PLUMB_RETURN_IF_ERROR(Checked(reader.RowGroup(group)->Column(index)->Read(&array)));
    if (array->length() != footer_->RowGroup(group)->num_rows()) return Damaged("value counts");
    return ColumnFromArrow(*array, wanted.type, wanted.name);
  }

  // Whether the file holds the column's words just as a Column does.
  [[nodiscard]] bool IsPlain(int column, const arrow::DataType& type, Type wanted) const {
    const parquet::ColumnDescriptor& descriptor = *footer_->schema()->Column(column);
    if (descriptor.max_repetition_level() != 0 || descriptor.max_definition_level() > 1) return false;
    if (wanted == TypeKind::kFloat64) return type.id() == arrow::Type::DOUBLE;
    if (wanted == TypeKind::kInt64) return type.id() == arrow::Type::INT64;
    return wanted == TypeKind::kTimestamp && type.id() == arrow::Type::TIMESTAMP &&
           static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO &&
           descriptor.physical_type() == parquet::Type::INT64;
  }

  // Straight from the pages into the column.
  base::Result<Column> ReadPlain(FileReader& reader, int group, int column, Type type) const {
    const auto rows = static_cast<size_t>(footer_->RowGroup(group)->num_rows());
    Column result(type);
    result.ResizeUninitialised(rows);
    const auto pages = reader.parquet_reader()->RowGroup(group)->Column(column);
    const bool may_be_null = pages->descr()->max_definition_level() > 0;
    bool is_whole = false;
    if (type == TypeKind::kFloat64) {
      auto* typed = static_cast<parquet::DoubleReader*>(pages.get());
      is_whole = FillWords(typed, may_be_null, rows, result.mutable_double_data(), &result);
      double* words = result.mutable_double_data();
      for (size_t row = 0; row < rows; ++row) words[row] = CanonicalDouble(words[row]);
    } else {
      auto* typed = static_cast<parquet::Int64Reader*>(pages.get());
      is_whole = FillWords(typed, may_be_null, rows, result.mutable_int_data(), &result);
    }
    if (!is_whole) return Damaged("value counts");
    return result;
  }

  // False: there are fewer rows than the footer says.
  template <typename Reader, typename Word>
  static bool FillWords(Reader* pages, bool may_be_null, size_t rows, Word* words, Column* column) {
    std::vector<int16_t> levels(may_be_null ? rows : 0);
    size_t at = 0;
    bool has_nulls = false;
    while (at < rows && pages->HasNext()) {
      int64_t values = 0;
      const auto wanted = static_cast<int64_t>(rows - at);
      int16_t* into = may_be_null ? levels.data() + at : nullptr;
      const int64_t read = pages->ReadBatch(wanted, into, nullptr, words + at, &values);
      const auto count = static_cast<size_t>(may_be_null ? read : values);
      if (count == 0 || values > static_cast<int64_t>(count)) return false;
      if (static_cast<size_t>(values) < count) {
        has_nulls = true;
        MakeRoom(into, count, static_cast<size_t>(values), words + at);
      }
      at += count;
    }
    if (at != rows) return false;
    if (!has_nulls) return true;
    uint8_t* valid = column->mutable_valid_data();
    for (size_t row = 0; row < rows; ++row) valid[row] = levels[row] != 0 ? 1 : 0;
    return true;
  }

  // Values stand packed at the front; moves each to its row, and puts 0 where there is none.
  template <typename Word>
  static void MakeRoom(const int16_t* levels, size_t rows, size_t values, Word* words) {
    for (size_t row = rows; row-- > 0;) words[row] = levels[row] != 0 && values > 0 ? words[--values] : Word{0};
  }

  std::string bytes_, name_;
  std::shared_ptr<parquet::FileMetaData> footer_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

base::Result<std::unique_ptr<ParquetGroups>> ParquetGroups::Open(std::string bytes, std::string name) {
  auto groups = std::make_unique<Groups>(std::move(bytes), std::move(name));
  PLUMB_RETURN_IF_ERROR(groups->Open());
  return std::unique_ptr<ParquetGroups>(std::move(groups));
}

}  // namespace plumb::data
