// schema.h: the tables of registry.db and how an older file becomes one of today. Format: docs/formats/registry.md.
// Thread safety: none of its own.
#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "store/sqlite.h"

namespace plumb::registry {

// The schema version of the file: 0 when it is new. kFailedPrecondition when it is another program's database or a
// newer plumb's.
base::Result<int64_t> SchemaVersion(store::SqliteDatabase& database);
// Applies what is missing, each migration in a transaction. Several processes may do so at once.
base::Status Migrate(store::SqliteDatabase& database, base::Clock& clock);

}  // namespace plumb::registry
