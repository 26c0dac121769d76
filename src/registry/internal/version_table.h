// version_table.h: models, their versions and aliases, and how a reference finds one. Thread safety: one user.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/registry.h"
#include "store/sqlite.h"

namespace plumb::registry {

class VersionTable {
 public:
  VersionTable(store::SqliteDatabase& database, base::Clock& clock) : database_(database), clock_(clock) {}

  base::Result<Version> Create(const NewVersion& version);
  base::Result<Version> Resolve(const std::string& text);
  base::Result<Version> Get(const std::string& model, int64_t number);
  base::Result<std::vector<Version>> OfModel(const std::string& model);  // newest first
  base::Result<std::vector<std::string>> Models();
  base::Result<std::vector<AliasRecord>> AliasHistory(const std::string& model, const std::string& alias);
  base::Status SetAlias(const std::string& model, const std::string& alias, int64_t number);

 private:
  struct AliasTarget {
    std::string alias;
    int64_t number;
  };
  base::Status CheckNew(const NewVersion& version);
  base::Status InsertArtifacts(const NewVersion& version, int64_t number);
  base::Result<std::vector<AliasTarget>> Aliases(const std::string& model);
  // 0 for a model without versions; kNotFound, with the nearest name, for one that is not there.
  base::Result<int64_t> NewestNumber(const std::string& model);
  base::Result<Version> Read(const store::SqliteStatement& row);
  base::Status ReadDetails(Version* version);

  store::SqliteDatabase& database_;
  base::Clock& clock_;
};

}  // namespace plumb::registry
