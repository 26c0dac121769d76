// text_table.h: rows of text in aligned columns, as commands print them; and the same as CSV.
//
// Thread safety: one user.
//
//   TextTable table({"part", "rows"}, {false, true});      // the second column is right-aligned
//   table.AddRow({"train", "1,200"});
//   table.Render();
#pragma once

#include <string>
#include <vector>

#include "data/column.h"

namespace plumb::app {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header, std::vector<bool> right = {});
  void AddRow(std::vector<std::string> cells);
  // Two blanks between columns, none at line ends. Widths count UTF-8 code points.
  [[nodiscard]] std::string Render() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
  std::vector<bool> right_;
};

// RFC 4180 with LF; null is the empty field, the empty string "". ParseCsv reads it back.
std::string RenderCsv(const data::Batch& batch);

}  // namespace plumb::app
