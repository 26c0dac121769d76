// Names: columns, the asking time, features of other views.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "expr/checker.h"

namespace plumb::expr {

using data::Type;
using data::TypeKind;
using data::TypeName;

namespace {

constexpr size_t kListedMax = 12;

const ViewSignature* FindView(const Scope& scope, const std::string& name) {
  if (scope.views == nullptr) return nullptr;
  for (const ViewSignature& view : *scope.views) {
    if (view.name == name) return &view;
  }
  return nullptr;
}

std::vector<std::string> ViewNames(const Scope& scope) {
  std::vector<std::string> names;
  for (const ViewSignature& view : *scope.views) names.push_back(view.name);
  return names;
}

std::string MappingOf(const ViewSignature& view, const std::string& feature) {
  std::string keys;
  for (const data::Field& field : view.keys.fields())
    keys += (keys.empty() ? "" : ", ") + SpellName(field.name) + " = …";
  return fmt::format("{}({}).{}", view.name, keys, feature);
}

}  // namespace

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text.empty() ? "nothing" : text;
}

std::string FeatureText(const FeatureRef& feature) {
  std::string keys;
  for (const auto& [name, value] : feature.keys) {
    keys += (keys.empty() ? "" : ", ") + SpellName(name) + " = " + value.canonical();
  }
  return fmt::format("{}({}).{}", SpellName(feature.view), keys, SpellName(feature.feature));
}

// ---- columns ----

NodePtr Checker::InputNode(Input input) {
  auto& inputs = frame_.inputs;
  const auto same = std::find_if(inputs.begin(), inputs.end(), [&](const Input& known) {
    return known.leaf == input.leaf && known.name == input.name && known.index == input.index;
  });
  auto node = std::make_shared<Node>();
  node->op = Op::kInput;
  node->type = input.type;
  node->input = static_cast<int>(same - inputs.begin());
  if (same == inputs.end()) inputs.push_back(std::move(input));
  return node;
}

NodePtr Checker::Name(const Expr& expr) {
  if (frame_.place == Place::kAggregate) return EventName(expr);
  const bool is_time = expr.name == "t" && !expr.quoted;
  if (is_time && scope_.time) {
    if (frame_.place == Place::kOutside) return InputNode({Input::Leaf::kTime, "t", -1, TypeKind::kTimestamp});
    return Error(expr, fmt::format("t cannot be used in a key of {}.", frame_.inside),
                 "A look-up has keys of columns; it is answered as of t anyway.");
  }
  const data::Field* field = scope_.columns == nullptr ? nullptr : scope_.columns->Find(expr.name);
  if (field != nullptr) return InputNode({Input::Leaf::kColumn, field->name, -1, field->type});
  if (is_time)
    return Error(expr, "t, the asking time, is not known here.",
                 "Features of views may use it; derived columns and checks have event_time.");
  if (scope_.event_columns != nullptr && scope_.event_columns->Find(expr.name) != nullptr) {
    return Error(expr,
                 fmt::format("Column {} has one value for each event of {}, and no single one here.", expr.name,
                             scope_.event_columns_are_of),
                 fmt::format("Use it inside an aggregate, as in last({}).", SpellName(expr.name)));
  }
  return UnknownColumn(expr, scope_.columns, scope_.columns_are_of);
}

