#include "operate/drift_reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/check.h"
#include "operate/sealed_json.h"
#include "stats/drift.h"

namespace plumb::operate {
namespace {

using base::Json;
using base::Result;

constexpr const char* kFormat = "plumb-drift-reference";
constexpr int kFormatVersion = 1;

struct Numbers {
  std::vector<double> finite;
  int64_t not_finite = 0, null = 0;
};

Numbers NumbersOf(const data::Column& column, const std::vector<int64_t>& rows) {
  Numbers numbers;
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    if (column.IsNull(at)) {
      ++numbers.null;
      continue;
    }
    const double number = NumberAt(column, at);
    if (std::isfinite(number)) {
      numbers.finite.push_back(number);
    } else {
      ++numbers.not_finite;
    }
  }
  return numbers;
}

Result<std::vector<int64_t>> CountNumbers(const Numbers& numbers, const std::vector<double>& edges) {
  std::vector<int64_t> counts(edges.size() + 1, 0);
  if (!numbers.finite.empty()) {
    PLUMB_ASSIGN_OR_RETURN(counts, stats::CountBins(numbers.finite, edges));
  }
  counts.push_back(numbers.not_finite);
  counts.push_back(numbers.null);
  return counts;
}

std::vector<int64_t> CountTexts(const data::Column& column, const std::vector<int64_t>& rows,
                                const std::vector<std::string>& texts) {
  std::map<std::string_view, size_t> places;
  for (size_t i = 0; i < texts.size(); ++i) places[texts[i]] = i;
  std::vector<int64_t> counts(texts.size() + 2, 0);
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    const auto found = column.IsNull(at) ? places.end() : places.find(column.String(at));
    const size_t place = found != places.end() ? found->second : texts.size() + (column.IsNull(at) ? 1 : 0);
    ++counts[place];
  }
  return counts;
}

std::vector<std::string> FrequentTexts(const data::Column& column, const std::vector<int64_t>& rows) {
  std::map<std::string_view, int64_t> counts;
  for (const int64_t row : rows) {
    if (!column.IsNull(static_cast<size_t>(row))) ++counts[column.String(static_cast<size_t>(row))];
  }
  std::vector<std::pair<std::string_view, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > ColumnReference::kTextsMax) sorted.resize(ColumnReference::kTextsMax);
  std::vector<std::string> texts;
  for (const auto& [text, count] : sorted) texts.emplace_back(text);
  return texts;
}

template <typename Values>
Json ListOf(const Values& values) {
  Json list{base::JsonArray{}};
  for (const auto& value : values) list.Append(value);
  return list;
}

Json ToJson(const ColumnReference& column) {
  Json json;
  json.Set("column", column.column);
  json.Set(column.is_text ? "texts" : "edges", column.is_text ? ListOf(column.texts) : ListOf(column.edges));
  json.Set("counts", ListOf(column.counts));
  return json;
}

// The checksum matched, so what is not as ToJson makes it was not made by plumb.
bool FromJson(const Json& json, ColumnReference* column) {
  const Json *name = json.Find("column"), *edges = json.Find("edges"), *texts = json.Find("texts"),
             *counts = json.Find("counts");
  if (name == nullptr || !name->IsString() || counts == nullptr || !counts->IsArray()) return false;
  if ((edges == nullptr) == (texts == nullptr)) return false;
  column->column = name->AsString();
  column->is_text = texts != nullptr;
  const Json& kinds = column->is_text ? *texts : *edges;
  if (!kinds.IsArray()) return false;
  for (const Json& kind : kinds.AsArray()) {
    if (column->is_text ? !kind.IsString() : !kind.IsNumber()) return false;
    if (column->is_text) {
      column->texts.push_back(kind.AsString());
    } else {
      column->edges.push_back(kind.AsDouble());
    }
  }
  for (const Json& count : counts->AsArray()) {
    if (!count.IsInt() || count.AsInt() < 0) return false;
    column->counts.push_back(count.AsInt());
  }
  return column->counts.size() == kinds.AsArray().size() + (column->is_text ? 2 : 3);
}

}  // namespace

