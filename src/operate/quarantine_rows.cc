#include "operate/quarantine_rows.h"

#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "store/quarantine.h"

namespace plumb::operate {
namespace {

using base::Result;

constexpr size_t kIdDigits = 16;

// The values as text; null stays null.
data::Column TextColumn(const data::Column& values, const std::vector<RefusedRow>& refused) {
  data::Column texts(data::TypeKind::kString);
  texts.Reserve(refused.size());
  const bool is_text = values.type() == data::TypeKind::kString;
  for (const RefusedRow& row : refused) {
    const auto at = static_cast<size_t>(row.row);
    if (values.IsNull(at)) {
      texts.AppendNull();
    } else if (is_text) {
      texts.AppendString(values.String(at));
    } else {
      texts.AppendString(values.At(at).ToString());
    }
  }
  return texts;
}

// Which file, and which row of it, the rows of a batch are.
class OriginFinder {
 public:
  explicit OriginFinder(const std::vector<RowOrigin>& files) : files_(files) {}
  // Requires: rows in ascending order.
  void MoveTo(int64_t row) {
    while (file_ < files_.size() && row >= begin_ + files_[file_].rows) begin_ += files_[file_++].rows;
    number_ = row - begin_ + 1;
  }
  [[nodiscard]] const std::string* file() const { return file_ < files_.size() ? &files_[file_].file : nullptr; }
  [[nodiscard]] int64_t number() const { return number_; }

 private:
  const std::vector<RowOrigin>& files_;
  size_t file_ = 0;
  int64_t begin_ = 0, number_ = 0;
};

}  // namespace

std::string RowNames::Next(const data::Batch& rows, size_t row) {
  std::string text = source_.name + "\n";
  for (const data::Field& field : source_.columns.fields()) {
    data::AppendCanonical(rows.Find(field.name)->At(row), &text);
  }
  const std::string digest = base::Sha256Hex(text);
  const int64_t before = seen_[digest]++;
  if (before == 0) return digest.substr(0, kIdDigits);
  return base::Sha256Hex(digest + "\n" + std::to_string(before)).substr(0, kIdDigits);
}

data::Batch MakeQuarantineRows(const features::Source& source, const data::Batch& rows,
                               const std::vector<RefusedRow>& refused, const QuarantineStamp& stamp) {
  data::Batch batch(store::QuarantineSchema(source.columns.Names()));
  RowNames names(source);
  OriginFinder origin(stamp.files);
  for (const RefusedRow& row : refused) {
    const auto at = static_cast<size_t>(row.row);
    const std::string id = stamp.ids.empty() ? names.Next(rows, at) : stamp.ids[at];
    const auto before = stamp.received_before.find(id);
    origin.MoveTo(row.row);
    batch.columns[0].AppendString(id);
    batch.columns[1].AppendString(row.reason);
    batch.columns[2].AppendString(row.check);
    if (origin.file() != nullptr) {
      batch.columns[3].AppendString(*origin.file());
      batch.columns[4].AppendInt(origin.number());
    } else {
      batch.columns[3].AppendNull();
      batch.columns[4].AppendNull();
    }
    batch.columns[5].AppendInt(before != stamp.received_before.end() ? before->second : stamp.received_at);
  }
  const size_t own = store::QuarantineSchema({}).size();
  for (size_t i = 0; i < source.columns.size(); ++i) {
    batch.columns[own + i] = TextColumn(*rows.Find(source.columns.fields()[i].name), refused);
  }
  batch.rows = refused.size();
  return batch;
}

ReadBackRows ReadBackQuarantineRows(const features::Source& source, const data::Batch& quarantined) {
  ReadBackRows back;
  back.problems.resize(quarantined.rows);
  back.rows = data::Batch(source.columns);
  back.rows.rows = quarantined.rows;
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const data::Field& field = source.columns.fields()[i];
    const data::Column* texts = quarantined.Find(field.name);
    for (size_t row = 0; row < quarantined.rows; ++row) {
      data::Column& column = back.rows.columns[i];
      if (texts == nullptr) back.problems[row] = "column " + field.name + " was not read when the row was refused";
      if (texts == nullptr || texts->IsNull(row)) {
        column.AppendNull();
        continue;
      }
      const Result<data::Value> value = data::ParseValue(field.type, texts->String(row));
      if (value.ok()) {
        column.Append(*value);
      } else {
        column.AppendNull();
        back.problems[row] = "column " + field.name + " is not of the declared type";
      }
    }
  }
  return back;
}

}  // namespace plumb::operate