// Inside an aggregate: the columns of the events.
NodePtr Checker::EventName(const Expr& expr) {
  const data::Field* field = scope_.event_columns->Find(expr.name);
  if (expr.name == "t" && !expr.quoted && (field == nullptr || scope_.time)) {
    return Error(expr,
                 fmt::format("t cannot be used inside {}: an event's value does not depend on when it is asked for.",
                             frame_.inside),
                 field == nullptr ? "Use t outside, as in (t - last(event_time)) / 1h, or a window."
                                  : "The column t is written \"t\".");
  }
  if (field != nullptr) return InputNode({Input::Leaf::kColumn, field->name, -1, field->type});
  if (expr.name == "event_time" || expr.name == "known_at") {
    return InputNode({Input::Leaf::kColumn, expr.name, -1, TypeKind::kTimestamp});
  }
  if (scope_.columns != nullptr && scope_.columns->Find(expr.name) != nullptr) {
    return Error(expr, fmt::format("Column {} is of {}: inside {} only columns of {} are known.", expr.name,
                                   scope_.columns_are_of, frame_.inside, scope_.event_columns_are_of));
  }
  return UnknownColumn(expr, scope_.event_columns, scope_.event_columns_are_of);
}

NodePtr Checker::UnknownColumn(const Expr& expr, const data::Schema* known, const std::string& known_are_of) {
  std::vector<std::string> names = known == nullptr ? std::vector<std::string>() : known->Names();
  std::string suggestion = base::DidYouMean(expr.name, names);
  if (expr.quoted) suggestion = fmt::format("A string stands in single quotes: '{}'.", expr.name);
  if (suggestion.empty() && FindView(scope_, expr.name) != nullptr) {
    suggestion = fmt::format("{0} is a view: its features are written {0}.feature.", expr.name);
  }
  if (suggestion.empty() && !names.empty()) {
    if (names.size() > kListedMax) {
      names.resize(kListedMax);
      names.emplace_back("others");
    }
    suggestion = fmt::format("Columns of {} are {}.", known_are_of, Listed(names));
  }
  if (suggestion.empty() && known_are_of.empty()) suggestion = "No columns are known here.";
  return Error(expr, fmt::format("Column is not known: {}.", expr.name), std::move(suggestion));
}

// ---- features of other views ----

NodePtr Checker::Feature(const Expr& expr) {
  if (frame_.place != Place::kOutside) {
    return Error(expr, fmt::format("Feature {}.{} cannot be used inside {}.", expr.name, expr.member, frame_.inside),
                 frame_.place == Place::kAggregate ? "Derive it as a column of the source first, and aggregate that."
                                                   : "A look-up's keys are made of columns.");
  }
  if (scope_.views == nullptr) {
    return Error(expr, fmt::format("Features of other views cannot be used here: {}.{}.", expr.name, expr.member));
  }
  const ViewSignature* view = FindView(scope_, expr.name);
  if (view == nullptr) {
    std::string suggestion = base::DidYouMean(expr.name, ViewNames(scope_));
    const bool is_column = scope_.columns != nullptr && scope_.columns->Find(expr.name) != nullptr;
    if (suggestion.empty() && is_column) suggestion = fmt::format("{} is a column; columns have no parts.", expr.name);
    return Error(expr, fmt::format("View is not known: {}.", expr.name), std::move(suggestion));
  }
  const data::Field* feature = view->features.Find(expr.member);
  if (feature == nullptr) {
    std::vector<std::string> names = view->features.Names();
    std::string suggestion = base::DidYouMean(expr.member, names);
    if (names.size() > kListedMax) names.resize(kListedMax);
    if (suggestion.empty()) suggestion = fmt::format("Features of {} are {}.", view->name, Listed(names));
    return Error(expr, fmt::format("Feature is not known: {}.{}.", expr.name, expr.member), std::move(suggestion));
  }
  FeatureRef ref;
  ref.view = view->name;
  ref.feature = feature->name;
  ref.type = feature->type;
  ref.position = expr.position;
  if (!FeatureKeys(expr, *view, &ref)) return nullptr;
  const std::string text = FeatureText(ref);
  const Type type = ref.type;
  size_t index = 0;
  while (index < features_.size() && FeatureText(features_[index]) != text) ++index;
  if (index == features_.size()) features_.push_back(std::move(ref));
  return InputNode({Input::Leaf::kFeature, text, static_cast<int>(index), type});
}

