#include "app/project_template.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace plumb::app {
namespace {

using base::Result;

constexpr const char* kStarter =
    R"(# A project of plumb: what your data is, what features mean, what models learn. `plumb check` says what is wrong with it.

sources:
  orders:
    path: data/orders.csv             # CSV or Parquet, patterns such as data/*.parquet too
    event_time: ordered_at            # when it happened
    available_after: 5m               # when production can know of it: 5 minutes later
    event_id: order_id                # a later row with the same id corrects the earlier one
    columns:
      order_id: string
      customer: string
      ordered_at: timestamp
      amount: float64
      returned: bool

entities:
  customer: {key: {customer: string}}

feature_views:
  customer_orders:
    entity: customer
    source: orders
    features:
      orders_7d: count() over 7d
      amount_avg_30d: avg(amount) over 30d
      returned_share_90d: avg(returned) over 90d
      hours_since: (t - last(event_time)) / 1h

# What a model learns, and how it is judged. Examples are rows with a time; each gets the features as they were known then.
# models:
#   returns:
#     examples: {source: orders, time: ordered_at}
#     label: {is: returned, from: order_outcomes, by: order_id}
#     features: [customer_orders.*]
#     split: {train_until: 2024-06-01, validate_until: 2024-08-01, test_until: 2024-10-01, gap: 1d}
#     train: {with: xgboost, max_depth: 6, eta: 0.1}
#
# deployments:
#   returns: {model: returns@champion}
)";

bool IsName(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0 || text.starts_with("__"))
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '_'); });
}

std::string NameFrom(std::string_view path) {
  std::string name;
  const std::string file = base::FileNameOf(path);
  for (const char c : file.substr(0, file.find('.'))) {
    const auto u = static_cast<unsigned char>(c);
    name.push_back(u < 0x80 && std::isalnum(u) != 0 ? static_cast<char>(std::tolower(u)) : '_');
  }
  return IsName(name) ? name : "events";
}

struct ColumnFacts {
  std::string name;
  data::Type type;
  size_t distinct = 0, nulls = 0;
};

std::vector<ColumnFacts> FactsOf(const data::Batch& rows) {
  std::vector<ColumnFacts> facts;
  for (size_t i = 0; i < rows.columns.size(); i++) {
    const data::Column& column = rows.columns[i];
    ColumnFacts fact{rows.schema.fields()[i].name, column.type(), 0, 0};
    std::set<std::string> values;
    for (size_t row = 0; row < rows.rows; row++) {
      if (column.IsNull(row)) {
        fact.nulls++;
      } else {
        values.insert(column.At(row).ToString());
      }
    }
    fact.distinct = values.size();
    if (IsName(fact.name)) facts.push_back(std::move(fact));
  }
  return facts;
}

// What the columns of a table seem to be.
struct Guess {
  const ColumnFacts *time = nullptr, *id = nullptr, *entity = nullptr, *number = nullptr;
};

bool MayBeKey(const ColumnFacts& fact) {
  return fact.type == data::TypeKind::kString || fact.type == data::TypeKind::kInt64;
}

Guess GuessRoles(const std::vector<ColumnFacts>& facts, size_t rows) {
  Guess guess;
  for (const ColumnFacts& fact : facts) {
    if (fact.type != data::TypeKind::kTimestamp) continue;
    // The first time that every row has; else the first.
    if (guess.time == nullptr || (guess.time->nulls > 0 && fact.nulls == 0)) guess.time = &fact;
  }
  for (const ColumnFacts& fact : facts) {
    const bool is_unique = rows > 1 && fact.nulls == 0 && fact.distinct == rows;
    if (guess.id == nullptr && MayBeKey(fact) && is_unique && fact.name.ends_with("id")) guess.id = &fact;
  }
  for (const ColumnFacts& fact : facts) {
    // An entity comes back: several values, each of several rows. Text before numbers.
    if (!MayBeKey(fact) || &fact == guess.id || fact.distinct < 2 || fact.distinct * 2 > rows) continue;
    const bool is_better = guess.entity == nullptr ||
                           (guess.entity->type != data::TypeKind::kString && fact.type == data::TypeKind::kString);
    if (is_better) guess.entity = &fact;
  }
  for (const ColumnFacts& fact : facts) {
    const bool is_number = fact.type == data::TypeKind::kFloat64 || fact.type == data::TypeKind::kInt64;
    if (guess.number == nullptr && is_number && &fact != guess.id && &fact != guess.entity) guess.number = &fact;
  }
  return guess;
}

std::string SourceText(const std::string& path, const std::string& name, const std::vector<ColumnFacts>& facts,
                       const Guess& guess) {
  std::string text = fmt::format("sources:\n  {}:\n    path: \"{}\"\n", name, path);
  text += fmt::format("    event_time: {}    # guessed: when it happened\n", guess.time->name);
  if (guess.time->nulls > 0) text += "    skip_null_time: true    # some rows have no time\n";
  text += "    available_after: 0s    # check this: how long after event_time does production know of it?\n";
  if (guess.id != nullptr) {
    text += fmt::format("    event_id: {}    # guessed: it is different in every row\n", guess.id->name);
  }
  text += "    columns:\n";
  for (const ColumnFacts& fact : facts) text += fmt::format("      {}: {}\n", fact.name, data::TypeName(fact.type));
  return text;
}

std::string ViewText(const std::string& source, const Guess& guess) {
  std::string text = fmt::format("\nentities:\n  {0}: {{key: {{{0}: {1}}}}}    # guessed: a value that comes back\n",
                                 guess.entity->name, data::TypeName(guess.entity->type));
  text += fmt::format("\nfeature_views:\n  {}_by_{}:\n    entity: {}\n    source: {}\n    features:\n", source,
                      guess.entity->name, guess.entity->name, source);
  text += "      events_24h: count() over 24h\n      events_7d: count() over 7d\n";
  if (guess.number != nullptr) {
    text += fmt::format("      {0}_avg_7d: avg({0}) over 7d\n      {0}_last: last({0})\n", guess.number->name);
  }
  return text + "      hours_since: (t - last(event_time)) / 1h\n";
}

}  // namespace

const char* StarterProject() { return kStarter; }

Result<std::string> ProjectFromTable(const std::string& path, const data::Batch& rows) {
  const std::vector<ColumnFacts> facts = FactsOf(rows);
  const Guess guess = GuessRoles(facts, rows.rows);
  if (guess.time == nullptr) {
    return base::InvalidArgument("No column is a time: {}.", path)
        .WithSuggestion(
            "Write times as ISO 8601 (2013-01-01T08:00:00Z), or start from plumb init without --from and "
            "declare their format.");
  }
  const std::string source = NameFrom(path);
  std::string text =
      fmt::format("# Made by plumb init from {}: {} rows. Guesses are marked.\n\n", base::FileNameOf(path), rows.rows);
  text += SourceText(path, source, facts, guess);
  if (guess.entity != nullptr) text += ViewText(source, guess);
  return text;
}

}  // namespace plumb::app
