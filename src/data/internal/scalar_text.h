// scalar_text.h: one reader of scalar texts for CSV files, command lines and requests, so that a text means the same
// everywhere.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "data/type.h"

namespace plumb::data {

// Instants from outside lie between these.
inline constexpr base::Time kFirstInstant = -62135596800 * base::kSecond;     // 0001-01-01T00:00:00Z
inline constexpr base::Time kLastInstant = 253402300800 * base::kSecond - 1;  // 9999-12-31T23:59:59.999999Z

enum class TextOutcome { kRead, kMalformed, kOutOfRange };

// Whole texts only. Bools are 0 and 1; durations are microseconds without months. One leading plus sign is allowed in
// numbers.
TextOutcome ReadBool(std::string_view text, int64_t* out);
TextOutcome ReadInt64(std::string_view text, int64_t* out);
TextOutcome ReadFloat64(std::string_view text, double* out);
TextOutcome ReadDuration(std::string_view text, int64_t* out);
TextOutcome ReadIsoTime(std::string_view text, int64_t* out);

// A float32 read as a double and rounded, as a number in a request is.
TextOutcome RoundToFloat32(double number, float* out);

// What the type wants, for sentences: "a whole number".
std::string WantedText(Type type, TextOutcome outcome);

// `text` as it may stand in a message: cut, and control characters and bytes that are not UTF-8 shown as "?".
std::string ShownText(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace plumb::data