bool Checker::FeatureKeys(const Expr& expr, const ViewSignature& view, FeatureRef* ref) {
  bool ok = true;
  for (size_t i = 0; i < expr.keys.size(); ++i) {
    const std::string& name = expr.keys[i].first;
    const Expr& at = *expr.keys[i].second;
    if (view.keys.Find(name) == nullptr) {
      std::string suggestion = base::DidYouMean(name, view.keys.Names());
      if (suggestion.empty()) suggestion = fmt::format("Keys of {} are {}.", view.name, Listed(view.keys.Names()));
      Error(at, fmt::format("Key of {} is not known: {}.", view.name, name), std::move(suggestion));
      ok = false;
    }
    const auto is_same = [&](const auto& key) { return key.first == name; };
    if (std::find_if(expr.keys.begin(), expr.keys.begin() + static_cast<ptrdiff_t>(i), is_same) !=
        expr.keys.begin() + static_cast<ptrdiff_t>(i)) {
      Error(at, fmt::format("Key of {} is given twice: {}.", view.name, name));
      ok = false;
    }
  }
  for (const data::Field& field : view.keys.fields()) {
    const auto given =
        std::find_if(expr.keys.begin(), expr.keys.end(), [&](const auto& key) { return key.first == field.name; });
    std::optional<Scalar> value;
    if (given != expr.keys.end()) {
      value = MappedKey(*given->second, field, view.name);
    } else if (expr.keys.empty()) {
      value = KeyByName(expr, field, view.name);
      if (!value) return false;
    } else {
      Error(expr, fmt::format("Key of {} is missing: {}.", view.name, field.name),
            fmt::format("Write {}.", MappingOf(view, expr.member)));
    }
    ok = ok && value.has_value();
    if (value) ref->keys.emplace_back(field.name, std::move(*value));
  }
  return ok;
}

std::optional<Scalar> Checker::MappedKey(const Expr& value, const data::Field& field, const std::string& view) {
  Frame outer = std::exchange(frame_, Frame{Place::kKey, view, {}});
  NodePtr node = Visit(value);
  if (node != nullptr && !CanBecome(*node, field.type)) {
    node = Error(value,
                 fmt::format("Key {} of {} has the wrong type: want {}, got {}.", field.name, view,
                             TypeName(field.type), TypeName(node->type)),
                 FindCast(node->type, field.type) != nullptr
                     ? fmt::format("Convert with cast(… as {}).", TypeName(field.type))
                     : "");
  }
  if (node != nullptr) node = Become(std::move(node), field.type);
  Frame inner = std::exchange(frame_, std::move(outer));
  return Build(std::move(node), std::move(inner));
}

// A key that is not mapped is the column of its name.
std::optional<Scalar> Checker::KeyByName(const Expr& expr, const data::Field& field, const std::string& view) {
  const ViewSignature& signature = *FindView(scope_, view);
  const data::Field* column = scope_.columns == nullptr ? nullptr : scope_.columns->Find(field.name);
  const std::string advice = fmt::format("Say what it is: {}.", MappingOf(signature, expr.member));
  if (column == nullptr) {
    const std::string of = scope_.columns_are_of.empty() ? "here" : "in " + scope_.columns_are_of;
    Error(expr, fmt::format("Key {} of {} has no column of its name {}.", field.name, view, of), advice);
    return std::nullopt;
  }
  if (column->type != field.type) {
    Error(expr,
          fmt::format("Key {} of {} has another type than the column of its name: want {}, got {}.", field.name, view,
                      TypeName(field.type), TypeName(column->type)),
          advice);
    return std::nullopt;
  }
  Frame outer = std::exchange(frame_, Frame{Place::kKey, view, {}});
  NodePtr node = InputNode({Input::Leaf::kColumn, column->name, -1, column->type});
  Frame inner = std::exchange(frame_, std::move(outer));
  return Build(std::move(node), std::move(inner));
}

}  // namespace plumb::expr
