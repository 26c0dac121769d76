// current_events.h: of all versions of a source's events, those that hold now.
//
// What people mean by "the rows of the source": of an event the newest version, unless it is withdrawn; of a table's
// key the row that is valid last. Checks of the whole source and profiles look at these.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "data/column.h"
#include "features/definitions.h"

namespace plumb::operate {

// Row numbers, ascending. `events` has features::EventSchema(source).
std::vector<int64_t> CurrentEvents(const features::Source& source, const data::Batch& events);

}  // namespace plumb::operate
