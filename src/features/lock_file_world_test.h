// lock_file_world_test.h: a small project with a model, and its lock, for the tests of plumb.lock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "features/loaded_project_test.h"
#include "features/lock_file.h"

namespace plumb::features {

constexpr const char* kLockedProject = R"(sources:
  flights:
    path: data/flights.csv
    event_time: arrived_at
    available_after: 10m
    event_id: id
    owner: ops@example.com
    columns: {id: string, carrier: string, origin: string, arrived_at: timestamp, delay: float64}
    derive: {late: delay >= 15}
  reports:
    path: data/reports.csv
    event_time: observed_at
    columns: {airport: string, observed_at: timestamp, wind: float64}
entities:
  carrier: {key: {carrier: string}}
  airport: {key: {airport: string}}
feature_views:
  delays:
    entity: carrier
    source: flights
    owner: ops@example.com
    max_age: 30d
    features:
      flights_24h: count() over 24h
      delay_avg_24h: avg(delay) over 24h
      late_share: sum(late) over 24h / nullif(count() over 24h, 0)
      last: last(delay)
  weather:
    entity: airport
    source: reports
    features: {wind: last(wind)}
  trip:
    request: {carrier: string, origin: string, distance: float64}
    features:
      vs_usual: distance - delays.delay_avg_24h
      wind: weather(airport = origin).wind
)";

// Requires: definitions that have the features.
inline std::vector<ModelExpansion> LateModel(const Definitions& definitions, const std::vector<std::string>& patterns) {
  base::Diagnostics diagnostics;
  ModelExpansion model{"late_arrival", {}, definitions.Select(patterns, {}, &diagnostics)};
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.Render(false);
  return {model};
}

inline base::SourceTextPtr LockText(std::string text) {
  return std::make_shared<const base::SourceText>(base::SourceText{kLockFileName, std::move(text)});
}

// The lock of a text with the model over delays.* and trip.vs_usual, after `before`.
inline LockFile LockOf(const std::string& project, const LockFile& before = {}) {
  const DefinitionsPtr definitions = LoadGood(project);
  return MakeLock(before, *definitions, LateModel(*definitions, {"delays.*", "trip.vs_usual"}));
}

}  // namespace plumb::features
