// event_order.h: the order in which event rows are written.
//
// Thread safety: pure functions.
#pragma once

#include "data/column.h"

namespace plumb::operate {

// Rows by (event_time, known_at), as they came among equals: neighbours in time lie together, so that files compress
// and windows read ahead.
data::Batch SortByTime(const data::Batch& events);

}  // namespace plumb::operate
