// csv_scanner.h: cuts CSV text into rows of fields, without copying and without knowing types.
//
// Thread safety: one user. Fields point into the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table_format.h"

namespace plumb::data {

struct CsvField {
  std::string_view text;  // without the outer quotes
  bool quoted = false;
  bool doubled = false;  // holds doubled quotes
};

// `field.text` with doubled quotes made one; `buffer` holds the result if there were any.
std::string_view Unquote(const CsvField& field, std::string* buffer);

class CsvScanner {
 public:
  // A byte order mark at the start is skipped.
  CsvScanner(std::string_view text, std::string name, const TableFormat& format);

  // Reads the next row into fields(); false at the end. Rows of no bytes are skipped unless `keep_empty`.
  base::Result<bool> Next(bool keep_empty);
  [[nodiscard]] const std::vector<CsvField>& fields() const { return fields_; }

  [[nodiscard]] size_t remaining() const { return text_.size() - at_; }
  // "name:line" of the row that was read last.
  [[nodiscard]] std::string Where() const;

 private:
  [[nodiscard]] bool AtLineBreak(size_t at) const;
  bool SkipLineBreak();  // false if there is none
  base::Status ScanField();
  base::Status ScanQuoted();
  void ScanPlain();
  [[nodiscard]] base::Status TooLarge(std::string_view what, size_t limit) const;

  std::string_view text_;
  std::string name_;
  char delimiter_;
  size_t field_bytes_max_, row_bytes_max_, columns_max_;
  bool stops_[256] = {};  // bytes that may end a plain field
  size_t at_ = 0;
  size_t row_start_ = 0;
  std::vector<CsvField> fields_;
};

}  // namespace plumb::data
