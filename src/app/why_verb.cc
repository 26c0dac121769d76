#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "app/asking.h"
#include "app/exit_code.h"
#include "app/state.h"
#include "app/text_table.h"
#include "app/verbs.h"
#include "engine/brute_force.h"

namespace plumb::app {
namespace {

using base::Result;
using engine::EventVerdict;
using engine::ExplainedEvent;

constexpr size_t kEventsShown = 20;

// What is told of each event besides its times: its id, and what the aggregate reads.
std::vector<std::string> ColumnsOf(const features::Source& source, const expr::Aggregate& aggregate) {
  std::vector<std::string> columns;
  const auto add = [&](const std::string& name) {
    const bool is_time = name == "event_time" || name == "known_at";
    if (!is_time && std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  };
  if (!source.event_id.empty()) add(source.event_id);
  for (const auto& scalar : {aggregate.argument, aggregate.where}) {
    if (!scalar) continue;
    for (const expr::Input& input : scalar->inputs()) {
      if (input.leaf == expr::Input::Leaf::kColumn) add(input.name);
    }
  }
  return columns;
}

// Of many events those that explain most: used ones, then those left out for another reason than the window, then the
// ones just outside it; each the nearest in time first. The result keeps the order of `events`.
class Selection {
 public:
  Selection(const engine::BruteForce& brute, const features::Source& source, base::Time t,
            const std::vector<ExplainedEvent>& events)
      : brute_(brute), source_(source), t_(t), events_(events) {}

  std::vector<size_t> Choose() {
    if (events_.size() <= kEventsShown) {
      for (size_t i = 0; i < events_.size(); i++) chosen_.insert(i);
    } else {
      const std::vector<size_t> used = Nearest(&IsUsed), other = Nearest(&IsOther), outside = Nearest(&IsOutside);
      Take(used, kEventsShown / 2);
      Take(other, kEventsShown / 4);
      Take(outside, kEventsShown / 4);
      for (const auto* rest : {&used, &other, &outside}) Take(*rest, kEventsShown);
    }
    return {chosen_.begin(), chosen_.end()};
  }

 private:
  static bool IsUsed(EventVerdict verdict) { return verdict == EventVerdict::kUsed; }
  static bool IsOutside(EventVerdict verdict) { return verdict == EventVerdict::kOutsideWindow; }
  static bool IsOther(EventVerdict verdict) { return !IsUsed(verdict) && !IsOutside(verdict); }

  std::vector<size_t> Nearest(bool (*belongs)(EventVerdict)) const {
    std::vector<std::pair<base::Duration, size_t>> found;
    for (size_t i = 0; i < events_.size(); i++) {
      if (!belongs(events_[i].verdict)) continue;
      const data::Value time = brute_.EventValue(source_, events_[i].row, "event_time");
      const base::Duration away = time.is_null() ? base::kTimeMax : std::abs(time.AsInt() - t_);
      found.emplace_back(away, i);
    }
    std::sort(found.begin(), found.end());
    std::vector<size_t> order;
    for (const auto& [away, i] : found) order.push_back(i);
    return order;
  }

  void Take(const std::vector<size_t>& from, size_t count) {
    for (size_t i = 0; i < from.size() && count > 0 && chosen_.size() < kEventsShown; i++) {
      if (chosen_.insert(from[i]).second) count--;
    }
  }

  const engine::BruteForce& brute_;
  const features::Source& source_;
  const base::Time t_;
  const std::vector<ExplainedEvent>& events_;
  std::set<size_t> chosen_;
};

// One feature's explanation, as text and as JSON.
class Report {
 public:
  Report(const engine::BruteForce& brute, const Question& question, bool all)
      : brute_(brute), question_(question), all_(all), id_(question.plan.outputs().front()) {}

  void Make(const WhyOptions& options, const engine::Explanation& explanation) {
    const std::string value = explanation.value.ToString();
    const char* status = engine::FeatureStatusName(explanation.status);
    text = fmt::format("{}\n{} at {}, known before {}\nvalue: {}  {}\n", options.ask.what, InputsText(question_.inputs),
                       base::FormatTime(question_.t), base::FormatTime(question_.cut), value, status);
    json.Set("value", explanation.value.ToJson());
    json.Set("status", status);
    json.Set("t", base::FormatTime(question_.t));
    json.Set("cut", base::FormatTime(question_.cut));
    base::Json aggregates{base::JsonArray{}};
    for (const engine::ExplainedAggregate& explained : explanation.aggregates) aggregates.Append(Explain(explained));
    json.Set("aggregates", std::move(aggregates));
    for (const expr::FeatureRef& ref : id_.feature().checked.features) {
      text += fmt::format("\nlooks up {0}.{1}: ask plumb why {0}.{1}\n", ref.view, ref.feature);
    }
  }

  std::string text;
  base::Json json;

 private:
  base::Json Explain(const engine::ExplainedAggregate& explained) {
    std::map<EventVerdict, int64_t> counts;
    for (const ExplainedEvent& event : explained.events) counts[event.verdict]++;
    text += fmt::format("\n{} = {}\n", explained.canonical, explained.value.ToString());
    base::Json json_counts{base::JsonObject{}};
    for (const auto& [verdict, count] : counts) {
      text += fmt::format("  {} {}\n", FormatCount(count), engine::EventVerdictName(verdict));
      json_counts.Set(engine::EventVerdictName(verdict), count);
    }
    base::Json out;
    out.Set("aggregate", explained.canonical);
    out.Set("value", explained.value.ToJson());
    out.Set("counts", std::move(json_counts));
    out.Set("events", Events(explained));
    return out;
  }

  base::Json Events(const engine::ExplainedAggregate& explained) {
    const features::Source& source = *id_.view->source;
    std::vector<std::string> columns;
    for (const expr::Aggregate& aggregate : id_.feature().checked.aggregates) {
      if (aggregate.canonical == explained.canonical) columns = ColumnsOf(source, aggregate);
    }
    std::vector<std::string> names = {"event_time", "known_at"};
    names.insert(names.end(), columns.begin(), columns.end());
    std::vector<std::string> header = names;
    header.emplace_back("");
    TextTable table(std::move(header));
    base::Json list{base::JsonArray{}};
    const std::vector<size_t> shown = Chosen(explained.events);
    for (const size_t i : shown) {
      const ExplainedEvent& event = explained.events[i];
      std::vector<std::string> cells;
      base::Json entry;
      for (const std::string& name : names) {
        const data::Value value = brute_.EventValue(source, event.row, name);
        cells.push_back(value.ToString());
        entry.Set(name, value.ToJson());
      }
      cells.emplace_back(engine::EventVerdictName(event.verdict));
      entry.Set("verdict", engine::EventVerdictName(event.verdict));
      table.AddRow(std::move(cells));
      list.Append(std::move(entry));
    }
    if (!shown.empty()) text += table.Render();
    if (shown.size() < explained.events.size()) {
      text += fmt::format("… {} more; --all shows them\n",
                          FormatCount(static_cast<int64_t>(explained.events.size() - shown.size())));
    }
    return list;
  }

  std::vector<size_t> Chosen(const std::vector<ExplainedEvent>& events) {
    if (!all_) return Selection(brute_, *id_.view->source, question_.t, events).Choose();
    std::vector<size_t> order(events.size());
    for (size_t i = 0; i < order.size(); i++) order[i] = i;
    return order;
  }

  const engine::BruteForce& brute_;
  const Question& question_;
  const bool all_;
  const features::FeatureId id_;
};

}  // namespace

Result<int> RunWhy(Invocation& invocation, const WhyOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  PLUMB_ASSIGN_OR_RETURN(const Question question, MakeQuestion(invocation, project, options.ask));
  if (question.plan.outputs().size() != 1) {
    return base::InvalidArgument("One feature is explained at a time: {}.", options.ask.what);
  }
  PLUMB_ASSIGN_OR_RETURN(const State state, OpenState(invocation, project));
  PLUMB_ASSIGN_OR_RETURN(store::LakeEventLog events, OpenEvents(*state.lake, question.plan.sources()));
  PLUMB_ASSIGN_OR_RETURN(const engine::BruteForce brute, engine::BruteForce::Make(question.plan, events));
  std::vector<data::Value> inputs;
  for (const data::Column& column : question.inputs.columns) inputs.push_back(column.At(0));
  PLUMB_ASSIGN_OR_RETURN(const engine::Explanation explanation,
                         brute.Explain(question.plan.outputs().front(), inputs, question.t, question.cut));
  Report report(brute, question, options.all);
  report.Make(options, explanation);
  invocation.terminal.Print(report.text);
  invocation.terminal.PrintJson(report.json);
  return kExitOk;
}

}  // namespace plumb::app
