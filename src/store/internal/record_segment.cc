#include "store/internal/record_segment.h"

#include <charconv>
#include <optional>

#include "base/hash.h"

namespace plumb::store {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kMagic = "plumbrl\n";
constexpr uint32_t kFormatVersion = 1;
constexpr std::string_view kNamePrefix = "segment-";
constexpr std::string_view kNameSuffix = ".log";

// Integers are little-endian.
void PutInteger(uint64_t value, size_t bytes, std::string* out) {
  for (size_t i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t GetInteger(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The place is part of the checksum, so that a frame inside a record's own bytes, or one written to the wrong place, is
// none.
uint32_t FrameHeaderChecksum(int64_t segment, uint64_t offset, std::string_view fields) {
  std::string place;
  PutInteger(static_cast<uint64_t>(segment), 8, &place);
  PutInteger(offset, 8, &place);
  return base::Crc32c(fields, base::Crc32c(place));
}

struct FrameHeader {
  uint64_t durable = 0;
  uint64_t length = 0;
  uint32_t checksum = 0;
};

// The header at `offset`, if there is a whole one that is meant to be there.
std::optional<FrameHeader> GetFrameHeader(std::string_view bytes, int64_t segment, uint64_t offset) {
  if (bytes.size() - offset < kFrameHeaderBytes) return std::nullopt;
  const std::string_view header = bytes.substr(offset, kFrameHeaderBytes);
  FrameHeader frame;
  frame.durable = GetInteger(header.substr(0, 8));
  frame.length = GetInteger(header.substr(8, 4));
  if (frame.durable > offset || frame.durable < kSegmentHeaderBytes) return std::nullopt;
  if (FrameHeaderChecksum(segment, offset, header.substr(0, 16)) != GetInteger(header.substr(16, 4)))
    return std::nullopt;
  frame.checksum = static_cast<uint32_t>(GetInteger(header.substr(12, 4)));
  return frame;
}

// The record of a frame, if all of it is there and whole.
std::optional<std::string_view> GetRecord(std::string_view bytes, const FrameHeader& frame, uint64_t offset) {
  const std::string_view rest = bytes.substr(offset + kFrameHeaderBytes);
  if (rest.size() < frame.length) return std::nullopt;
  const std::string_view record = rest.substr(0, frame.length);
  if (base::Crc32c(record) != frame.checksum) return std::nullopt;
  return record;
}

// Whether a frame after `damage` was written when the damaged bytes were already durable.
bool WasDurable(std::string_view bytes, int64_t segment, uint64_t damage) {
  for (uint64_t offset = damage + 1; offset + kFrameHeaderBytes <= bytes.size(); ++offset) {
    const auto frame = GetFrameHeader(bytes, segment, offset);
    if (frame && frame->durable > damage) return true;
  }
  return false;
}

Status CheckSegmentHeader(std::string_view bytes, int64_t number, const std::string& path) {
  const auto broken = [&](const char* why) {
    return base::DataLoss("Segment of a record log is corrupt: {}, {}.", path, why)
        .WithSuggestion("Restore the file from a backup.");
  };
  if (bytes.size() < kSegmentHeaderBytes) return broken("its header is cut off");
  if (bytes.substr(0, kMagic.size()) != kMagic) return broken("it does not start as one");
  if (const uint64_t version = GetInteger(bytes.substr(8, 4)); version != kFormatVersion) {
    return base::Unimplemented("Segment of a record log was written by another version of plumb: {}, format {}.", path,
                               version);
  }
  if (base::Crc32c(bytes.substr(0, 20)) != GetInteger(bytes.substr(20, 4)))
    return broken("its header does not match its checksum");
  if (GetInteger(bytes.substr(12, 8)) != static_cast<uint64_t>(number)) return broken("it is another segment renamed");
  return Status();
}

}  // namespace

std::string SegmentName(int64_t number) { return fmt::format("{}{:016}{}", kNamePrefix, number, kNameSuffix); }

int64_t SegmentNumber(std::string_view name) {
  if (!name.starts_with(kNamePrefix) || !name.ends_with(kNameSuffix)) return -1;
  if (name.size() <= kNamePrefix.size() + kNameSuffix.size()) return -1;
  const char* begin = name.data() + kNamePrefix.size();
  const char* end = name.data() + name.size() - kNameSuffix.size();
  int64_t number = -1;
  const auto [stop, error] = std::from_chars(begin, end, number);
  const bool whole = error == std::errc() && stop == end && number > 0;
  return whole && SegmentName(number) == name ? number : -1;
}

std::string EncodeSegmentHeader(int64_t number) {
  std::string header(kMagic);
  PutInteger(kFormatVersion, 4, &header);
  PutInteger(static_cast<uint64_t>(number), 8, &header);
  PutInteger(base::Crc32c(header), 4, &header);
  return header;
}

void AppendFrame(const FramePlace& place, std::string_view record, std::string* out) {
  std::string header;
  PutInteger(place.durable, 8, &header);
  PutInteger(record.size(), 4, &header);
  PutInteger(base::Crc32c(record), 4, &header);
  PutInteger(FrameHeaderChecksum(place.segment, place.offset, header), 4, &header);
  out->append(header);
  out->append(record);
}

Result<uint64_t> ReadSegment(std::string_view bytes, int64_t number, bool is_last, const std::string& path,
                             const std::function<Status(std::string_view record)>& visit) {
  PLUMB_RETURN_IF_ERROR(CheckSegmentHeader(bytes, number, path));
  uint64_t offset = kSegmentHeaderBytes;
  while (offset < bytes.size()) {
    const auto frame = GetFrameHeader(bytes, number, offset);
    const auto record = frame ? GetRecord(bytes, *frame, offset) : std::nullopt;
    if (!record) break;
    PLUMB_RETURN_IF_ERROR(visit(*record));
    offset += kFrameHeaderBytes + record->size();
  }
  if (offset == bytes.size()) return offset;
  if (!is_last || WasDurable(bytes, number, offset)) {
    return base::DataLoss("Record log is corrupt: {}, byte {}.", path, offset)
        .WithSuggestion("Restore the file from a backup.");
  }
  return offset;
}

}  // namespace plumb::store
