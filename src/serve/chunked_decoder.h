// chunked_decoder.h: the body of an HTTP message in chunks (RFC 9112, section 7.1), taken piece by piece.
//
// Why: the server reads such requests and the client such answers, and both must be bounded in the same way: the body,
// each line, and all that is not body (extensions, trailers) have a limit. Extensions and trailers are checked for
// their shape and dropped. Only CRLF ends a line.
//
// Thread safety: a value with one user. Invariant: the result does not depend on where the bytes were split.
//
//   ChunkedDecoder decoder(/*body_bytes_max=*/100, /*overhead_bytes_max=*/1000);      // from chunked_decoder_test.cc
//   decoder.Consume("3\r\nabc\r\n0\r\n\r\nnext", &body);                              // 13; body is "abc"
//   decoder.state();                                                                  // kDone
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plumb::serve {

class ChunkedDecoder {
 public:
  enum class State : unsigned char { kNeedsMore, kDone, kMalformed, kTooLarge };

  // `overhead_bytes_max` bounds extensions and trailers of the whole body together.
  ChunkedDecoder(size_t body_bytes_max, size_t overhead_bytes_max)
      : body_bytes_max_(body_bytes_max), overhead_bytes_max_(overhead_bytes_max) {}

  // Takes bytes from the front, appends what is body to `body`, and returns how many it took: all, unless the body
  // ended or is in error.
  size_t Consume(std::string_view bytes, std::string* body);

  [[nodiscard]] State state() const { return state_; }

 private:
  enum class Step : unsigned char { kSize, kData, kDataEnd, kTrailer };

  size_t ConsumeData(std::string_view bytes, std::string* body);
  size_t ConsumeLine(std::string_view bytes);
  void TakeLine(std::string_view line);
  void TakeSize(std::string_view line);
  void TakeTrailer(std::string_view line);

  size_t body_bytes_max_;
  size_t overhead_bytes_max_;
  size_t body_bytes_ = 0;
  size_t overhead_bytes_ = 0;
  size_t chunk_left_ = 0;
  std::string partial_;  // the beginning of a line whose end has not come
  Step step_ = Step::kSize;
  State state_ = State::kNeedsMore;
};

}  // namespace plumb::serve
