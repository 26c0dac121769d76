// project_template.h: the first project.yaml that `plumb init` writes.
//
// Why: from a table, the times, the entity and the first features are guesses that a person has to confirm; so the file
// says what was guessed and why, and everything in it passes `plumb check`.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "base/status.h"
#include "data/column.h"

namespace plumb::app {

// A small example with comments, about orders of customers.
const char* StarterProject();

// One source, an entity and a few features for the table at `path`. kInvalidArgument when no column is a time.
base::Result<std::string> ProjectFromTable(const std::string& path, const data::Batch& rows);

}  // namespace plumb::app
