// verdict_table.h: what gates said of versions. A version is judged again when what it is compared with has changed, so
// it may have several; the last one counts. Thread safety: one user.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/registry.h"
#include "store/sqlite.h"

namespace plumb::registry {

class VerdictTable {
 public:
  VerdictTable(store::SqliteDatabase& database, base::Clock& clock) : database_(database), clock_(clock) {}

  // The version exists; the caller looks before, versions being there for good.
  base::Result<VerdictRecord> Add(const std::string& model, int64_t version, const std::string& verdict,
                                  const base::Json& report);
  base::Result<std::vector<VerdictRecord>> Of(const std::string& model, int64_t version);  // newest first

 private:
  store::SqliteDatabase& database_;
  base::Clock& clock_;
};

}  // namespace plumb::registry