double NumberAt(const data::Column& column, size_t row) {
  if (column.type() == data::TypeKind::kFloat64) return column.Double(row);
  if (column.type().IsDecimal()) return static_cast<double>(column.Decimal(row));
  return static_cast<double>(column.Int(row));
}

bool IsTextColumn(const data::Column& column) { return column.type() == data::TypeKind::kString; }

ColumnReference MakeColumnReference(const std::string& name, const data::Column& column,
                                    const std::vector<int64_t>& rows) {
  ColumnReference reference;
  reference.column = name;
  reference.is_text = IsTextColumn(column);
  if (reference.is_text) {
    reference.texts = FrequentTexts(column, rows);
    reference.counts = CountTexts(column, rows, reference.texts);
    return reference;
  }
  const Numbers numbers = NumbersOf(column, rows);
  if (!numbers.finite.empty()) reference.edges = stats::QuantileEdges(numbers.finite).value();
  reference.counts = CountNumbers(numbers, reference.edges).value();
  return reference;
}

Result<std::vector<int64_t>> CountLike(const ColumnReference& reference, const data::Column& column,
                                       const std::vector<int64_t>& rows) {
  if (IsTextColumn(column) != reference.is_text) {
    return base::InvalidArgument("Column is not of the kind it was when the reference was taken: {}.",
                                 reference.column);
  }
  if (reference.is_text) return CountTexts(column, rows, reference.texts);
  return CountNumbers(NumbersOf(column, rows), reference.edges);
}

const ColumnReference* DriftReference::Find(const std::string& column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnReference& c) { return c.column == column; });
  return found == columns.end() ? nullptr : &*found;
}

void DriftReference::Set(ColumnReference column) {
  for (ColumnReference& present : columns) {
    if (present.column == column.column) {
      present = std::move(column);
      return;
    }
  }
  columns.push_back(std::move(column));
}

std::string DriftReferencePath(const std::string& state_directory, const std::string& source) {
  return base::JoinPath(base::JoinPath(base::JoinPath(state_directory, "lake"), source), "reference.json");
}

Result<DriftReference> ReadDriftReference(base::FileSystem& files, const std::string& path) {
  DriftReference reference;
  const Result<Json> json = ReadSealedJson(files, path, kFormat, kFormatVersion);
  if (!json.ok()) {
    if (json.status().code() == base::Code::kNotFound) return reference;
    return json.status();
  }
  const Json *source = json->Find("source"), *version = json->Find("version"), *taken_at = json->Find("taken_at"),
             *columns = json->Find("columns");
  const bool is_whole = source != nullptr && source->IsString() && version != nullptr && version->IsString() &&
                        taken_at != nullptr && taken_at->IsInt() && columns != nullptr && columns->IsArray();
  if (!is_whole) return base::DataLoss("File is corrupt: {}, a member is missing.", path);
  reference.source = source->AsString();
  reference.version = version->AsString();
  reference.taken_at = taken_at->AsInt();
  for (const Json& entry : columns->AsArray()) {
    ColumnReference column;
    if (!FromJson(entry, &column)) return base::DataLoss("File is corrupt: {}, columns.", path);
    reference.columns.push_back(std::move(column));
  }
  return reference;
}

base::Status WriteDriftReference(base::FileSystem& files, const std::string& path, const DriftReference& reference) {
  Json body, columns{base::JsonArray{}};
  for (const ColumnReference& column : reference.columns) columns.Append(ToJson(column));
  body.Set("source", reference.source);
  body.Set("version", reference.version);
  body.Set("taken_at", reference.taken_at);
  body.Set("columns", std::move(columns));
  return WriteSealedJson(files, path, kFormat, kFormatVersion, body);
}

}  // namespace plumb::operate
