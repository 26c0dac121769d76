#include "data/internal/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace plumb::data {
namespace {

// zlib's counters are 32 bits wide: input and output go through it in pieces.
constexpr size_t kPieceMax = size_t{1} << 30;
constexpr size_t kFirstOutput = size_t{16} << 10;
// Deflate cannot do better than 1032 to 1.
constexpr size_t kRatioMax = 1032;

class Inflater {
 public:
  explicit Inflater(InflateFormat format) {
    constexpr int kRawWindow = -15;
    constexpr int kGzipWindow = 15 + 16;
    ready_ = inflateInit2(&stream_, format == InflateFormat::kRaw ? kRawWindow : kGzipWindow) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  base::Result<size_t> Run(std::string_view input, size_t bytes_max, std::string* out) {
    if (!ready_) return base::ResourceExhausted("No memory to decompress.");
    size_t taken = 0;
    const size_t start = out->size();
    size_t made = start;
    while (true) {
      if (made == out->size()) {
        if (made >= bytes_max) return TooLarge(bytes_max);
        out->resize(made + Growth(made - start, bytes_max - made, input.size() - taken));
      }
      const size_t in = std::min(kPieceMax, input.size() - taken);
      const size_t room = std::min(kPieceMax, out->size() - made);
      const int code = Step(input.data() + taken, in, out->data() + made, room);
      taken += in - stream_.avail_in;
      made += room - stream_.avail_out;
      if (code == Z_STREAM_END) break;
      const bool stuck = stream_.avail_out > 0 && taken == input.size();
      if (code == Z_BUF_ERROR && stream_.avail_out == 0) continue;
      if (code != Z_OK || stuck) return Damaged(stuck);
    }
    out->resize(made);
    return taken;
  }

 private:
  int Step(const char* in, size_t in_bytes, char* out, size_t out_bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in));
    stream_.avail_in = static_cast<uInt>(in_bytes);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(out_bytes);
    return inflate(&stream_, Z_NO_FLUSH);
  }

  // Doubles what this stream has made, but never past what the rest of its input can give nor past the room. Counting
  // from the stream's start keeps a file of many tiny streams cheap.
  static size_t Growth(size_t made, size_t room, size_t left) {
    const size_t possible = left > room / kRatioMax ? room : left * kRatioMax;
    return std::min(room, std::max(kFirstOutput, std::min(made, possible)));
  }

  static base::Status TooLarge(size_t bytes_max) {
    return base::ResourceExhausted("Compressed data is too large: more than {} bytes when decompressed.", bytes_max);
  }
  static base::Status Damaged(bool ended) {
    return base::DataLoss("Compressed data is damaged: {}.", ended ? "it ends early" : "it cannot be decompressed");
  }

  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

base::Result<size_t> Inflate(InflateFormat format, std::string_view input, size_t bytes_max, std::string* out) {
  // One byte more than allowed tells "just full" from "too much".
  const size_t probe = bytes_max == std::numeric_limits<size_t>::max() ? bytes_max : bytes_max + 1;
  Inflater inflater(format);
  PLUMB_ASSIGN_OR_RETURN(const size_t taken, inflater.Run(input, probe, out));
  if (out->size() > bytes_max) {
    return base::ResourceExhausted("Compressed data is too large: more than {} bytes when decompressed.", bytes_max);
  }
  return taken;
}

}  // namespace plumb::data
