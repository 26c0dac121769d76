#include "registry/internal/verdict_table.h"

#include <utility>

#include "registry/internal/reference.h"

namespace plumb::registry {

using base::Result;

Result<VerdictRecord> VerdictTable::Add(const std::string& model, int64_t version, const std::string& verdict,
                                        const base::Json& report) {
  PLUMB_RETURN_IF_ERROR(ValidateLabel("Verdict", verdict));
  VerdictRecord record{0, model, version, verdict, report, clock_.Now()};
  PLUMB_RETURN_IF_ERROR(
      database_.Run("INSERT INTO verdicts (model, number, verdict, report, created) VALUES (?, ?, ?, ?, ?)", model,
                    version, verdict, report.Dump(), record.created));
  record.sequence = database_.LastRowId();
  return record;
}

Result<std::vector<VerdictRecord>> VerdictTable::Of(const std::string& model, int64_t version) {
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query("SELECT sequence, verdict, report, created FROM verdicts WHERE model = ? "
                                         "AND number = ? ORDER BY sequence DESC",
                                         model, version));
  std::vector<VerdictRecord> records;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return records;
    Result<base::Json> report = base::ParseJson(row.Text(2));
    if (!report.ok()) {
      return base::DataLoss("Verdict in the registry is damaged: {}@v{}, {}.", model, version,
                            report.status().message());
    }
    records.push_back({row.Int(0), model, version, row.Text(1), std::move(report).value(), row.Int(3)});
  }
}

}  // namespace plumb::registry
