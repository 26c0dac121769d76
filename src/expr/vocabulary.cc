#include "expr/vocabulary.h"

#include <algorithm>
#include <array>

#include "expr/expr.h"

namespace plumb::expr {
namespace {

constexpr std::array<std::string_view, 20> kReserved = {"and",  "or",   "not",   "in",    "between", "like",  "is",
                                                        "null", "true", "false", "case",  "when",    "then",  "else",
                                                        "end",  "cast", "as",    "where", "over",    "escape"};

struct Pair {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kAliases = {Pair{"mean", "avg"}, Pair{"var_samp", "variance"}, Pair{"stddev_samp", "stddev"}};

constexpr std::string_view kOfSample = "Write variance(x) or stddev(x): those of a sample, divided by n - 1.";
constexpr std::array kForeignAggregates = {
    Pair{"count_distinct", "Write distinct(x), or approx_distinct(x)."},
    Pair{"approx_count_distinct", "Write approx_distinct(x)."},
    Pair{"median", "Write approx_quantile(x, 0.5)."},
    Pair{"quantile", "Write approx_quantile(x, 0.9)."},
    Pair{"percentile", "Write approx_quantile(x, 0.9)."},
    Pair{"approx_percentile", "Write approx_quantile(x, 0.9)."},
    Pair{"average", "Write avg(x)."},
    Pair{"total", "Write sum(x)."},
    Pair{"count_if", "Write count(where condition)."},
    Pair{"countif", "Write count(where condition)."},
    Pair{"sum_if", "Write sum(x where condition)."},
    Pair{"var", "Write variance(x)."},
    Pair{"var_pop", kOfSample},
    Pair{"std", "Write stddev(x)."},
    Pair{"stdev", "Write stddev(x)."},
    Pair{"stddev_pop", kOfSample},
    Pair{"mode", "Write element(top_k(x, 1), 1)."},
    Pair{"ema", "Write ewma(x, 1h): the time after which a value counts half."},
    Pair{"lag", "Write element(last(x, 2), 1): the value before the last."},
    Pair{"any_value", "Write last(x)."},
    Pair{"array_agg", "Write last(x, 100): the newest values as a list."},
};

bool IsWord(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

const std::vector<std::string>& AggregateNames() {
  static const auto& names = *new std::vector<std::string>{"count",
                                                           "sum",
                                                           "avg",
                                                           "min",
                                                           "max",
                                                           "first",
                                                           "last",
                                                           "variance",
                                                           "stddev",
                                                           "distinct",
                                                           "approx_distinct",
                                                           "approx_quantile",
                                                           "top_k",
                                                           "ewma"};
  return names;
}

std::string_view AggregateMeant(std::string_view lower_case) {
  for (const Pair& alias : kAliases) {
    if (alias.name == lower_case) return alias.text;
  }
  for (const std::string& name : AggregateNames()) {
    if (name == lower_case) return name;
  }
  return {};
}

std::string_view ForeignAggregateAdvice(std::string_view lower_case) {
  for (const Pair& foreign : kForeignAggregates) {
    if (foreign.name == lower_case) return foreign.text;
  }
  return {};
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
