#include "data/archive.h"

#include <zlib.h>

#include <algorithm>

#include "base/diagnostics.h"
#include "data/internal/inflate.h"
#include "data/internal/scalar_text.h"

namespace plumb::data {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kDirectorySignature = 0x02014b50;
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kDirectoryBytes = 46;
constexpr size_t kLocalBytes = 30;
constexpr size_t kCommentBytesMax = 65535;

uint16_t Read16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8);
}
uint32_t Read32(std::string_view bytes, size_t at) {
  return Read16(bytes, at) | static_cast<uint32_t>(Read16(bytes, at + 2)) << 16;
}

// What the limits allow to come out of `input` bytes.
size_t OutputMax(size_t input, const ArchiveLimits& limits) {
  const size_t by_ratio = input > limits.bytes_max / limits.ratio_max ? limits.bytes_max : input * limits.ratio_max;
  return std::min(limits.bytes_max, std::max(by_ratio, limits.ratio_from_bytes));
}

// zlib's counter is 32 bits wide.
uint32_t Crc32(std::string_view bytes) {
  uLong crc = crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, size_t{1} << 30);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(piece.size()));
    bytes.remove_prefix(piece.size());
  }
  return static_cast<uint32_t>(crc);
}

struct Directory {
  std::string_view entries;
  size_t count = 0;
};

base::Result<size_t> FindEnd(std::string_view archive) {
  if (archive.size() < kEndBytes) return base::DataLoss("ZIP archive is damaged: too short.");
  const size_t last = archive.size() - kEndBytes;
  const size_t first = last > kCommentBytesMax ? last - kCommentBytesMax : 0;
  for (size_t at = last + 1; at-- > first;) {
    if (Read32(archive, at) == kEndSignature && at + kEndBytes + Read16(archive, at + 20) == archive.size()) return at;
  }
  return base::DataLoss("ZIP archive is damaged: no end of the central directory.");
}

base::Result<Directory> FindDirectory(std::string_view archive) {
  PLUMB_ASSIGN_OR_RETURN(const size_t end, FindEnd(archive));
  const size_t count = Read16(archive, end + 10);
  const size_t bytes = Read32(archive, end + 12);
  const size_t offset = Read32(archive, end + 16);
  if (count == 0xffff || bytes == 0xffffffff || offset == 0xffffffff) {
    return base::Unimplemented("ZIP archive uses ZIP64, which is not read.");
  }
  if (Read16(archive, end + 4) != 0 || Read16(archive, end + 6) != 0 || Read16(archive, end + 8) != count) {
    return base::Unimplemented("ZIP archive is in several parts, which are not read.");
  }
  if (offset > end || bytes > end - offset || count * kDirectoryBytes > bytes) {
    return base::DataLoss("ZIP archive is damaged: the central directory does not fit.");
  }
  return Directory{archive.substr(offset, bytes), count};
}

bool IsFile(std::string_view name) { return !name.empty() && !name.ends_with('/') && !name.starts_with("__MACOSX/"); }

// Reads the directory entry at the start of `entries` and removes it.
base::Result<ZipMember> TakeEntry(std::string_view* entries) {
  if (entries->size() < kDirectoryBytes || Read32(*entries, 0) != kDirectorySignature) {
    return base::DataLoss("ZIP archive is damaged: an entry of the central directory is cut.");
  }
  const size_t name_bytes = Read16(*entries, 28);
  const size_t all = kDirectoryBytes + name_bytes + Read16(*entries, 30) + Read16(*entries, 32);
  if (all > entries->size()) return base::DataLoss("ZIP archive is damaged: an entry of the central directory is cut.");
  ZipMember member;
  member.name = entries->substr(kDirectoryBytes, name_bytes);
  member.method = Read16(*entries, 10);
  member.crc32 = Read32(*entries, 16);
  member.compressed_bytes = Read32(*entries, 20);
  member.bytes = Read32(*entries, 24);
  member.header_offset = Read32(*entries, 42);
  const bool encrypted = (Read16(*entries, 8) & 1) != 0;
  entries->remove_prefix(all);
  if (encrypted) return base::Unimplemented("ZIP member is encrypted: {}.", ShownText(member.name));
  if (member.compressed_bytes == 0xffffffff || member.bytes == 0xffffffff || member.header_offset == 0xffffffff) {
    return base::Unimplemented("ZIP member uses ZIP64, which is not read: {}.", ShownText(member.name));
  }
  return member;
}

