// coverage_test.h: which aggregates have met which kinds of events and windows, for the property test of the drivers.
//
// A property test that never meets a late event proves nothing about late events. So every value that was compared is
// explained by brute force, and each pair of an aggregate and a property is counted, with the number of events that
// were used; the test fails where a pair that the type checker admits was rare, or met with few events only. Test code.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/brute_force.h"

namespace plumb::engine {

inline constexpr const char* kProperties[] = {"late",     "corrected", "deleted", "moved", "tied",   "null",   "nan",
                                              "infinite", "extreme",   "offset",  "ahead", "last n", "to date"};

class Coverage {
 public:
  // Notes what the aggregates of a feature met at one row. Features that only look up are passed over.
  void Note(const BruteForce& brute, const features::FeatureId& id, const std::vector<data::Value>& inputs,
            base::Time t, base::Time cut) {
    if (id.view->is_request()) return;
    const auto explanation = brute.Explain(id, inputs, t, cut);
    if (!explanation.ok()) return;
    const auto& aggregates = id.feature().checked.aggregates;
    for (size_t i = 0; i < explanation->aggregates.size(); ++i) {
      NoteAggregate(brute, *id.view->source, aggregates[i], explanation->aggregates[i].events);
    }
  }

  struct RarePair {
    std::string function, property, text;
  };
  // Pairs that occurred less than `times` times, or with a median of less than `events` events.
  [[nodiscard]] std::vector<RarePair> Rare(size_t times, int64_t events) {
    std::vector<RarePair> rare;
    for (const char* function : kNames) {
      for (const char* property : kProperties) {
        if (std::string(function) == "ewma" && std::string(property) == "ahead") continue;  // not admitted
        std::vector<int64_t>& used = met_[{function, property}];
        const auto middle = used.begin() + static_cast<ptrdiff_t>(used.size() / 2);
        std::nth_element(used.begin(), middle, used.end());
        const int64_t median = used.empty() ? 0 : *middle;
        if (used.size() < times || median < events) {
          rare.push_back({function, property,
                          fmt::format("{} × {}: {} times, median {} events", function, property, used.size(), median)});
        }
      }
    }
    return rare;
  }

 private:
  static constexpr const char* kNames[] = {
      "count",   "sum",    "avg",      "min",    "max",      "first",           "last",
      "first n", "last n", "variance", "stddev", "distinct", "approx_distinct", "approx_quantile",
      "top_k",   "ewma"};

  static std::string NameOf(const expr::Aggregate& aggregate) {
    const std::string name = expr::AggregateName(aggregate.function);
    const bool is_list = aggregate.n > 0 && (name == "first" || name == "last");
    return is_list ? name + " n" : name;
  }

  void NoteAggregate(const BruteForce& brute, const features::Source& source, const expr::Aggregate& aggregate,
                     const std::vector<ExplainedEvent>& events) {
    std::set<std::string> met;
    std::set<base::Time> times;
    int64_t used = 0;
    for (const ExplainedEvent& event : events) {
      if (event.verdict == EventVerdict::kSuperseded) met.insert("corrected");
      if (event.verdict == EventVerdict::kDeleted) met.insert("deleted");
      if (event.verdict == EventVerdict::kOtherEntity) met.insert("moved");
      if (event.verdict == EventVerdict::kNotYetKnown) met.insert("late");
      if (event.verdict != EventVerdict::kUsed) continue;
      ++used;
      const base::Time time = brute.EventValue(source, event.row, "__event_time").AsInt();
      if (!times.insert(time).second) met.insert("tied");
      if (brute.EventValue(source, event.row, "__known_at").AsInt() > time) met.insert("late");
      if (aggregate.argument) NoteArgument(ArgumentOf(brute, source, aggregate, event.row), &met);
    }
    if (!aggregate.argument) met.insert({"null", "nan", "infinite", "extreme"});  // it does not look
    if (!(aggregate.window.offset == base::Span{})) met.insert("offset");
    if (aggregate.window.ahead) met.insert("ahead");
    if (aggregate.window.last > 0) met.insert("last n");
    if (aggregate.window.to_date != expr::ToDate::kNone) met.insert("to date");
    for (const std::string& property : met) met_[{NameOf(aggregate), property}].push_back(used);
  }

  static data::Value ArgumentOf(const BruteForce& brute, const features::Source& source,
                                const expr::Aggregate& aggregate, int64_t row) {
    std::vector<data::Value> inputs;
    for (const expr::Input& input : aggregate.argument->inputs()) {
      inputs.push_back(brute.EventValue(source, row, input.name));
    }
    return aggregate.argument->EvaluateRow(inputs);
  }

  static void NoteArgument(const data::Value& value, std::set<std::string>* met) {
    if (value.is_null()) {
      met->insert("null");
    } else if (value.type() == data::TypeKind::kFloat64) {
      const double x = value.AsDouble();
      if (std::isnan(x)) met->insert("nan");
      if (std::isinf(x)) met->insert("infinite");
      if (std::isfinite(x) && x != 0 && (std::fabs(x) > 1e200 || std::fabs(x) < 1e-200)) met->insert("extreme");
    } else if (value.type() == data::TypeKind::kInt64) {
      if (value.AsInt() > (int64_t{1} << 60) || value.AsInt() < -(int64_t{1} << 60)) met->insert("extreme");
    }
  }

  std::map<std::pair<std::string, std::string>, std::vector<int64_t>> met_;
};

}  // namespace plumb::engine
