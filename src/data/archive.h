// archive.h: bounded readers for gzip files and ZIP archives.
//
// Why: tables come as flights.csv.gz and flights.csv.zip. Both formats can lie about sizes and can be bombs, so every
// size is checked against what is left, output is bounded in bytes and in its ratio to the input, and checksums are
// verified.
//
// ZIP (PKWARE APPNOTE 6.3): stored and deflated members found through the central directory. ZIP64, encryption,
// archives over several disks and other methods are refused with kUnimplemented. gzip (RFC 1952): one or more members.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::data {

struct ArchiveLimits {
  size_t bytes_max = size_t{8} << 30;  // of one member, inflated
  // Output beyond `ratio_from_bytes` must not exceed the input `ratio_max` times. Deflate itself ends at 1032.
  size_t ratio_max = 300;
  size_t ratio_from_bytes = size_t{64} << 20;
};

// kDataLoss for bytes that are no gzip file or were damaged; kResourceExhausted beyond the limits.
base::Result<std::string> Gunzip(std::string_view bytes, const ArchiveLimits& limits = {});

struct ZipMember {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated
  uint32_t crc32 = 0;
  uint32_t compressed_bytes = 0;
  uint32_t bytes = 0;
  uint32_t header_offset = 0;
};

// All members that are files, in the archive's order. Folders and the __MACOSX/ side files are left out.
base::Result<std::vector<ZipMember>> ListZip(std::string_view archive);

base::Result<std::string> ReadZipMember(std::string_view archive, const ZipMember& member,
                                        const ArchiveLimits& limits = {});

// The member called `member`, or, if that is empty, the only one. kNotFound with a suggestion; kInvalidArgument when
// there are several to choose from.
base::Result<std::string> ReadZip(std::string_view archive, const std::string& member,
                                  const ArchiveLimits& limits = {});

}  // namespace plumb::data
