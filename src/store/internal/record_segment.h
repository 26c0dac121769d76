// record_segment.h: the bytes of one segment of a record log: header, frames, and the search for damage.
//
// Pure functions on bytes, so that every way a segment can be broken is tested without a disk. A frame carries the size
// of the segment that was durable when the frame was written. That tells a torn tail, which nobody was promised, from
// damage to what was acknowledged: damage at an offset that a later frame calls durable is a loss; any other is the
// tail of the last write. Format: docs/formats/record_log.md.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::store {

inline constexpr size_t kSegmentHeaderBytes = 24;
inline constexpr size_t kFrameHeaderBytes = 20;
inline constexpr int64_t kRecordBytesMax = int64_t{1} << 30;  // what a frame may hold, whatever the options say

// "segment-0000000000000012.log", and the number in such a name or -1.
std::string SegmentName(int64_t number);
int64_t SegmentNumber(std::string_view name);

std::string EncodeSegmentHeader(int64_t number);

// Where a frame stands. `offset` is its first byte; `durable` the size of the segment that had been made durable.
struct FramePlace {
  int64_t segment = 0;
  uint64_t offset = 0;
  uint64_t durable = 0;
};
void AppendFrame(const FramePlace& place, std::string_view record, std::string* out);

// Calls `visit` for every whole record and returns the size of the whole part: less than the size of `bytes` when a
// torn tail follows. kDataLoss, naming `path` and the offset, for damage that is no torn tail, or for any damage if not
// `is_last`; kUnimplemented for another format version; the first error of `visit`.
base::Result<uint64_t> ReadSegment(std::string_view bytes, int64_t number, bool is_last, const std::string& path,
                                   const std::function<base::Status(std::string_view record)>& visit);

}  // namespace plumb::store
