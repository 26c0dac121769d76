#include "features/row_checks.h"

#include <utility>

#include "base/check.h"

namespace plumb::features {
namespace {

using base::Result;

// The columns that the scalar reads, in its order.
Result<std::vector<const data::Column*>> InputsOf(const Source& source, const expr::Scalar& scalar,
                                                  const data::Batch& rows) {
  std::vector<const data::Column*> inputs;
  for (const expr::Input& input : scalar.inputs()) {
    const data::Column* column = rows.Find(input.name);
    if (column == nullptr) {
      return base::InvalidArgument("Rows of source {} have no column {}.", source.name, input.name);
    }
    if (column->type() != input.type) {
      return base::InvalidArgument("Column has the wrong type: {} of source {}, want {}, got {}.", input.name,
                                   source.name, data::TypeName(input.type), data::TypeName(column->type()));
    }
    inputs.push_back(column);
  }
  return inputs;
}

Result<std::vector<uint8_t>> DeletedRows(const Source& source, const data::Batch& rows) {
  std::vector<uint8_t> deleted(rows.rows);
  if (!source.deleted) return deleted;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<const data::Column*> inputs, InputsOf(source, *source.deleted, rows));
  const data::Column values = source.deleted->Evaluate(inputs, rows.rows);
  for (size_t row = 0; row < rows.rows; ++row) deleted[row] = !values.IsNull(row) && values.Int(row) != 0 ? 1 : 0;
  return deleted;
}

class RowChecker {
 public:
  RowChecker(const Source& source, const data::Batch& rows, std::vector<uint8_t> deleted)
      : source_(source), rows_(rows), deleted_(std::move(deleted)) {
    report_.rows.resize(rows.rows);
    report_.failures.resize(source.row_checks.size());
  }

  base::Status Apply(size_t number) {
    const RowCheck& check = source_.row_checks[number];
    PLUMB_ASSIGN_OR_RETURN(const std::vector<const data::Column*> inputs, InputsOf(source_, check.expect, rows_));
    std::vector<uint8_t> overflows;
    const data::Column values = check.expect.Evaluate(inputs, rows_.rows, &overflows);
    for (size_t row = 0; row < rows_.rows; ++row) {
      const bool overflow = overflows[row] != 0;
      const bool is_false = !values.IsNull(row) && values.Int(row) == 0;
      if ((overflow || is_false) && deleted_[row] == 0) Fail(row, number, overflow);
    }
    return {};
  }

  RowCheckReport Finish() {
    for (const RowVerdict& verdict : report_.rows) report_.removed += verdict.passed() ? 0 : 1;
    return std::move(report_);
  }

 private:
  void Fail(size_t row, size_t number, bool overflow) {
    ++report_.failures[number];
    if (source_.row_checks[number].severity == CheckSeverity::kWarn || !report_.rows[row].passed()) return;
    report_.rows[row] = {static_cast<int>(number), overflow};
  }

  const Source& source_;
  const data::Batch& rows_;
  const std::vector<uint8_t> deleted_;
  RowCheckReport report_;
};

std::vector<int64_t> RowsThat(const std::vector<RowVerdict>& rows, bool pass) {
  std::vector<int64_t> numbers;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].passed() == pass) numbers.push_back(static_cast<int64_t>(row));
  }
  return numbers;
}

}  // namespace

std::vector<int64_t> RowCheckReport::Passed() const { return RowsThat(rows, true); }
std::vector<int64_t> RowCheckReport::Failed() const { return RowsThat(rows, false); }

Result<RowCheckReport> ApplyRowChecks(const Source& source, const data::Batch& rows) {
  PLUMB_ASSIGN_OR_RETURN(std::vector<uint8_t> deleted, DeletedRows(source, rows));
  RowChecker checker(source, rows, std::move(deleted));
  for (size_t number = 0; number < source.row_checks.size(); ++number) {
    PLUMB_RETURN_IF_ERROR(checker.Apply(number));
  }
  return checker.Finish();
}

std::string RefusalReason(const Source& source, const RowVerdict& verdict) {
  PLUMB_CHECK(!verdict.passed(), "Only a refused row has a reason.");
  const std::string& name = source.row_checks[static_cast<size_t>(verdict.check)].name;
  return verdict.overflow ? name + " (overflow)" : name;
}

}  // namespace plumb::features