// The member's compressed bytes, behind its local header.
base::Result<std::string_view> MemberBytes(std::string_view archive, const ZipMember& member) {
  const size_t header = member.header_offset;
  const base::Status damaged =
      base::DataLoss("ZIP archive is damaged: member does not fit: {}.", ShownText(member.name));
  if (header > archive.size() || archive.size() - header < kLocalBytes) return damaged;
  if (Read32(archive, header) != kLocalSignature) return damaged;
  const size_t start = header + kLocalBytes + Read16(archive, header + 26) + Read16(archive, header + 28);
  if (start > archive.size() || member.compressed_bytes > archive.size() - start) return damaged;
  return archive.substr(start, member.compressed_bytes);
}

base::Result<std::string> InflateMember(std::string_view packed, const ZipMember& member) {
  std::string bytes;
  PLUMB_ASSIGN_OR_RETURN(const size_t taken, Inflate(InflateFormat::kRaw, packed, member.bytes, &bytes));
  if (taken != packed.size())
    return base::DataLoss("ZIP member is damaged: bytes after its end: {}.", ShownText(member.name));
  return bytes;
}

base::Result<ZipMember> ChooseMember(const std::vector<ZipMember>& members, const std::string& name) {
  std::vector<std::string> names;
  for (const ZipMember& member : members) {
    if (member.name == name) return member;
    names.push_back(member.name);
  }
  if (!name.empty()) {
    return base::NotFound("Archive has no member of this name: {}.", name)
        .WithSuggestion(base::DidYouMean(name, names));
  }
  if (members.size() == 1) return members[0];
  if (members.empty()) return base::InvalidArgument("Archive has no files.");
  return base::InvalidArgument("Archive has several files: {}, {}{}.", ShownText(names[0]), ShownText(names[1]),
                               names.size() > 2 ? ", ..." : "")
      .WithSuggestion("Name one of them: archive.zip:" + ShownText(names[0]));
}

}  // namespace

base::Result<std::string> Gunzip(std::string_view bytes, const ArchiveLimits& limits) {
  std::string out;
  const size_t bytes_max = OutputMax(bytes.size(), limits);
  do {
    PLUMB_ASSIGN_OR_RETURN(const size_t taken, Inflate(InflateFormat::kGzip, bytes, bytes_max, &out));
    bytes.remove_prefix(taken);
  } while (!bytes.empty());
  return out;
}

base::Result<std::vector<ZipMember>> ListZip(std::string_view archive) {
  PLUMB_ASSIGN_OR_RETURN(Directory directory, FindDirectory(archive));
  std::vector<ZipMember> members;
  for (size_t i = 0; i < directory.count; ++i) {
    PLUMB_ASSIGN_OR_RETURN(ZipMember member, TakeEntry(&directory.entries));
    if (IsFile(member.name)) members.push_back(std::move(member));
  }
  return members;
}

base::Result<std::string> ReadZipMember(std::string_view archive, const ZipMember& member,
                                        const ArchiveLimits& limits) {
  PLUMB_ASSIGN_OR_RETURN(const std::string_view packed, MemberBytes(archive, member));
  if (member.bytes > OutputMax(packed.size(), limits)) {
    return base::ResourceExhausted("ZIP member is too large or too well compressed: {}, {} bytes from {}.",
                                   ShownText(member.name), member.bytes, packed.size());
  }
  std::string bytes;
  if (member.method == 0) {
    bytes = packed;
  } else if (member.method == 8) {
    PLUMB_ASSIGN_OR_RETURN(bytes, InflateMember(packed, member));
  } else {
    return base::Unimplemented("ZIP member has a compression method that is not read: {}, method {}.",
                               ShownText(member.name), member.method);
  }
  if (bytes.size() != member.bytes || Crc32(bytes) != member.crc32) {
    return base::DataLoss("ZIP member is damaged: size or checksum is wrong: {}.", ShownText(member.name));
  }
  return bytes;
}

base::Result<std::string> ReadZip(std::string_view archive, const std::string& member, const ArchiveLimits& limits) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ZipMember> members, ListZip(archive));
  PLUMB_ASSIGN_OR_RETURN(const ZipMember chosen, ChooseMember(members, member));
  return ReadZipMember(archive, chosen, limits);
}

}  // namespace plumb::data
