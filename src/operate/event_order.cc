#include "operate/event_order.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/time.h"
#include "data/event_log.h"

namespace plumb::operate {

data::Batch SortByTime(const data::Batch& events) {
  const data::Column& event_time = *events.Find(data::kEventTimeColumn);
  const data::Column& known_at = *events.Find(data::kKnownAtColumn);
  const auto at = [](const data::Column& column, int64_t row) {
    return column.IsNull(static_cast<size_t>(row)) ? base::kTimeMin : column.Int(static_cast<size_t>(row));
  };
  std::vector<int64_t> order(events.rows);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const base::Time ta = at(event_time, a), tb = at(event_time, b);
    return ta != tb ? ta < tb : at(known_at, a) < at(known_at, b);
  });
  return events.Take(order);
}

}  // namespace plumb::operate
