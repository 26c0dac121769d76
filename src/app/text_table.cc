#include "app/text_table.h"

#include <algorithm>
#include <utility>

namespace plumb::app {
namespace {

size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void AppendCsvField(const std::string& text, bool is_string, std::string* out) {
  const bool is_null_token = is_string && (text.empty() || text == "NA" || text == "null");
  if (!is_null_token && text.find_first_of(",\"\r\n") == std::string::npos) {
    *out += text;
    return;
  }
  out->push_back('"');
  for (const char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace

TextTable::TextTable(std::vector<std::string> header, std::vector<bool> right) : right_(std::move(right)) {
  right_.resize(header.size(), false);
  rows_.push_back(std::move(header));
}

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(right_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::Render() const {
  std::vector<size_t> widths(right_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); i++) {
      const std::string blanks(widths[i] - WidthOf(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (right_[i] ? blanks + row[i] : row[i] + blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string RenderCsv(const data::Batch& batch) {
  std::string out;
  for (size_t i = 0; i < batch.schema.size(); i++) {
    if (i > 0) out.push_back(',');
    AppendCsvField(batch.schema.fields()[i].name, true, &out);
  }
  out.push_back('\n');
  for (size_t row = 0; row < batch.rows; row++) {
    for (size_t i = 0; i < batch.columns.size(); i++) {
      if (i > 0) out.push_back(',');
      const data::Column& column = batch.columns[i];
      if (column.IsNull(row)) continue;
      AppendCsvField(column.At(row).ToString(), column.type() == data::TypeKind::kString, &out);
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace plumb::app
