// run_table.h: runs with their parameters, metrics and end. Thread safety: one user.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/registry.h"
#include "store/sqlite.h"

namespace plumb::registry {

class RunTable {
 public:
  RunTable(store::SqliteDatabase& database, base::Clock& clock) : database_(database), clock_(clock) {}

  base::Result<std::string> Start(const std::string& model, const std::string& kind);
  base::Status LogParameters(const std::string& run, const std::map<std::string, std::string>& parameters);
  base::Status LogMetrics(const std::string& run, const std::map<std::string, double>& metrics);
  base::Status End(const std::string& run, bool succeeded);
  base::Result<Run> Get(const std::string& id);
  base::Result<std::vector<Run>> OfModel(const std::string& model);

 private:
  base::Status LogParameter(const std::string& run, const std::string& name, const std::string& value);
  base::Status RequireRunning(const std::string& id);
  base::Status ReadDetails(Run* run);

  store::SqliteDatabase& database_;
  base::Clock& clock_;
};

}  // namespace plumb::registry
