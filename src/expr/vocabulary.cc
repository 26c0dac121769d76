#include "expr/vocabulary.h"

#include <algorithm>
#include <array>

#include "expr/expr.h"

namespace plumb::expr {
namespace {

constexpr std::array<std::string_view, 20> kReserved = {"and",  "or",   "not",   "in",    "between", "like",  "is",
                                                        "null", "true", "false", "case",  "when",    "then",  "else",
                                                        "end",  "cast", "as",    "where", "over",    "escape"};

bool IsWord(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

const std::vector<std::string>& AggregateNames() {
  static const auto& names = *new std::vector<std::string>{"count", "sum", "avg", "min", "max", "first", "last"};
  return names;
}

bool IsAggregateName(std::string_view lower_case) {
  const auto& names = AggregateNames();
  return std::find(names.begin(), names.end(), lower_case) != names.end();
}

bool IsReserved(std::string_view lower_case) {
  return std::find(kReserved.begin(), kReserved.end(), lower_case) != kReserved.end();
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsPlainName(std::string_view name) { return IsWord(name) && !IsReserved(LowerCase(name)); }

}  // namespace plumb::expr
