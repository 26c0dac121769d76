#include "features/internal/check_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "features/internal/field_reader.h"

namespace plumb::features::internal {
namespace {

constexpr double kPsiDefault = 0.2;  // what is commonly called a large shift
constexpr double kPsiMax = 1000;

const std::vector<std::string>& Subjects() {
  static const auto* const subjects =
      new std::vector<std::string>{"expect", "freshness", "rows", "unique", "drift", "null_share"};
  return *subjects;
}

class CheckReader {
 public:
  CheckReader(const base::YamlNode& node, ReadSource* read, const ReadingContext& context)
      : node_(node),
        read_(*read),
        context_(context),
        diagnostics_(*context.diagnostics),
        what_("check of source " + read->source->name),
        reader_(node, what_, context.diagnostics) {}

  void Read() {
    const auto asked = [this](const std::string& subject) { return node_.Find(subject) != nullptr; };
    const auto subject = std::find_if(Subjects().begin(), Subjects().end(), asked);
    if (subject == Subjects().end()) return ReportNoSubject();
    reader_.Node(*subject);
    const CheckSeverity severity = ReadSeverity();
    const std::string name = reader_.String("name").value_or("");
    if (*subject == "expect") {
      ReadExpectation(name, severity);
    } else {
      ReadSetCheck(*subject, name, severity);
    }
    reader_.Finish();
  }

 private:
  void ReportNoSubject() {
    std::string meant;
    for (const base::YamlEntry& entry : node_.entries) {
      if (meant.empty()) meant = base::DidYouMean(entry.key, Subjects());
    }
    diagnostics_.Error(
        node_.position, fmt::format("It is not said what to check: {}.", what_),
        meant.empty() ? fmt::format("Write an expression, or one of {}.", fmt::join(Subjects(), ", ")) : meant);
  }

  CheckSeverity ReadSeverity() {
    const std::optional<std::string> severity = reader_.String("severity");
    if (severity == "warn") return CheckSeverity::kWarn;
    if (severity && *severity != "error") {
      const std::string meant = base::DidYouMean(*severity, {"warn", "error"});
      diagnostics_.Error(reader_.Where("severity"), fmt::format("Severity is not known: {}.", *severity),
                         meant.empty() ? "It is warn or error." : meant);
    }
    return CheckSeverity::kError;
  }

  void ReadExpectation(const std::string& name, CheckSeverity severity) {
    const base::YamlNode& expect = *node_.Find("expect");
    ReadRowCheck check;
    check.expr = context_.expressions->Read(expect, what_);
    check.check.position = expect.position;
    check.check.text = expect.scalar;
    check.check.name = name.empty() ? expect.scalar : name;
    check.check.severity = severity;
    read_.row_checks.push_back(std::move(check));
  }

  void ReadSetCheck(const std::string& subject, const std::string& name, CheckSeverity severity) {
    SetCheck check;
    check.position = node_.Find(subject)->position;
    check.severity = severity;
    const size_t errors_before = diagnostics_.errors();
    if (subject == "freshness") ReadFreshness(&check);
    if (subject == "rows") ReadRows(&check);
    if (subject == "unique") ReadUnique(&check);
    if (subject == "drift") ReadDrift(&check);
    if (subject == "null_share") ReadNullShare(&check);
    check.name = name.empty() ? check.canonical : name;
    if (diagnostics_.errors() == errors_before) read_.source->set_checks.push_back(std::move(check));
  }

  void ReadFreshness(SetCheck* check) {
    check->kind = SetCheck::Kind::kFreshness;
    check->age = ReadPositiveSpan(&reader_, "freshness", what_, &diagnostics_).value_or(base::Span{});
    check->canonical = "freshness " + base::FormatSpan(check->age);
    if (read_.source->is_static) {
      diagnostics_.Error(check->position,
                         fmt::format("A static table has no times: freshness of source {}.", read_.source->name));
    }
  }

