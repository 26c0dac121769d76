// deployment_table.h: which version each deployment serves, and which it served.
//
// Every change is a row that says where a rollback from it leads (`back_to`), so that going back twice goes back two
// versions although the history only grows. Thread safety: one user.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/registry.h"
#include "store/sqlite.h"

namespace plumb::registry {

class DeploymentTable {
 public:
  DeploymentTable(store::SqliteDatabase& database, base::Clock& clock) : database_(database), clock_(clock) {}

  // The version exists; the caller looks before, versions being there for good.
  base::Result<DeploymentRecord> Deploy(const DeploymentRecord& wanted);
  base::Result<DeploymentRecord> Rollback(const std::string& deployment);
  base::Result<DeploymentRecord> Current(const std::string& deployment);
  base::Result<std::vector<DeploymentRecord>> AllCurrent();
  base::Result<std::vector<DeploymentRecord>> History(const std::string& deployment);  // newest first
  base::Result<int64_t> Sequence();

 private:
  struct Row {
    DeploymentRecord record;
    std::optional<int64_t> back_to;
  };
  static Row RowOf(const store::SqliteStatement& statement);
  base::Result<std::vector<DeploymentRecord>> ReadAll(store::SqliteStatement statement);
  base::Result<std::optional<Row>> Newest(const std::string& deployment);
  base::Result<DeploymentRecord> Insert(Row row);
  base::Status Unknown(const std::string& deployment);

  store::SqliteDatabase& database_;
  base::Clock& clock_;
};

}  // namespace plumb::registry
