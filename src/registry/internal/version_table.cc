#include "registry/internal/version_table.h"

#include <optional>

#include "base/diagnostics.h"
#include "registry/internal/reference.h"

namespace plumb::registry {
namespace {

using base::Json;
using base::Result;
using base::Status;
using store::SqliteStatement;
using store::SqliteTransaction;

constexpr const char* kChampion = "champion";
constexpr const char* kColumns =
    "SELECT model, number, run_id, features, data, metrics, description, created FROM versions ";

std::string JoinNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// "Did you mean X? ": what comes before the list of what there is.
std::string Guess(const std::string& name, const std::vector<std::string>& names) {
  const std::string guess = base::DidYouMean(name, names);
  return guess.empty() ? guess : guess + " ";
}

}  // namespace

Result<Version> VersionTable::Create(const NewVersion& version) {
  PLUMB_RETURN_IF_ERROR(ValidateName("Model", version.model));
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_RETURN_IF_ERROR(CheckNew(version));
  const base::Time now = clock_.Now();
  PLUMB_RETURN_IF_ERROR(database_.Run("INSERT OR IGNORE INTO models VALUES (?, ?)", version.model, now));
  PLUMB_ASSIGN_OR_RETURN(const int64_t newest, NewestNumber(version.model));
  const int64_t number = newest + 1;
  const std::optional<std::string> run = version.run_id.empty() ? std::nullopt : std::optional(version.run_id);
  PLUMB_RETURN_IF_ERROR(database_.Run("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", version.model, number,
                                      run, version.features.Dump(), version.data.Dump(), version.metrics.Dump(),
                                      version.description, now));
  PLUMB_RETURN_IF_ERROR(InsertArtifacts(version, number));
  PLUMB_RETURN_IF_ERROR(transaction.Commit());
  return Get(version.model, number);
}

// What the keys of the tables would refuse, in words.
Status VersionTable::CheckNew(const NewVersion& version) {
  if (!version.run_id.empty()) {
    PLUMB_ASSIGN_OR_RETURN(auto run, database_.Query("SELECT model FROM runs WHERE id = ?", version.run_id));
    PLUMB_ASSIGN_OR_RETURN(const bool is_known, run.Next());
    if (!is_known) return base::FailedPrecondition("Run of a version is not in the registry: {}.", version.run_id);
    if (run.Text(0) != version.model) {
      return base::FailedPrecondition("Run of a version is of another model: {} is of {}, not {}.", version.run_id,
                                      run.Text(0), version.model);
    }
  }
  for (const auto& [name, sha256] : version.artifacts) {
    PLUMB_RETURN_IF_ERROR(ValidateLabel("Artifact", name));
    PLUMB_ASSIGN_OR_RETURN(auto artifact, database_.Query("SELECT 1 FROM artifacts WHERE sha256 = ?", sha256));
    PLUMB_ASSIGN_OR_RETURN(const bool is_known, artifact.Next());
    if (!is_known)
      return base::FailedPrecondition("Artifact of a version is not in the registry: {}, {}.", name, sha256);
  }
  return Status();
}

Status VersionTable::InsertArtifacts(const NewVersion& version, int64_t number) {
  for (const auto& [name, sha256] : version.artifacts) {
    PLUMB_RETURN_IF_ERROR(
        database_.Run("INSERT INTO version_artifacts VALUES (?, ?, ?, ?)", version.model, number, name, sha256));
  }
  return Status();
}

Result<Version> VersionTable::Resolve(const std::string& text) {
  PLUMB_ASSIGN_OR_RETURN(const Reference reference, ParseReference(text));
  if (reference.number > 0) return Get(reference.model, reference.number);
  PLUMB_ASSIGN_OR_RETURN(const int64_t newest, NewestNumber(reference.model));
  if (newest == 0) return Get(reference.model, 1);  // says that there is none
  PLUMB_ASSIGN_OR_RETURN(const std::vector<AliasTarget> aliases, Aliases(reference.model));
  const std::string wanted = reference.alias.empty() ? kChampion : reference.alias;
  std::vector<std::string> names;
  for (const auto& [alias, number] : aliases) {
    if (alias == wanted) return Get(reference.model, number);
    names.push_back(alias);
  }
  if (reference.alias.empty()) return Get(reference.model, newest);
  const Status unknown = base::NotFound("Model does not have this alias: {}.", text);
  if (names.empty())
    return unknown.WithSuggestion(fmt::format("It has no aliases; its newest version is v{}.", newest));
  return unknown.WithSuggestion(Guess(wanted, names) + "It has: " + JoinNames(names) + ".");
}

Result<Version> VersionTable::Get(const std::string& model, int64_t number) {
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query(std::string(kColumns) + "WHERE model = ? AND number = ?", model, number));
  PLUMB_ASSIGN_OR_RETURN(const bool is_known, row.Next());
  if (is_known) return Read(row);
  PLUMB_ASSIGN_OR_RETURN(const int64_t newest, NewestNumber(model));
  if (newest == 0)
    return base::NotFound("Model has no version yet: {}.", model).WithSuggestion("Train one with plumb train.");
  return base::NotFound("Model does not have this version: {}@v{}.", model, number)
      .WithSuggestion(fmt::format("Its newest version is v{}.", newest));
}

