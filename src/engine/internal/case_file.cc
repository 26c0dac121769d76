#include "engine/internal/case_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace plumb::engine::internal {
namespace {

constexpr size_t kFileBytesMax = size_t{4} << 20;
constexpr std::string_view kBlank = " \t\r";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// A # inside quotes or a word is no comment.
std::string_view WithoutComment(std::string_view line) {
  bool is_quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\'') is_quoted = !is_quoted;
    const bool begins_word = i == 0 || kBlank.find(line[i - 1]) != std::string_view::npos;
    if (line[i] == '#' && begins_word && !is_quoted) return line.substr(0, i);
  }
  return line;
}

// Cells are separated by a tab or two blanks.
std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  line = Trim(line);
  while (!line.empty()) {
    bool is_quoted = false;
    size_t end = 0;
    for (; end < line.size(); ++end) {
      if (line[end] == '\'') is_quoted = !is_quoted;
      if (!is_quoted && (line[end] == '\t' || line.substr(end, 2) == "  ")) break;
    }
    cells.emplace_back(Trim(line.substr(0, end)));
    line = Trim(line.substr(end));
  }
  return cells;
}

class CaseReader {
 public:
  CaseReader(const std::string& file, std::vector<CaseFailure>* failures) : file_(file), failures_(failures) {}

  std::vector<FeatureCase> Read(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      ReadLine(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(cases_);
  }

 private:
  void ReadLine(std::string_view raw) {
    const bool is_indented = !raw.empty() && kBlank.find(raw.front()) != std::string_view::npos;
    if (in_yaml_ && (is_indented || Trim(raw).empty())) return AppendYaml(raw);
    const std::string_view line = Trim(WithoutComment(raw));
    if (line.empty()) return;
    if (ReadKeyword(line)) return;
    if (table_ == nullptr) return Fail("Line begins with none of feature, define, columns, events, expect.");
    if (table_->header.empty()) {
      table_->header = Cells(line);
    } else {
      ReadRow(Cells(line));
    }
  }

  void ReadRow(std::vector<std::string> cells) {
    if (cells.size() != table_->header.size()) {
      return Fail(fmt::format("Row has {} cells, its table has {} columns.", cells.size(), table_->header.size()));
    }
    table_->rows.push_back({line_, std::move(cells)});
  }

  void AppendYaml(std::string_view raw) {
    FeatureCase& current = cases_.back();
    const auto lines = static_cast<int>(std::count(current.yaml.begin(), current.yaml.end(), '\n'));
    current.yaml.append(static_cast<size_t>(line_ - 1 - lines), '\n');
    current.yaml.append(raw).push_back('\n');
  }

  bool ReadKeyword(std::string_view line) {
    const size_t end = std::min(line.find_first_of(kBlank), line.size());
    const std::string_view keyword = line.substr(0, end), rest = Trim(line.substr(end));
    if (keyword == "feature") {
      Begin();
      ReadFeature(rest);
    } else if (keyword == "define" && rest.empty()) {
      Begin();
      in_yaml_ = true;
    } else if (keyword == "columns") {
      Begin();
      ReadColumns(rest);
    } else if (keyword == "events" && !rest.empty() && rest.find_first_of(kBlank) == std::string_view::npos) {
      Begin();
      cases_.back().events.push_back({line_, std::string(rest), {}, {}});
      table_ = &cases_.back().events.back();
    } else if (keyword == "expect" && rest.empty() && !cases_.empty()) {
      in_yaml_ = false;
      cases_.back().expectations.push_back({line_, "", {}, {}});
      table_ = &cases_.back().expectations.back();
    } else {
      return false;
    }
    return true;
  }

  // A new case after expectations.
  void Begin() {
    table_ = nullptr;
    in_yaml_ = false;
    if (!cases_.empty() && cases_.back().expectations.empty()) return;
    cases_.emplace_back();
    cases_.back().line = line_;
  }

  void ReadFeature(std::string_view text) {
    const size_t equals = text.find('='), from = text.rfind(" from ");
    if (equals == std::string_view::npos || from == std::string_view::npos || from < equals) {
      return Fail("Feature is not of the form: feature NAME = EXPR [of ENTITY] from SOURCE.");
    }
    const size_t found = text.rfind(" of ", from);
    const bool is_global = found == std::string_view::npos || found < equals;
    const size_t of = is_global ? from : found;
    CaseFeature feature;
    feature.line = line_;
    feature.name = Trim(text.substr(0, equals));
    feature.expression = Trim(text.substr(equals + 1, of - equals - 1));
    if (!is_global) feature.entity = Trim(text.substr(of + 4, from - of - 4));
    feature.source = Trim(text.substr(from + 6));
    cases_.back().features.push_back(std::move(feature));
  }

  void ReadColumns(std::string_view text) {
    const size_t end = std::min(text.find_first_of(kBlank), text.size());
    const std::string source(text.substr(0, end));
    text = Trim(text.substr(end));
    while (!text.empty()) {
      const size_t comma = EndOfColumn(text);
      const std::string_view part = text.substr(0, comma);
      const size_t colon = part.find(':');
      if (colon == std::string_view::npos) return Fail("Columns are not of the form: columns SOURCE NAME: TYPE, …");
      cases_.back().types.push_back(
          {line_, source, std::string(Trim(part.substr(0, colon))), std::string(Trim(part.substr(colon + 1)))});
      text = Trim(text.substr(std::min(comma + 1, text.size())));
    }
  }

  // The comma behind "price: decimal(12, 2)", or the end.
  static size_t EndOfColumn(std::string_view text) {
    int depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '(') ++depth;
      if (text[i] == ')') --depth;
      if (text[i] == ',' && depth <= 0) return i;
    }
    return text.size();
  }

  void Fail(std::string message) { failures_->push_back({file_, line_, std::move(message)}); }

  const std::string& file_;
  std::vector<CaseFailure>* failures_;
  std::vector<FeatureCase> cases_;
  CaseTable* table_ = nullptr;  // of the last case; what rows belong to
  bool in_yaml_ = false;
  int line_ = 0;
};

}  // namespace

std::vector<FeatureCase> ParseCaseFile(std::string_view text, const std::string& file,
                                       std::vector<CaseFailure>* failures) {
  if (text.size() > kFileBytesMax) {
    failures->push_back({file, 1, fmt::format("File is too large: {} bytes, at most {}.", text.size(), kFileBytesMax)});
    return {};
  }
  return CaseReader(file, failures).Read(text);
}

bool Unquote(std::string* cell) {
  if (cell->size() < 2 || cell->front() != '\'' || cell->back() != '\'') return false;
  *cell = cell->substr(1, cell->size() - 2);
  return true;
}

}  // namespace plumb::engine::internal
