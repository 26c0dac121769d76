// random_world_test.h: a random project with random events, for the property test of the drivers. Test code.
//
// Two sources (reports, events; the second may look the first up), three entities, source views and a request view.
// Times lie on a coarse grid so that ties and boundaries are the rule; values are often null, NaN, infinite or extreme.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/project_tree.h"
#include "base/random.h"
#include "data/memory_event_log.h"
#include "engine/feature_plan.h"
#include "features/events.h"

namespace plumb::engine {

// How often what the test is about has happened.
using Counters = std::map<std::string, int64_t>;

class RandomWorld {
 public:
  RandomWorld(uint64_t seed, Counters* counters) : random_(seed), counters_(*counters) {
    unit_ = random_.Chance(0.7) ? base::kMinute : base::kDay;
    text_ = Project();
    base::Diagnostics diagnostics;
    auto source = std::make_shared<const base::SourceText>(base::SourceText{"random.yaml", text_});
    definitions_ = features::LoadDefinitions(base::MergeProject({source}, &diagnostics), &diagnostics);
    errors_ = diagnostics.has_errors() ? diagnostics.Render(false) : "";
    if (!definitions_ || !errors_.empty()) return;
    for (const auto& s : definitions_->sources()) events_[s->name] = Events(*s);
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& errors() const { return errors_; }
  [[nodiscard]] const features::DefinitionsPtr& definitions() const { return definitions_; }
  [[nodiscard]] const std::map<std::string, data::Batch>& events() const { return events_; }
  base::Random& random() { return random_; }

  // All features of all views but those whose inputs clash by name and type (there are none).
  [[nodiscard]] std::vector<features::FeatureId> AllFeatures() const {
    std::vector<features::FeatureId> ids;
    for (const auto& view : definitions_->views()) {
      for (size_t i = 0; i < view->features.size(); ++i) ids.push_back({view.get(), static_cast<int>(i)});
    }
    return ids;
  }

  data::Batch Inputs(const data::Schema& schema, size_t rows) {
    data::Batch inputs(schema);
    inputs.rows = rows;
    for (size_t i = 0; i < schema.size(); ++i) {
      for (size_t row = 0; row < rows; ++row) inputs.columns[i].Append(InputValue(schema.fields()[i]));
    }
    return inputs;
  }

  // Often exactly a time that an event has, or one beside it.
  base::Time AnyTime() {
    const base::Time time = kStart + unit_ * random_.Between(-3, kUnits + 10);
    return time + (random_.Chance(0.3) ? random_.Between(-1, 1) : 0);
  }

 private:
  static constexpr base::Time kStart = 1357000000 * base::kSecond;
  static constexpr int64_t kUnits = 60;

  template <typename T>
  T Pick(const std::vector<T>& from) {
    return from[random_.Below(from.size())];
  }

  // ---- Definitions ----

  std::string Span() {
    if (unit_ == base::kDay) return Pick<std::string>({"1d", "3d", "1w", "1mo", "2mo", "20d", "12h"});
    return Pick<std::string>({"1m", "3m", "10m", "30m", "1h", "2h", "90s"});
  }

  std::string Window() {
    std::string window;
    const uint64_t kind = random_.Below(10);
    if (kind < 6) {
      window = " over " + Span();
    } else if (kind < 8) {
      window = " over " + Span() + " ahead";
      ++counters_["ahead"];
    } else if (kind < 9) {
      window = " over lifetime";
    } else {
      return "";
    }
    if (random_.Chance(0.25)) {
      window += " offset " + Span();
      ++counters_["offset"];
    }
    return window;
  }

  std::string Where(bool is_main) {
    if (!random_.Chance(0.35)) return "";
    ++counters_["where"];
    std::vector<std::string> conditions = {"n > 0", "x is not null", "x < 2", "n % 2 = 0 or x > 0"};
    if (is_main) conditions.insert(conditions.end(), {"b", "not b", "s = 'a'", "known_at - event_time > 2m", "big"});
    return " where " + Pick(conditions);
  }

  struct Term {
    std::string text;
    bool is_numeric = false;
  };

  Term Aggregate(bool is_main) {
    static const std::vector<std::string> kFunctions = {"count", "sum", "avg", "min", "max", "first", "last"};
    const std::string function = Pick(kFunctions);
    ++counters_[function];
    std::vector<std::string> numeric = {"x", "n", "x"}, any = {"x", "n", "at", "event_time"};
    if (is_main) {
      numeric.insert(numeric.end(), {"b", "doubled", "wind"});
      any.insert(any.end(), {"s", "s", "doubled", "wind", "known_at"});
    }
    std::string argument = Pick(function == "sum" || function == "avg" ? numeric : any);
    if (is_main && (function == "first" || function == "last") && random_.Chance(0.2)) argument = "b";
    if (function == "count" && random_.Chance(0.5)) argument = "";
    const bool is_numeric = function == "count" || function == "sum" || function == "avg" || argument == "x" ||
                            argument == "n" || argument == "doubled" || argument == "wind";
    const std::string where = Where(is_main);
    return {fmt::format("{}({}{}){}", function, argument, where, Window()), is_numeric};
  }

  std::string Feature(bool is_main) {
    const Term term = Aggregate(is_main);
    if (!term.is_numeric || random_.Chance(0.7)) return term.text;
    switch (random_.Below(4)) {
      case 0:
        return fmt::format("coalesce({}, 7)", term.text);
      case 1:
        return fmt::format("{} / nullif(count(){}, 0)", term.text, Window());
      case 2:
        return fmt::format("{} + {}", term.text, "count()" + Window());
      default:
        return fmt::format("case when {} > 1 then (t - last(event_time)) / 1h else 0.5 end", term.text);
    }
  }

  std::string View(const std::string& name, const std::string& entity, const std::string& source, int features) {
    std::string text = fmt::format("  {}:\n    entity: {}\n    source: {}\n", name, entity, source);
    if (random_.Chance(0.4)) text += "    max_age: " + Span() + "\n";
    text += "    features:\n";
    for (int i = 0; i < features; ++i) text += fmt::format("      f{}: \"{}\"\n", i, Feature(source == "events"));
    if (name == "weather") text += "      wind: last(x)\n      reports: count() over 1d\n      worst: max(x) over 1h\n";
    return text;
  }

  std::string Source(const std::string& name, const std::string& columns) {
    std::string text = fmt::format("  {}:\n    event_time: at\n", name);
    const uint64_t kind = random_.Below(4);
    const bool has_id = random_.Chance(0.6);
    has_seen_[name] = kind != 0 && kind != 1;
    if (kind == 1) text += "    available_after: " + Pick<std::string>({"2m", "1h", "-10m", "3d"}) + "\n";
    if (has_seen_[name]) text += "    known_at: seen\n";
    if (has_id) text += "    event_id: id\n    deleted: op = 'd'\n";
    if (!has_id) text += "    skip_null_time: true\n";
    return text + "    columns: {id: string, op: string, at: timestamp, seen: timestamp, " + columns + "}\n";
  }

  std::string Project() {
    std::string text = "sources:\n";
    text += Source("reports", "place: string, x: float64, n: int64");
    text += Source("events", "k1: string, k2: int64, x: float64, n: int64, s: string, b: bool");
    text += "    derive:\n      doubled: x * 2\n      big: n > 1\n";
    text += random_.Chance(0.7) ? "      wind: weather(place = k1).wind\n      home: coalesce(lower(k1), 'none')\n"
                                : "      wind: n * 0.5\n      home: weather(place = k1).worst > 0\n";
    const bool home_is_text = text.find("'none'") != std::string::npos;
    text +=
        "entities:\n  place: {key: {place: string}}\n  one: {key: {k1: string}}\n  two: {key: {k1: string, k2: "
        "int64}}\n";
    text += fmt::format("  homes: {{key: {{home: {}}}}}\n", home_is_text ? "string" : "bool");
    text += "feature_views:\n";
    text += View("weather", "place", "reports", 3);
    text += View("ones", "one", "events", 4);
    text += View("twos", "two", "events", 3);
    text += View("at_home", "homes", "events", 1);
    text += "  asked:\n    request: {k1: string, k2: int64, q: float64}\n    features:\n";
    text += "      there: weather(place = k1).wind\n      lowered: weather(place = lower(k1)).reports\n";
    text +=
        "      own: ones.f0\n      other: \"twos(k1 = k1, k2 = k2 + 1).f1\"\n      scaled: weather(place = k1).worst * "
        "q\n";
    text += "  nested:\n    request: {k2: int64}\n    features:\n";
    text += "      inner: \"asked(k1 = 'a', k2 = k2, q = 2.0).scaled\"\n";
    return text;
  }

  // ---- Events ----

  data::Value Key() {
    ++counters_["keys"];
    if (random_.Chance(0.05)) return data::Value::Null(data::TypeKind::kString);
    return data::Value::String(Pick<std::string>({"a", "a", "b", "A", ""}));
  }

  data::Value Double() {
    using data::Value;
    switch (random_.Below(12)) {
      case 0:
        ++counters_["null"];
        return Value::Null(data::TypeKind::kFloat64);
      case 1:
        ++counters_["nan"];
        return Value::Float64(std::numeric_limits<double>::quiet_NaN());
      case 2:
        return Value::Float64(
            Pick<double>({std::numeric_limits<double>::infinity(), 0.0, -0.0, 5e-324, 1.7976931348623157e308,
                          -1.7976931348623157e308, -std::numeric_limits<double>::infinity(), 1e300, -1e300}));
      case 3:
        return Value::Float64(random_.Uniform() * 1e6 - 5e5);
      default:
        return Value::Float64(static_cast<double>(random_.Between(-30, 30)) / 10);
    }
  }

  data::Value Int() {
    if (random_.Chance(0.1)) return data::Value::Null(data::TypeKind::kInt64);
    if (random_.Chance(0.1)) {
      return data::Value::Int64(
          Pick<int64_t>({std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), int64_t{1} << 53}));
    }
    return data::Value::Int64(random_.Between(-3, 5));
  }