Result<std::vector<Version>> VersionTable::OfModel(const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query(std::string(kColumns) + "WHERE model = ? ORDER BY number DESC", model));
  std::vector<Version> versions;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return versions;
    PLUMB_ASSIGN_OR_RETURN(Version version, Read(row));
    versions.push_back(std::move(version));
  }
}

Result<std::vector<std::string>> VersionTable::Models() {
  PLUMB_ASSIGN_OR_RETURN(auto row, database_.Query("SELECT name FROM models ORDER BY name"));
  std::vector<std::string> names;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return names;
    names.push_back(row.Text(0));
  }
}

Status VersionTable::SetAlias(const std::string& model, const std::string& alias, int64_t number) {
  PLUMB_RETURN_IF_ERROR(ValidateAlias(alias));
  PLUMB_ASSIGN_OR_RETURN(auto transaction, SqliteTransaction::Begin(database_));
  PLUMB_RETURN_IF_ERROR(Get(model, number).status());
  PLUMB_ASSIGN_OR_RETURN(const std::vector<AliasTarget> aliases, Aliases(model));
  for (const AliasTarget& target : aliases) {
    if (target.alias == alias && target.number == number) return Status();  // nothing changes
  }
  PLUMB_RETURN_IF_ERROR(database_.Run("INSERT INTO alias_changes (model, alias, number, created) VALUES (?, ?, ?, ?)",
                                      model, alias, number, clock_.Now()));
  return transaction.Commit();
}

Result<std::vector<AliasRecord>> VersionTable::AliasHistory(const std::string& model, const std::string& alias) {
  PLUMB_ASSIGN_OR_RETURN(auto row,
                         database_.Query("SELECT number, created FROM alias_changes WHERE model = ? AND alias = ? "
                                         "ORDER BY sequence DESC",
                                         model, alias));
  std::vector<AliasRecord> history;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return history;
    history.push_back({row.Int(0), row.Int(1)});
  }
}

Result<std::vector<VersionTable::AliasTarget>> VersionTable::Aliases(const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(
      auto row,
      database_.Query("SELECT alias, number FROM alias_changes WHERE sequence IN "
                      "(SELECT max(sequence) FROM alias_changes WHERE model = ? GROUP BY alias) ORDER BY alias",
                      model));
  std::vector<AliasTarget> aliases;
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, row.Next());
    if (!has_row) return aliases;
    aliases.push_back({row.Text(0), row.Int(1)});
  }
}

Result<int64_t> VersionTable::NewestNumber(const std::string& model) {
  PLUMB_ASSIGN_OR_RETURN(
      auto row, database_.Query(
                    "SELECT (SELECT max(number) FROM versions WHERE model = name) FROM models WHERE name = ?", model));
  PLUMB_ASSIGN_OR_RETURN(const bool is_known, row.Next());
  if (is_known) return row.Int(0);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> names, Models());
  const Status unknown = base::NotFound("Model is not in the registry: {}.", model);
  if (names.empty()) return unknown.WithSuggestion("The registry is empty; train a model with plumb train.");
  return unknown.WithSuggestion(Guess(model, names) + "The registry has: " + JoinNames(names) + ".");
}

Result<Version> VersionTable::Read(const SqliteStatement& row) {
  Version version;
  version.model = row.Text(0);
  version.number = row.Int(1);
  version.run_id = row.Text(2);
  version.description = row.Text(6);
  version.created = row.Int(7);
  Json* const parts[] = {&version.features, &version.data, &version.metrics};
  for (int i = 0; i < 3; ++i) {
    Result<Json> json = base::ParseJson(row.Text(3 + i));
    if (!json.ok()) {
      return base::DataLoss("Version in the registry is damaged: {}@v{}, {}.", version.model, version.number,
                            json.status().message());
    }
    *parts[i] = std::move(json).value();
  }
  PLUMB_RETURN_IF_ERROR(ReadDetails(&version));
  return version;
}

Status VersionTable::ReadDetails(Version* version) {
  PLUMB_ASSIGN_OR_RETURN(auto artifact,
                         database_.Query("SELECT name, sha256 FROM version_artifacts WHERE model = ? AND number = ?",
                                         version->model, version->number));
  while (true) {
    PLUMB_ASSIGN_OR_RETURN(const bool has_row, artifact.Next());
    if (!has_row) break;
    version->artifacts[artifact.Text(0)] = artifact.Text(1);
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<AliasTarget> aliases, Aliases(version->model));
  for (const AliasTarget& target : aliases) {
    if (target.number == version->number) version->aliases.push_back(target.alias);
  }
  return Status();
}

}  // namespace plumb::registry
