#include "expr/functions.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/check.h"

namespace plumb::expr {

const std::vector<Section>& FunctionSections() {
  static const auto& sections = *new std::vector<Section>{
      {"Operators", Operators()},
      {"Conversions", Casts()},
      {"Choices and null", ChoiceFunctions()},
      {"Numbers", NumberFunctions()},
      {"Strings", StringFunctions()},
      {"Times", TimeFunctions()},
      {"Lists and vectors", ListFunctions()},
  };
  return sections;
}

const Function* FindFunction(std::string_view name) {
  static const auto& by_name = *[] {
    auto* map = new std::unordered_map<std::string_view, const Function*>();
    for (const Section& section : FunctionSections()) {
      for (const Function& function : section.functions) {
        const bool is_new = map->emplace(function.name, &function).second;
        PLUMB_CHECK(is_new, "A function stands once in the table.");
      }
    }
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const std::vector<std::string>& CallableNames() {
  static const auto& names = *[] {
    auto* all = new std::vector<std::string>();
    for (const Section& section : FunctionSections()) {
      if (section.title == "Operators" || section.title == "Conversions") continue;
      for (const Function& function : section.functions) all->emplace_back(function.name);
    }
    return all;
  }();
  return names;
}

data::TypeKind ParamKind(char letter) {
  switch (letter) {
    case 'b':
      return data::TypeKind::kBool;
    case 'i':
    case 'k':
      return data::TypeKind::kInt64;
    case 'f':
      return data::TypeKind::kFloat64;
    case 't':
      return data::TypeKind::kTimestamp;
    case 'd':
      return data::TypeKind::kDuration;
    case 'n':
    case 'm':
      return data::TypeKind::kDecimal;
    case 'l':
      return data::TypeKind::kList;
    case 'v':
      return data::TypeKind::kVector;
    case 'x':
      return data::TypeKind::kNull;
    default:  // s, and the constants z and u
      return data::TypeKind::kString;
  }
}

const Overload* FindCast(data::Type from, data::Type to) {
  const Function* cast = FindFunction("cast");
  for (const Overload& overload : cast->overloads) {
    if (ParamKind(overload.params[0]) == from.kind && overload.result == to.kind) return &overload;
  }
  return nullptr;
}

}  // namespace plumb::expr
