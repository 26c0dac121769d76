// random_world_test.h: a random project with random events, for the property test of the drivers. Test code.
//
// Two sources of events (reports, events; the second may look the first up) and a table, entities with keys of several
// kinds and none, source views and request views. Times lie on a coarse grid so that ties and boundaries are the rule;
// values are often null, NaN, infinite or extreme. A small world has few events of many versions; a large one has
// windows with hundreds.
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
#include "data/list.h"
#include "data/memory_event_log.h"
#include "engine/feature_plan.h"
#include "features/events.h"

namespace plumb::engine {

// How often what the test is about has happened.
using Counters = std::map<std::string, int64_t>;

class RandomWorld {
 public:
  // An aggregate and a property that features should have now and then.
  struct Wish {
    std::string function, property;
  };

  RandomWorld(uint64_t seed, bool is_large, std::vector<Wish> wishes, Counters* counters)
      : random_(seed), counters_(*counters), wishes_(std::move(wishes)), is_large_(is_large) {
    unit_ = random_.Chance(0.7) ? base::kMinute : base::kDay;
    easy_ = is_large_ ? 0.4 + random_.Uniform() * 0.55 : 0;
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
  // In a large world there is something to see at most of them.
  base::Time AskingTime() {
    if (!is_large_ || random_.Chance(0.1)) return AnyTime();
    return kStart + unit_ * random_.Between(kUnits / 3, kUnits * 3 / 4) + random_.Between(-1, 1);
  }
  base::Time CutFor(base::Time t) {
    if (random_.Chance(0.05)) return random_.Chance(0.5) ? base::kTimeMin : base::kTimeMax;
    if (!is_large_) return random_.Chance(0.6) ? t : AnyTime();
    if (random_.Chance(0.2)) return t;
    if (random_.Chance(0.8)) return kStart + unit_ * kUnits * 100;
    return kStart + unit_ * random_.Between(kUnits / 2, kUnits * 3);
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
    if (is_large_ && random_.Chance(0.95)) {
      if (unit_ == base::kDay) return Pick<std::string>({"1mo", "2mo", "45d", "6w"});
      return Pick<std::string>({"1h", "45m", "2h"});
    }
    if (unit_ == base::kDay) return Pick<std::string>({"1d", "3d", "1w", "1mo", "2mo", "20d", "12h"});
    return Pick<std::string>({"1m", "3m", "10m", "30m", "1h", "2h", "90s"});
  }

  std::string Window(bool may_be_ahead = true, const std::string& wish = "") {
    std::string window;
    const uint64_t kind = wish == "ahead" ? 8 : wish == "last n" ? 13 : wish == "to date" ? 16 : random_.Below(20);
    if (kind < 7) {
      window = " over " + Span();
    } else if (kind < 12 && may_be_ahead) {
      window = " over " + Span() + " ahead";
    } else if (kind < 15) {
      const std::vector<int> few = {1, 2, 3, 7, 20}, many = {60, 80, 100, 150, 1000};
      window = fmt::format(" over last {}", Pick(is_large_ && random_.Chance(0.95) ? many : few));
    } else if (kind < 18) {
      window = " over " + ToDateUnit() + " to date" +
               Pick<std::string>({"", " in 'Europe/Berlin'", " in 'America/New_York'"});
    } else if (kind < 19) {
      window = " over lifetime";
    } else {
      return "";
    }
    if (wish == "offset" || random_.Chance(0.3)) window += " offset " + (is_large_ ? OneUnit() : Span());
    return window;
  }

  std::string ToDateUnit() {
    if (is_large_ && unit_ == base::kDay) return Pick<std::string>({"month", "month", "month", "week"});
    return Pick<std::string>({"day", "week", "month", "month"});
  }
  std::string OneUnit() { return unit_ == base::kDay ? "1d" : Pick<std::string>({"1m", "90s", "3m"}); }

  std::string Where(bool is_main) {
    if (!random_.Chance(is_large_ ? 0.15 : 0.35)) return "";
    ++counters_["where"];
    std::vector<std::string> conditions = {"n > 0", "x is not null", "x < 2", "n % 2 = 0 or x > 0"};
    if (is_main) conditions.insert(conditions.end(), {"b", "not b", "s = 'a'", "known_at - event_time > 2m", "big"});
    return " where " + Pick(conditions);
  }

  struct Term {
    std::string text;
    bool is_numeric = false;
  };

  // Columns by what a function takes. x is chosen often: it has the values that are hard.
  std::vector<std::string> Numbers(bool is_main) const {
    std::vector<std::string> names = {"x", "x", "x", "x", "x", "x", "n", "d", "w"};
    if (is_main) names.insert(names.end(), {"b", "doubled", "wind"});
    return names;
  }
  std::vector<std::string> Scalars(bool is_main) const {
    std::vector<std::string> names = {"x", "x", "x", "x", "x", "x", "x", "n", "d", "w", "at"};
    if (is_main) names.insert(names.end(), {"s", "s", "doubled", "wind", "known_at", "event_time"});
    return names;
  }

  Term Aggregate(bool is_main) {
    static const std::vector<std::string> kFunctions = {
        "count", "sum",    "avg",      "min",      "max",   "first",           "last",   "first_n",
        "ewma",  "last_n", "variance", "distinct", "top_k", "approx_distinct", "stddev", "approx_quantile"};
    const bool is_wished = !wishes_.empty() && random_.Chance(0.5);
    const Wish wish = is_wished ? Pick(wishes_) : Wish{};
    std::string function = is_wished ? wish.function : Pick(kFunctions);
    if (function == "first n" || function == "last n") function[function.size() - 2] = '_';
    const bool is_of_values = wish.property == "nan" || wish.property == "infinite" || wish.property == "extreme";
    const std::string where = Where(is_main), window = Window(function != "ewma", wish.property);
    const auto call = [&](const std::string& name, std::string argument, const std::string& parameter) {
      if (is_of_values) argument = "x";
      return fmt::format("{}({}{}{}){}", name, argument, parameter, where, window);
    };
    if (function == "count") return {call("count", random_.Chance(0.5) ? "" : Pick(Scalars(is_main)), ""), true};
    if (function == "distinct" || function == "approx_distinct")
      return {call(function, Pick(Scalars(is_main)), ""), true};
    if (function == "variance" || function == "stddev") return {call(function, Pick(Numbers(is_main)), ""), true};
    if (function == "approx_quantile")
      return {call(function, Pick(Numbers(is_main)), Pick<std::string>({", 0.5", ", 0.9", ", 0.0", ", 1.0", ", 0.33"})),
              true};
    if (function == "ewma") return {call(function, Pick(Numbers(is_main)), ", " + HalfLife()), true};
    if (function == "top_k") return {call(function, Pick(Scalars(is_main)), Pick<std::string>({", 1", ", 3", ", 50"}))};
    if (function == "first_n" || function == "last_n") {
      return {call(function == "first_n" ? "first" : "last", Pick(Scalars(is_main)),
                   Pick<std::string>({", 1", ", 2", ", 5", ", 100"}))};
    }
    if (function == "sum" || function == "avg") {
      const std::string argument = Pick(Numbers(is_main));
      return {call(function, argument, ""), argument != "d" && argument != "w"};
    }
    std::vector<std::string> any = Scalars(is_main);
    if (is_main && (function == "first" || function == "last")) any.insert(any.end(), {"b", "v", "l"});
    const std::string argument = Pick(any);
    return {call(function, argument, ""),
            argument == "x" || argument == "n" || argument == "doubled" || (argument == "wind" && is_main)};
  }

  std::string HalfLife() {
    if (unit_ == base::kDay) return Pick<std::string>({"1d", "36h", "10d", "1h"});
    return Pick<std::string>({"1m", "7m", "1h", "5s"});
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
    const bool has_id = random_.Chance(is_large_ ? 0.85 : 0.6);
    has_seen_[name] = kind != 0 && kind != 1;
    if (kind == 1) text += "    available_after: " + Pick<std::string>({"2m", "1h", "-10m", "3d"}) + "\n";
    if (has_seen_[name]) text += "    known_at: seen\n";
    if (has_id) text += "    event_id: id\n    deleted: op = 'd'\n";
    if (!has_id) text += "    skip_null_time: true\n";
    return text + "    columns: {id: string, op: string, at: timestamp, seen: timestamp, " + columns + "}\n";
  }

  std::string Project() {
    std::string text = "sources:\n";
    const std::string numbers = "x: float64, n: int64, d: 'decimal(12, 2)', w: 'decimal(30, 3)'";
    text += Source("reports", "place: string, " + numbers);
    text += Source("events",
                   "k1: string, k2: int64, s: string, b: bool, v: 'vector(float32, 3)', l: list(int64), " + numbers);
    text += "    derive:\n      doubled: x * 2\n      big: n > 1\n";
    text += random_.Chance(0.7) ? "      wind: weather(place = k1).wind\n      home: coalesce(lower(k1), 'none')\n"
                                : "      wind: n * 0.5\n      home: weather(place = k1).worst > 0\n";
    const bool home_is_text = text.find("'none'") != std::string::npos;
    text +=
        "entities:\n  place: {key: {place: string}}\n  one: {key: {k1: string}}\n  two: {key: {k1: string, k2: "
        "int64}}\n";
    text += fmt::format("  homes: {{key: {{home: {}}}}}\n", home_is_text ? "string" : "bool");
    text += "feature_views:\n";
    text += View("weather", "place", "reports", 4);
    text += View("ones", "one", "events", 6);
    text += View("twos", "two", "events", 5);
    text += View("at_home", "homes", "events", 2);
    text += View("everything", "[]", "events", 4);
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
    if (is_large_ && random_.Chance(0.85)) return data::Value::String("a");
    return data::Value::String(Pick<std::string>({"a", "a", "b", "A", ""}));
  }

  data::Value SecondKey() { return data::Value::Int64(is_large_ && random_.Chance(0.9) ? 0 : random_.Between(0, 2)); }

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

  data::Value Decimal(data::Type type) {
    if (random_.Chance(0.1)) return data::Value::Null(type);
    data::Int128 limit = 1;
    for (int i = 0; i < type.precision; ++i) limit *= 10;
    if (random_.Chance(0.1)) return data::Value::Decimal(type, random_.Chance(0.5) ? limit - 1 : 1 - limit);
    return data::Value::Decimal(type, random_.Between(-3000, 3000));
  }

  data::Value List(data::Type type) {
    if (random_.Chance(0.1)) return data::Value::Null(type);
    data::ListBuilder list(type);
    for (uint64_t i = random_.Below(3); i > 0; --i) list.Append(Int());
    return data::Value::Bytes(type, list.bytes());
  }

  data::Value Vector(data::Type type) {
    if (random_.Chance(0.1)) return data::Value::Null(type);
    std::string bytes;
    for (uint32_t i = 0; i < type.size; ++i)
      data::AppendVectorElement(static_cast<float>(random_.Between(-2, 2)), &bytes);
    return data::Value::Bytes(type, bytes);
  }

  // Mostly the entity with most events, in a large world.
  data::Value InputValue(const data::Field& field) {
    if (is_large_ && random_.Chance(0.85)) {
      if (field.name == "k2") return data::Value::Int64(0);
      if (field.type == data::TypeKind::kBool) return data::Value::Bool(true);
      if (field.type == data::TypeKind::kString) return data::Value::String("a");
    }
    if (field.name == "k2") return random_.Chance(0.05) ? data::Value::Null(field.type) : SecondKey();
    if (field.type == data::TypeKind::kFloat64) return Double();
    if (field.type == data::TypeKind::kBool) return data::Value::Bool(random_.Chance(0.5));
    if (field.name == "home") return data::Value::String(Pick<std::string>({"a", "b", "none", ""}));
    return Key();
  }

  data::Value CellOf(const data::Field& field, bool is_stamped, base::Time at) {
    using data::Value;
    if (field.name == "id") return Value::String("e" + std::to_string(random_.Below(is_large_ ? 500 : 25)));
    if (field.type.IsDecimal()) return Decimal(field.type);
    if (field.type == data::TypeKind::kFloat64 && random_.Chance(easy_))
      return Value::Float64(static_cast<double>(random_.Between(-300, 300)) / 10);
    if (field.type.kind == data::TypeKind::kList) return List(field.type);
    if (field.type.kind == data::TypeKind::kVector) return Vector(field.type);
    if (field.name == "op") return Value::String(random_.Chance(0.08) ? "d" : "i");
    if (field.name == "at") return is_stamped && random_.Chance(0.05) ? Value::Null(field.type) : Value::Timestamp(at);
    if (field.name == "seen" && random_.Chance(0.15)) return Value::Timestamp(kStart + unit_ * kUnits / 2);
    if (field.name == "seen")
      return Value::Timestamp(at + unit_ * random_.Between(-3, 8) * (random_.Chance(0.3) ? 5 : 1));
    if (field.name == "k2") return random_.Chance(0.05) ? Value::Null(field.type) : SecondKey();
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
    if (is_large_) rows.rows = 350 + random_.Below(350);
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
  const std::vector<Wish> wishes_;
  const bool is_large_;
  double easy_ = 0;  // how often a value is no hard one
  base::Duration unit_ = base::kMinute;
  std::map<std::string, bool> has_seen_;
  std::string text_, errors_;
  features::DefinitionsPtr definitions_;
  std::map<std::string, data::Batch> events_;
};

}  // namespace plumb::engine