  data::Value InputValue(const data::Field& field) {
    if (field.name == "k2")
      return random_.Chance(0.05) ? data::Value::Null(field.type) : data::Value::Int64(random_.Between(0, 2));
    if (field.type == data::TypeKind::kFloat64) return Double();
    if (field.type == data::TypeKind::kBool) return data::Value::Bool(random_.Chance(0.5));
    if (field.name == "home") return data::Value::String(Pick<std::string>({"a", "b", "none", ""}));
    return Key();
  }

  data::Value CellOf(const data::Field& field, bool is_stamped, base::Time at) {
    using data::Value;
    if (field.name == "id") return Value::String("e" + std::to_string(random_.Below(25)));
    if (field.name == "op") return Value::String(random_.Chance(0.08) ? "d" : "i");
    if (field.name == "at") return is_stamped && random_.Chance(0.05) ? Value::Null(field.type) : Value::Timestamp(at);
    if (field.name == "seen" && random_.Chance(0.15)) return Value::Timestamp(kStart + unit_ * kUnits / 2);
    if (field.name == "seen")
      return Value::Timestamp(at + unit_ * random_.Between(-3, 8) * (random_.Chance(0.3) ? 5 : 1));
    if (field.name == "k2") return random_.Chance(0.05) ? Value::Null(field.type) : Value::Int64(random_.Between(0, 2));
    if (field.type == data::TypeKind::kFloat64) return Double();
    if (field.type == data::TypeKind::kInt64) return Int();
    if (field.type == data::TypeKind::kBool)
      return random_.Chance(0.1) ? Value::Null(field.type) : Value::Bool(random_.Chance(0.5));
    if (field.name == "s")
      return random_.Chance(0.1) ? Value::Null(field.type) : Value::String(Pick<std::string>({"a", "b", "", "zz"}));
    return Key();
  }