  void ReadRows(SetCheck* check) {
    check->kind = SetCheck::Kind::kRows;
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    base::YamlReader bounds(*node_.Find("rows"), "rows of " + what_, &diagnostics_);
    const std::optional<int64_t> min = bounds.Int("min", 0, kMax);
    check->rows_min = min.value_or(0);
    check->rows_max = bounds.Int("max", 0, kMax);
    bounds.Finish();
    check->canonical = fmt::format("rows {} to {}", check->rows_min,
                                   check->rows_max ? std::to_string(*check->rows_max) : "any number");
    if (!min && !check->rows_max) {
      diagnostics_.Error(check->position, fmt::format("Rows have no bound: {}.", what_), "Write {min: 1}, or max.");
    } else if (check->rows_max && *check->rows_max < check->rows_min) {
      diagnostics_.Error(check->position, fmt::format("Bounds leave no number of rows: {}.", check->canonical));
    }
  }

  void ReadUnique(SetCheck* check) {
    check->kind = SetCheck::Kind::kUnique;
    for (const PlacedName& column : ReadNames(&reader_, "unique")) {
      FindDeclared(read_, column.name, "unique of source " + read_.source->name, column.position, &diagnostics_);
      check->columns.push_back(column.name);
    }
    if (check->columns.empty()) diagnostics_.Error(check->position, fmt::format("No column is named: {}.", what_));
    check->canonical = fmt::format("unique {}", fmt::join(check->columns, ", "));
  }

  void ReadDrift(SetCheck* check) {
    check->kind = SetCheck::Kind::kDrift;
    const std::string column = ReadColumn("drift", check);
    const data::Field* field = read_.source->columns.Find(column);
    const bool is_many =
        field != nullptr && (field->type.kind == data::TypeKind::kList || field->type.kind == data::TypeKind::kVector);
    if (is_many) {
      diagnostics_.Error(check->position, fmt::format("Column has no distribution of values: {} is {}.", column,
                                                      data::TypeName(field->type)));
    }
    check->limit = reader_.Double("psi", 0, kPsiMax).value_or(kPsiDefault);
    check->canonical = fmt::format("drift {} psi {}", column, check->limit);
  }

  void ReadNullShare(SetCheck* check) {
    check->kind = SetCheck::Kind::kNullShare;
    const std::string column = ReadColumn("null_share", check);
    if (reader_.RequiredNode("max") != nullptr) check->limit = reader_.Double("max", 0, 1).value_or(0);
    check->canonical = fmt::format("null_share {} max {}", column, check->limit);
  }

  std::string ReadColumn(const char* subject, SetCheck* check) {
    std::string column = reader_.RequiredString(subject);
    if (!column.empty()) {
      FindDeclared(read_, column, fmt::format("{} of source {}", subject, read_.source->name), check->position,
                   &diagnostics_);
    }
    check->columns = {column};
    return column;
  }

  const base::YamlNode& node_;
  ReadSource& read_;
  const ReadingContext& context_;
  base::Diagnostics& diagnostics_;
  std::string what_;
  base::YamlReader reader_;
};

void ReadPlainCheck(const base::YamlNode& node, ReadSource* read, const ReadingContext& context) {
  ReadRowCheck check;
  check.expr = context.expressions->Read(node, "check of source " + read->source->name);
  check.check.position = node.position;
  check.check.text = check.check.name = node.scalar;
  read->row_checks.push_back(std::move(check));
}

// Reports and metrics tell checks apart by their names.
void RefuseSameNames(const ReadSource& read, base::Diagnostics* diagnostics) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name, const base::Position& position) {
    if (names.insert(name).second) return;
    diagnostics->Error(position, fmt::format("Two checks of source {} have one name: {}.", read.source->name, name));
  };
  for (const ReadRowCheck& row : read.row_checks) add(row.check.name, row.check.position);
  for (const SetCheck& set : read.source->set_checks) add(set.name, set.position);
}

}  // namespace

void ReadChecks(const base::YamlNode& checks, ReadSource* read, const ReadingContext& context) {
  if (checks.IsNull()) return;
  if (!checks.IsSequence()) {
    context.diagnostics->Error(checks.position,
                               fmt::format("Value is not a list: checks of source {}.", read->source->name),
                               "Write one check a line, each after a dash.");
    return;
  }
  for (const base::YamlNode& check : checks.items) {
    if (check.IsMap()) {
      CheckReader(check, read, context).Read();
    } else {
      ReadPlainCheck(check, read, context);
    }
  }
  RefuseSameNames(*read, context.diagnostics);
}

}  // namespace plumb::features::internal
