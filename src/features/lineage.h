// lineage.h: what a feature comes from, and how old its newest data can be at worst.
//
// A source brings rows every `interval`, known `available_after` their time: so the newest of its events may be both
// together old, plus what the features in its derived columns add. The longest such path from a source to a feature is
// its worst-case freshness, which `needs: {freshness: 2h}` is checked against. What a source does not declare counts as
// nothing, so a total is a lower bound where `undeclared` is not empty: too much is surely too much.
//
//   const Lineage lineage(definitions);                                                      // from lineage_test.cc
//   lineage.Of({view, 0}).freshness.text
//   // "reports (every 1h, known after 20m) → weather.wind_speed → flights.wind (known after 10m) → delays.windy"
//
// Thread safety: immutable once made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "features/definitions.h"

namespace plumb::features {

struct FreshnessPath {
  std::string text;                       // from the source to the feature
  base::Span total;                       // of interval and available_after along the path; never negative
  std::vector<const Source*> undeclared;  // on the path: without interval, or known_at is a column
};

struct FeatureLineage {
  FreshnessPath freshness;             // the longest path
  std::vector<const Source*> sources;  // all that can change the value, by name
  bool pii = false;                    // made of a column or a view that is tagged so
  // Tables without times among the sources: their rows may be from after the time asked for.
  [[nodiscard]] std::vector<const Source*> StaticTables() const;
};

class Lineage {
 public:
  explicit Lineage(DefinitionsPtr definitions);

  // Requires: a feature of the definitions.
  [[nodiscard]] const FeatureLineage& Of(const FeatureId& feature) const&;
  const FeatureLineage& Of(const FeatureId& feature) const&& = delete;  // it would dangle

 private:
  class Builder;
  DefinitionsPtr definitions_;
  std::map<const View*, std::vector<FeatureLineage>> features_;
};

// The span in microseconds at most: a month has 31 days. Saturates.
base::Duration LongestDuration(const base::Span& span);

// "" when a path is as fresh as wanted, else a sentence that names it: "Freshness cannot be met: want 1h, at worst
// 1h30m: reports (every 1h, known after 20m) → …".
std::string WhyNotFresh(const FreshnessPath& path, const base::Span& wanted);

}  // namespace plumb::features
