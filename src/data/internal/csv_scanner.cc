#include "data/internal/csv_scanner.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace plumb::data {

std::string_view Unquote(const CsvField& field, std::string* buffer) {
  if (!field.doubled) return field.text;
  buffer->clear();
  for (size_t i = 0; i < field.text.size(); ++i) {
    buffer->push_back(field.text[i]);
    if (field.text[i] == '"') ++i;
  }
  return *buffer;
}

CsvScanner::CsvScanner(std::string_view text, std::string name, const TableFormat& format)
    : text_(text),
      name_(std::move(name)),
      delimiter_(format.delimiter),
      field_bytes_max_(format.field_bytes_max),
      row_bytes_max_(format.row_bytes_max),
      columns_max_(format.columns_max) {
  if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  stops_[static_cast<unsigned char>(delimiter_)] = stops_['\n'] = stops_['\r'] = true;
}

std::string CsvScanner::Where() const {
  const auto breaks = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(row_start_), '\n');
  return fmt::format("{}:{}", name_, breaks + 1);
}

base::Status CsvScanner::TooLarge(std::string_view what, size_t limit) const {
  return base::ResourceExhausted("CSV {} is too large: more than {}.", what, limit).WithWhere(Where());
}

// A carriage return ends a line only before a line feed or at the end of the text.
bool CsvScanner::AtLineBreak(size_t at) const {
  if (at >= text_.size()) return false;
  if (text_[at] == '\n') return true;
  return text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n');
}

bool CsvScanner::SkipLineBreak() {
  if (!AtLineBreak(at_)) return false;
  at_ += text_[at_] == '\r' && at_ + 1 < text_.size() ? 2 : 1;
  return true;
}

void CsvScanner::ScanPlain() {
  const size_t start = at_;
  const size_t size = text_.size();
  while (true) {
    while (at_ < size && !stops_[static_cast<unsigned char>(text_[at_])]) ++at_;
    if (at_ == size || text_[at_] != '\r' || AtLineBreak(at_)) break;
    ++at_;
  }
  fields_.push_back({text_.substr(start, at_ - start)});
}

base::Status CsvScanner::ScanQuoted() {
  const size_t start = ++at_;
  bool doubled = false;
  while (true) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      return base::InvalidArgument("CSV field has no closing quote: column number {}.", fields_.size() + 1)
          .WithWhere(Where());
    }
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    doubled = true;
    ++at_;
  }
  fields_.push_back({text_.substr(start, at_ - 1 - start), true, doubled});
  if (at_ == text_.size() || text_[at_] == delimiter_ || AtLineBreak(at_)) return {};
  return base::InvalidArgument("CSV field goes on after its closing quote: column number {}.", fields_.size())
      .WithWhere(Where());
}

base::Status CsvScanner::ScanField() {
  if (fields_.size() == columns_max_) return TooLarge("row (columns)", columns_max_);
  if (at_ < text_.size() && text_[at_] == '"') {
    PLUMB_RETURN_IF_ERROR(ScanQuoted());
  } else {
    ScanPlain();
  }
  if (fields_.back().text.size() > field_bytes_max_) return TooLarge("field (bytes)", field_bytes_max_);
  return {};
}

base::Result<bool> CsvScanner::Next(bool keep_empty) {
  fields_.clear();
  while (!keep_empty && SkipLineBreak()) {
  }
  if (at_ == text_.size()) return false;
  row_start_ = at_;
  while (true) {
    PLUMB_RETURN_IF_ERROR(ScanField());
    if (at_ == text_.size() || text_[at_] != delimiter_) break;
    ++at_;
  }
  if (at_ - row_start_ > row_bytes_max_) return TooLarge("row (bytes)", row_bytes_max_);
  SkipLineBreak();
  return true;
}

}  // namespace plumb::data
