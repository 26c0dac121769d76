// archive_samples.h: small gzip files and ZIP archives for tests, written by zlib and by hand.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plumb::data {

inline std::string Deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string GzipOf(std::string_view text) { return Deflated(text, 15 + 16); }

inline void Put(std::string* out, int bytes, size_t value) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

// The fields that local header and directory share, from "version needed" to the length of the name.
inline void PutSharedHeader(std::string* out, bool deflate, std::string_view text, size_t packed, size_t name) {
  Put(out, 2, 20);
  Put(out, 2, 0);
  Put(out, 2, deflate ? 8 : 0);
  Put(out, 4, 0);
  Put(out, 4, crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
  Put(out, 4, packed);
  Put(out, 4, text.size());
  Put(out, 2, name);
  Put(out, 2, 0);
}

inline std::string ZipOf(const std::vector<std::pair<std::string, std::string>>& members, bool deflate = true) {
  std::string out;
  std::string directory;
  for (const auto& [name, text] : members) {
    const std::string packed = deflate ? Deflated(text, -15) : text;
    directory += "PK\x01\x02";
    Put(&directory, 2, 20);
    PutSharedHeader(&directory, deflate, text, packed.size(), name.size());
    directory.append(10, '\0');  // comment, disk and attributes
    Put(&directory, 4, out.size());
    directory += name;
    out += "PK\x03\x04";
    PutSharedHeader(&out, deflate, text, packed.size(), name.size());
    out += name + packed;
  }
  const size_t offset = out.size();
  out += directory;
  out += "PK\x05\x06";
  Put(&out, 4, 0);
  Put(&out, 2, members.size());
  Put(&out, 2, members.size());
  Put(&out, 4, directory.size());
  Put(&out, 4, offset);
  Put(&out, 2, 0);
  return out;
}

}  // namespace plumb::data
