#include "features/lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "base/check.h"
#include "features/internal/column_usage.h"

namespace plumb::features {
namespace {

constexpr base::Duration kLongestMonth = 31 * base::kDay;

struct ByName {
  bool operator()(const Source* a, const Source* b) const { return a->name < b->name; }
};

base::Span Sum(const base::Span& a, const base::Span& b) {
  base::Span sum;
  if (__builtin_add_overflow(a.months, b.months, &sum.months)) sum.months = std::numeric_limits<int32_t>::max();
  if (__builtin_add_overflow(a.micros, b.micros, &sum.micros)) sum.micros = std::numeric_limits<base::Duration>::max();
  return sum;
}

// How old the newest event of the source can be. What is known ahead of its time is never old.
base::Span DelayOf(const Source& source) {
  const base::Span delay = Sum(source.interval.value_or(base::Span{}), source.available_after.value_or(base::Span{}));
  return LongestDuration(delay) < 0 ? base::Span{} : delay;
}

std::string DelayText(const Source& source) {
  if (source.is_static) return " (static)";
  std::vector<std::string> parts;
  if (source.interval) parts.push_back("every " + base::FormatSpan(*source.interval));
  if (source.available_after) parts.push_back("known after " + base::FormatSpan(*source.available_after));
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
}

bool IsUndeclared(const Source& source) { return !source.is_static && (!source.interval || source.known_at); }

FreshnessPath FromSource(const Source& source) {
  FreshnessPath path{source.name + DelayText(source), DelayOf(source), {}};
  if (IsUndeclared(source)) path.undeclared.push_back(&source);
  return path;
}

// The path on through a derived column of the source.
FreshnessPath Through(const FreshnessPath& before, const Source& source, const std::string& column) {
  FreshnessPath path{fmt::format("{} → {}.{}{}", before.text, source.name, column, DelayText(source)),
                     Sum(before.total, DelayOf(source)), before.undeclared};
  if (IsUndeclared(source)) path.undeclared.push_back(&source);
  return path;
}

}  // namespace

class Lineage::Builder {
 public:
  explicit Builder(const Lineage& lineage, const View& view) : lineage_(lineage), view_(view) {}

  FeatureLineage Build(const Feature& feature) {
    made_ = {};
    made_.pii = view_.pii;
    sources_.clear();
    has_path_ = false;
    if (!feature.checked.aggregates.empty()) AddEvents(feature.checked);
    for (const expr::FeatureRef& ref : feature.checked.features) {
      Use(ref);
      Offer(Target(ref).freshness);
    }
    const std::string name = view_.name + "." + feature.name;
    made_.freshness.text = has_path_ ? made_.freshness.text + " → " + name : name;
    made_.sources.assign(sources_.begin(), sources_.end());
    return std::move(made_);
  }

 private:
  [[nodiscard]] const FeatureLineage& Target(const expr::FeatureRef& ref) const {
    return lineage_.Of(lineage_.definitions_->Resolve(ref));
  }

  // The source of the view, and what its derived columns look up.
  void AddEvents(const expr::Checked& checked) {
    const Source& source = *view_.source;
    sources_.insert(&source);
    Offer(FromSource(source));
    std::set<std::string> columns;
    for (const expr::Aggregate& aggregate : checked.aggregates) columns.merge(internal::EventColumns(aggregate));
    columns = internal::WithUsedByDerived(source, std::move(columns));
    for (const std::string& column : columns) made_.pii = made_.pii || source.IsPii(column);
    for (const data::Field& key : view_.entity->keys.fields()) columns.insert(key.name);
    AddDerived(internal::WithUsedByDerived(source, std::move(columns)));
  }

  void AddDerived(const std::set<std::string>& columns) {
    for (const DerivedColumn& derived : view_.source->derived) {
      if (!columns.contains(derived.name)) continue;
      for (const expr::FeatureRef& ref : derived.checked.features) {
        Use(ref);
        Offer(Through(Target(ref).freshness, *view_.source, derived.name));
      }
    }
  }

  void Use(const expr::FeatureRef& ref) {
    const FeatureLineage& target = Target(ref);
    sources_.insert(target.sources.begin(), target.sources.end());
    made_.pii = made_.pii || target.pii;
  }

  void Offer(FreshnessPath path) {
    if (has_path_ && LongestDuration(path.total) <= LongestDuration(made_.freshness.total)) return;
    has_path_ = true;
    made_.freshness = std::move(path);
  }

  const Lineage& lineage_;
  const View& view_;
  FeatureLineage made_;
  std::set<const Source*, ByName> sources_;
  bool has_path_ = false;
};

std::vector<const Source*> FeatureLineage::StaticTables() const {
  std::vector<const Source*> tables;
  std::copy_if(sources.begin(), sources.end(), std::back_inserter(tables),
               [](const Source* source) { return source->is_static; });
  return tables;
}

Lineage::Lineage(DefinitionsPtr definitions) : definitions_(std::move(definitions)) {
  // Views stand in an order in which each uses only earlier ones.
  for (const auto& view : definitions_->views()) {
    Builder builder(*this, *view);
    std::vector<FeatureLineage> features;
    for (const Feature& feature : view->features) features.push_back(builder.Build(feature));
    features_[view.get()] = std::move(features);
  }
}

const FeatureLineage& Lineage::Of(const FeatureId& feature) const& {
  const auto view = features_.find(feature.view);
  PLUMB_CHECK(view != features_.end(), "A lineage is asked for features of its definitions.");
  return view->second[static_cast<size_t>(feature.index)];
}

base::Duration LongestDuration(const base::Span& span) {
  base::Duration longest = 0;
  const base::Duration months = static_cast<base::Duration>(span.months) * kLongestMonth;
  if (!__builtin_add_overflow(months, span.micros, &longest)) return longest;
  return span.micros < 0 ? std::numeric_limits<base::Duration>::min() : std::numeric_limits<base::Duration>::max();
}

std::string WhyNotFresh(const FreshnessPath& path, const base::Span& wanted) {
  if (LongestDuration(path.total) <= LongestDuration(wanted)) return "";
  return fmt::format("Freshness cannot be met: want {}, at worst {}: {}.", base::FormatSpan(wanted),
                     base::FormatSpan(path.total), path.text);
}

}  // namespace plumb::features