  data::Batch Events(const features::Source& source) {
    data::Batch rows(source.columns);
    rows.rows = random_.Below(8) == 0 ? random_.Below(3) : 10 + random_.Below(60);
    for (size_t row = 0; row < rows.rows; ++row) {
      const base::Time at = kStart + unit_ * random_.Between(0, kUnits);
      for (size_t i = 0; i < source.columns.size(); ++i) {
        rows.columns[i].Append(CellOf(source.columns.fields()[i], has_seen_[source.name], at));
      }
    }
    base::Result<features::Events> events = features::MakeEvents(source, rows, {});
    if (!events.ok()) {
      errors_ = events.status().ToString();
      return data::Batch(features::EventSchema(source));
    }
    Count(source, events->rows);
    return std::move(events->rows);
  }

  void Count(const features::Source& source, const data::Batch& rows) {
    const data::Column &event_time = *rows.Find("__event_time"), &known_at = *rows.Find("__known_at");
    const data::Column* ids = rows.Find("__event_id");
    const data::Column* deleted = rows.Find("__deleted");
    const data::Column* keys = rows.Find(source.name == "events" ? "k1" : "place");
    std::map<std::string, std::set<std::pair<base::Time, std::string>>> versions;
    std::map<base::Time, int> at;
    for (size_t row = 0; row < rows.rows; ++row) {
      if (event_time.IsNull(row)) {
        ++counters_["null time"];
        continue;
      }
      if (known_at.Int(row) > event_time.Int(row)) ++counters_["late"];
      if (++at[event_time.Int(row)] > 1) ++counters_["tied"];
      if (deleted != nullptr && deleted->Int(row) != 0) ++counters_["deleted"];
      if (ids == nullptr) continue;
      auto& known = versions[std::string(ids->String(row))];
      const std::string key = keys->At(row).ToString();
      for (const auto& [time, other] : known) {
        ++counters_[time == known_at.Int(row) ? "conflicting" : "corrected"];
        if (other != key) ++counters_["moved"];
      }
      known.emplace(known_at.Int(row), key);
    }
  }

  base::Random random_;
  Counters& counters_;
  base::Duration unit_ = base::kMinute;
  std::map<std::string, bool> has_seen_;
  std::string text_, errors_;
  features::DefinitionsPtr definitions_;
  std::map<std::string, data::Batch> events_;
};

}  // namespace plumb::engine
