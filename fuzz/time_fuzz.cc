// Any bytes as a time and as a span: no crash, and what was read is written so that it reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/time.h"
#include "base/zone.h"

namespace {

using plumb::base::Result;
using plumb::base::Span;
using plumb::base::Time;

void CheckMoves(Time time, const Span& span) {
  const Time later = plumb::base::Move(time, span, +1);
  const Time earlier = plumb::base::Move(time, span, -1);
  if (span.months >= 0 && span.micros >= 0)
    PLUMB_CHECK(earlier <= time && time <= later, "A span moves in its direction.");
  (void)plumb::base::FormatTime(later);
  (void)plumb::base::FormatTime(earlier);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Time> time = plumb::base::ParseTime(text);
  if (time.ok()) {
    const Result<Time> again = plumb::base::ParseTime(plumb::base::FormatTime(*time));
    PLUMB_CHECK(again.ok() && *again == *time, "A written time reads back the same.");
  }
  const Result<Span> span = plumb::base::ParseSpan(text);
  if (span.ok()) {
    const Result<Span> again = plumb::base::ParseSpan(plumb::base::FormatSpan(*span));
    PLUMB_CHECK(again.ok() && *again == *span, "A written span reads back the same.");
  }
  Time raw = 0;
  std::memcpy(&raw, data, size < sizeof raw ? size : sizeof raw);
  if (span.ok()) CheckMoves(raw, *span);
  (void)plumb::base::FormatTime(raw);
  const Result<const plumb::base::Zone*> zone = plumb::base::FindZone(size % 2 == 0 ? "UTC" : "America/New_York");
  if (zone.ok()) {
    const plumb::base::CivilTime civil = plumb::base::ToCivil(raw, **zone);
    (void)plumb::base::FromCivil(civil, **zone);
    (void)plumb::base::StartOfWeek(raw, **zone);
    (void)plumb::base::StartOfMonth(raw, **zone);
  }
  return 0;
}
