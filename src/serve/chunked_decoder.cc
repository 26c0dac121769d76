#include "serve/chunked_decoder.h"

#include <algorithm>

#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

constexpr size_t kSizeDigitsMax = 16;
// "0\r\n" and a few digits more are free: what a sane sender writes does not count as overhead.
constexpr size_t kFreeBytesALine = 18;

}  // namespace

size_t ChunkedDecoder::Consume(std::string_view bytes, std::string* body) {
  size_t taken = 0;
  while (state_ == State::kNeedsMore && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    taken += step_ == Step::kData ? ConsumeData(rest, body) : ConsumeLine(rest);
  }
  return taken;
}

size_t ChunkedDecoder::ConsumeData(std::string_view bytes, std::string* body) {
  const size_t count = std::min(chunk_left_, bytes.size());
  body->append(bytes.data(), count);
  chunk_left_ -= count;
  if (chunk_left_ == 0) step_ = Step::kDataEnd;
  return count;
}

size_t ChunkedDecoder::ConsumeLine(std::string_view bytes) {
  const size_t line_max = kFreeBytesALine + overhead_bytes_max_ - overhead_bytes_;
  const size_t end = bytes.find('\n');
  const size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  if (partial_.size() + count > line_max) {
    state_ = State::kMalformed;
    return count;
  }
  if (end == std::string_view::npos) {
    partial_.append(bytes);
    return count;
  }
  std::string_view line = bytes.substr(0, count);
  if (!partial_.empty()) line = partial_.append(line);
  overhead_bytes_ += line.size() > kFreeBytesALine ? line.size() - kFreeBytesALine : 0;
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    state_ = State::kMalformed;
  } else {
    TakeLine(line.substr(0, line.size() - 2));
  }
  partial_.clear();
  return count;
}

void ChunkedDecoder::TakeLine(std::string_view line) {
  switch (step_) {
    case Step::kSize:
      return TakeSize(line);
    case Step::kTrailer:
      return TakeTrailer(line);
    case Step::kDataEnd:
    case Step::kData:
      step_ = Step::kSize;
      if (!line.empty()) state_ = State::kMalformed;
  }
}

void ChunkedDecoder::TakeSize(std::string_view line) {
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < line.size() && internal::HexValue(line[digits]) >= 0) {
    if (digits == kSizeDigitsMax) break;
    size = size << 4 | static_cast<uint64_t>(internal::HexValue(line[digits++]));
  }
  const std::string_view extension = line.substr(digits);
  const bool is_extension = extension.empty() || extension[0] == ';' || internal::IsBlank(extension[0]);
  if (digits == 0 || !is_extension || !internal::IsFieldValue(extension)) {
    state_ = State::kMalformed;
  } else if (size > body_bytes_max_ - body_bytes_) {
    state_ = State::kTooLarge;
  } else {
    body_bytes_ += size;
    chunk_left_ = size;
    step_ = size == 0 ? Step::kTrailer : Step::kData;
  }
}

void ChunkedDecoder::TakeTrailer(std::string_view line) {
  if (line.empty()) {
    state_ = State::kDone;
    return;
  }
  // Trailers are never free: otherwise they could go on for ever.
  overhead_bytes_ += std::min(line.size() + 2, kFreeBytesALine);
  const size_t colon = line.find(':');
  if (overhead_bytes_ > overhead_bytes_max_ || colon == std::string_view::npos ||
      !internal::IsToken(line.substr(0, colon)) || !internal::IsFieldValue(line.substr(colon + 1))) {
    state_ = State::kMalformed;
  }
}

}  // namespace plumb::serve
